"""What the surfaces are painted from: the state, the recovery plan, the moment, and where things are in Slack."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.decisions.world import Traits, World
from bot.domain.incident import Incident, Run, StepRun
from bot.domain.plan import RecoveryPlan
from bot.domain.postings import Posting
from bot.domain.words import spaced
from bot.slack.rich import Line, Link, Moment, Part, Person, Words, exact, joined, line, strong, timed
from bot.slack.text import cut, name, one_line, plain

LONGEST_TITLE = 300
LONGEST_NAME = 100


def nowhere(_: str) -> str | None:
    """Where nothing is posted yet."""
    return None


@dataclass(frozen=True)
class Links:
    """Where things are: `to` knows the permalink of a message by its key."""

    to: Callable[[str], str | None] = nowhere


@dataclass(frozen=True)
class Scene:
    """One incident at a moment. `traits` say which actions can be undone; `runbooks` are the ids of those that are loaded."""

    incident: Incident
    plan: RecoveryPlan
    now: datetime
    links: Links = Links()
    traits: Mapping[str, Traits] = field(default_factory=dict)
    runbooks: Collection[str] = ()

    @property
    def world(self) -> World:
        return World(self.now, self.plan, traits=self.traits)

    # --- people -----------------------------------------------------------------------------------------------------

    def name(self, person: str | None) -> str:
        return plain(name(person, self.plan), LONGEST_NAME)

    def names(self, people: Iterable[str]) -> str:
        return ", ".join(map(self.name, people)) or "nobody"

    def person(self, person: str | None) -> Person | Words:
        """As Slack calls them, where the recovery plan says so; else by name."""
        known = self.plan.people.get(person or "")
        return Person(known.slack, self.name(person)) if known and known.slack else Words(self.name(person))

    @property
    def declarer(self) -> Person | Words:
        """Whoever declared; one whom the recovery plan does not name is their account."""
        person, account = self.incident.declarer, self.incident.declarer_account
        return Person(account, account) if account and person is None else Words(self.name(person))

    def people(self, people: Iterable[str]) -> Line:
        return joined(", ", (line(self.person(person)) for person in people))

    # --- moments ----------------------------------------------------------------------------------------------------

    def at(self, at: datetime, *, seconds: bool = False, bold: bool = False) -> Moment:
        """A moment of the record. It reads the same whenever it is painted, so that nothing is edited for it."""
        return Moment(at, self.incident.since, seconds, bold)

    def ahead(self, at: datetime, *, bold: bool = False) -> Moment:
        """A moment seen from now."""
        return Moment(at, self.now, bold=bold)

    def timed(self, row: Line) -> Line:
        """A line whose moments are the reader's own."""
        return timed(row, self.incident.since)

    def timed_parts(self, parts: Iterable[Part]) -> tuple[Part, ...]:
        """The same of what is said below a heading; a list is of changes, and read to the character."""
        return tuple(part if part.bullet else Part(self.timed(part.line)) for part in parts)

    # --- things -----------------------------------------------------------------------------------------------------

    @property
    def systems(self) -> str:
        """The titles of the incident's systems."""
        return ", ".join(map(self.system, self.incident.systems))

    def system(self, system: str) -> str:
        """A system's title."""
        return cut(one_line(self.plan.title_of(system)), LONGEST_NAME)

    @property
    def title(self) -> str:
        """`INC-7 · SEV1 · Customer Database`."""
        incident = self.incident
        return cut(f"{incident.id} · {incident.severity.upper()} · {self.systems}", LONGEST_TITLE)

    @property
    def drill(self) -> str:
        """`DRILL in staging`; empty in earnest."""
        return f"DRILL in {self.incident.environment}" if self.incident.drill else ""

    def label(self, run: Run, step: StepRun) -> str:
        """`6 · Promote the replica`, with its run where there are several, and a word where it is the way back."""
        number = list(run.steps).index(step.id) + 1
        several = f"{run.id} · " if len(self.incident.runs) > 1 else ""
        undo = "Undo: " if step.undo else ""
        return f"{several}{number} · {undo}{cut(one_line(step.definition.title), LONGEST_TITLE)}"

    def link(self, run: Run, step: StepRun) -> Link | Words:
        """A step's title, leading to its message."""
        title = cut(one_line(step.definition.title), LONGEST_TITLE)
        url = self.links.to(step_key(run.id, step.id))
        return Link(url, title, bold=True) if url else strong(title)


def step_key(run: str, step: str) -> str:
    """The key of a step's message."""
    return f"step/{run}/{step}"


def chain_head(event: Incident | Posting) -> Line:
    """`Chain head c1d4 7e90 · event 41`: whoever keeps it can prove later that nothing before it was changed."""
    return line("Chain head ", exact(spaced(event.head)), f" · event {event.seq}")
