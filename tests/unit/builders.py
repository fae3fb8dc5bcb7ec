"""What the domain's tests are made of: a recovery plan, runbooks, plans, and a story that gives commands and folds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain import commands as c
from bot.domain.approvals import Proof, Standing
from bot.domain.changes import Change, Measurement, Plan, Precondition, Risk, Verdict
from bot.domain.decisions import Traits, World, decide
from bot.domain.errors import Refused
from bot.domain.evolve import fold
from bot.domain.incident import Incident, Run, StepRun
from bot.domain.plan import RecoveryPlan
from bot.domain.runbook import Runbook
from bot.domain.timeline import BOT, GENESIS, Actor, Event, Recorded, record

START = datetime(2026, 11, 24, 3, 4, tzinfo=UTC)
TARGET = "customers-east"
PROOF = Proof(signed="{}", signature="signature")
RISK = Risk(name="data_loss", text="everything after 03:01:12Z may be lost")
HOLDS = Verdict(holds=True, finding="It answers.")
FAILS = Verdict(holds=False, finding="It answers 500.")
UNKNOWN = Verdict(holds=None, finding="It does not answer.", risks=(RISK,))
FITS = Standing(eligible=True)

TRAITS = {
    "fence": Traits(undoable=True),
    "switch": Traits(undoable=True),
    "promote": Traits(point_of_no_return=True),
    "tell": Traits(gated=False),
    "post": Traits(),
}


def recovery_plan(**overrides: Any) -> RecoveryPlan:
    """Alice and bob lead, five approve, frank is in no team that approves."""
    people = ("alice", "bob", "carol", "dave", "erin", "frank")
    fields: dict[str, Any] = {
        "organisation": "Example Shop",
        "people": {person: {"name": person.title()} for person in people},
        "teams": {
            "leads": {"members": ["alice", "bob"]},
            "approvers": {"members": ["alice", "bob", "carol", "dave", "erin"]},
            "others": {"members": ["frank"]},
        },
        "severities": {
            "sev1": {"title": "Down", "updates": {"every": "30m"}},
            "sev3": {"title": "Redundancy is lost", "updates": {"every": "2h"}},
            "sev4": {"title": "To be watched", "updates": "none"},
        },
        "approvals": {"approvers": "approvers", "break_glass": {"allowed": ["leads"], "uses": 2, "per": "1h"}},
        "systems": {
            "database": _system(rto="1h", rpo="5m"),
            "payments": _system(rto="30m", rpo="10m"),
            "orders": _system(rto="4h", rpo="1h", depends_on=["database"]),
        },
        "environments": {
            "production": {"targets": {"database": {"replica": "db-east"}, "orders": {"replica": "orders-east"}}},
            "staging": {"targets": {"database": {"replica": "db-test"}}},
        },
    }
    return RecoveryPlan.model_validate({**fields, **overrides})


def approval_defaults(**overrides: Any) -> dict[str, Any]:
    """The approvals of `recovery_plan`, to be given to it with changes."""
    return {**recovery_plan().approvals.model_dump(mode="json"), **overrides}


def _system(**fields: Any) -> dict[str, Any]:
    objectives = {"rto": fields.pop("rto"), "rpo": fields.pop("rpo")}
    return {
        "title": "A system",
        "objectives": objectives,
        "regions": {"primary": "us-west-2", "recovery": "us-east-1"},
        **fields,
    }


def manual(id: str, **keys: Any) -> dict[str, Any]:
    """A step that a person does."""
    return {"id": id, "title": id, "manual": "Do it.", **keys}


def action(id: str, name: str = "switch", **keys: Any) -> dict[str, Any]:
    """A step that the bot executes; by default gated and undoable."""
    return {"id": id, "title": id, "action": name, **keys}


def check(id: str, **keys: Any) -> dict[str, Any]:
    """A step that the bot asks."""
    return {"id": id, "title": id, "check": "health", **keys}


def runbook(*steps: dict[str, Any], name: str = "failover", **overrides: Any) -> Runbook:
    """A runbook of these steps."""
    fields = {"runbook": name, "title": "Fail over", "kind": "failover", "for": "postgres", "steps": list(steps)}
    return Runbook.model_validate({**fields, **overrides})


FAILOVER = runbook(
    manual("assess", expected="5m"),
    check("fit", needs=["assess"]),
    action("fence", "fence", needs=["assess"]),
    action("promote", "promote", needs=["fit", "fence"], approval={"required": 2}, expected="2m"),
    action("dns", "switch"),
    action("tell", "tell"),
    check("watch", phase="post_recovery"),
)


def a_plan(**overrides: Any) -> Plan:
    """A plan that changes something."""
    fields: dict[str, Any] = {
        "action": "switch",
        "summary": "Point DNS at the recovery region",
        "target": TARGET,
        "changes": (Change(resource="shop.example.com", what="weight", before="0", after="100"),),
        "targets": ("111111111111/us-east-1/record/shop",),
    }
    return Plan.model_validate({**fields, **overrides})


def empty_plan() -> Plan:
    """A plan that finds everything as it should be."""
    return a_plan(changes=(), nothing_to_do="It is so already.")


def bounded_plan(loss: float | None) -> Plan:
    """A plan approved for at most 300 seconds of lost data, with what is measured now."""
    measured = Measurement(name="data_loss", text=f"{loss} s", value=loss)
    return a_plan(bounds={"data_loss": 300.0}, measurements=(measured,))


def unmet_plan(holds: bool | None) -> Plan:
    """A plan whose precondition fails or is unknown."""
    return a_plan(preconditions=(Precondition(text="The replica replays.", holds=holds),))


def by(person: str | None, via: Any = "cli") -> Actor:
    """A person who speaks."""
    return Actor(person=person, via=via)


@dataclass
class Story:
    """Gives commands as people and as the bot, records what is decided, and folds it."""

    plan: RecoveryPlan = field(default_factory=recovery_plan)
    runbooks: Mapping[str, Runbook] = field(default_factory=lambda: {"failover": FAILOVER})
    traits: Mapping[str, Traits] = field(default_factory=lambda: dict(TRAITS))
    now: datetime = START
    rows: list[Recorded] = field(default_factory=list)
    state: Incident | None = None
    glass: int = 0
    offers: int = 0

    @property
    def world(self) -> World:
        return World(self.now, self.plan, self.runbooks, self.traits, self.glass)

    def give(self, command: c.Command) -> tuple[Event, ...]:
        """Decide, record, fold; raises Refused."""
        events = decide(self.state, command, self.world, "INC-7")
        head = self.rows[-1].hash if self.rows else GENESIS
        new = record(events, stream="INC-7", after=len(self.rows), prev=head, at=self.now, actor=command.actor)
        self.rows.extend(new)
        self.state = fold(new, self.state)
        return events

    def refusal(self, command: c.Command) -> str:
        """What a command is refused with; fails where it is not, or where anything has changed."""
        before = repr(self.state)
        try:
            decide(self.state, command, self.world, "INC-7")
        except Refused as refused:
            assert repr(self.state) == before
            return str(refused)
        raise AssertionError(f"{command} was not refused")

    def types(self, command: c.Command) -> list[str]:
        """The types of the events that a command leads to."""
        return [event.type for event in self.give(command)]

    def later(self, **time: float) -> None:
        """Time passes."""
        self.now += timedelta(**time)

    # --- the state --------------------------------------------------------------------------------------------------

    @property
    def incident(self) -> Incident:
        assert self.state is not None
        return self.state

    def run(self, run: str = "R1") -> Run:
        return self.incident.runs[run]

    def step(self, step: str, run: str = "R1") -> StepRun:
        return self.run(run).steps[step]

    def states(self, run: str = "R1") -> dict[str, str]:
        """The states of a run's steps."""
        return {step.id: step.state.value for step in self.run(run).steps.values()}

    # --- people -----------------------------------------------------------------------------------------------------

    def declare(self, person: str | None = "alice", **fields: Any) -> "Story":
        given = {"number": 7, "title": "us-west-2 is down", "severity": "sev1", "systems": ("database",), **fields}
        self.give(c.Declare(actor=by(person), **given))
        return self

    def start(self, person: str = "alice", runbook: str = "failover", system: str = "database", **inputs: Any) -> str:
        """Start a runbook; the run's id."""
        self.give(c.Start(actor=by(person), runbook=runbook, system=system, inputs=inputs))
        return list(self.incident.runs)[-1]

    def person(self, kind: type[c.StepCommand], step: str, person: str, run: str = "R1", **fields: Any) -> list[str]:
        """One person's command about a step; the types of the events that follow."""
        return self.types(kind(actor=by(person), run=run, step=step, **fields))

    def done(self, *steps: str, person: str = "alice", run: str = "R1") -> "Story":
        for step in steps:
            self.person(c.Done, step, person, run)
        return self

    def approval(self, step: str, person: str, run: str = "R1", **fields: Any) -> c.Approve:
        """A signed approval of the plan that is shown."""
        self.offers += 1
        given = {"digest": self.step(step, run).digest, "offer": f"O{self.offers}", "proof": PROOF, **fields}
        return c.Approve(actor=by(person), run=run, step=step, **given)

    def approve(self, step: str, *people: str, run: str = "R1") -> "Story":
        for person in people:
            self.give(self.approval(step, person, run))
        return self

    def click(self, step: str, person: str, run: str = "R1") -> str:
        """A click on Approve, which waits for its look-up; the offer's id."""
        command = replace(self.approval(step, person, run), actor=by(person, "slack"), proof=None)
        self.give(command)
        return command.offer

    def judge(self, step: str, offer: str, standing: Standing = FITS, run: str = "R1") -> list[str]:
        return self.types(c.JudgeOffer(run=run, step=step, offer=offer, standing=standing))

    def skip(self, step: str, *people: str, run: str = "R1") -> "Story":
        for person in people:
            self.person(c.Skip, step, person, run, reason="It is not needed.")
        return self

    # --- the bot ----------------------------------------------------------------------------------------------------

    def bot(self, kind: type[c.StepCommand], step: str, run: str = "R1", **fields: Any) -> list[str]:
        """One command of the bot about a step's present attempt; the types of the events that follow."""
        if "attempt" in kind.__dataclass_fields__:
            fields = {"attempt": self.step(step, run).attempt, **fields}
        return self.types(kind(actor=BOT, run=run, step=step, **fields))

    def show(self, step: str, plan: Plan | None = None, run: str = "R1") -> list[str]:
        return self.bot(c.ShowPlan, step, run, plan=plan or a_plan(), generation=self.step(step, run).generation)

    def beginning(self, step: str, plan: Plan | None = None, run: str = "R1", **fields: Any) -> c.Begin:
        """The bot is about to call, with a fresh plan (a check needs none)."""
        found = self.step(step, run)
        fresh = None if found.definition.kind == "check" else plan or found.plan or a_plan()
        given = {
            "attempt": found.attempt,
            "executor": "host-1",
            "token": f"INC-7/{run}/{step}/{found.attempt}",
            "generation": found.generation,
            "confirmed": found.vouched_by,
            **fields,
        }
        return c.Begin(run=run, step=step, plan=fresh, **given)

    def begin(self, step: str, plan: Plan | None = None, run: str = "R1", **fields: Any) -> list[str]:
        return self.types(self.beginning(step, plan, run, **fields))

    def look(self, step: str, verdict: Verdict = HOLDS, run: str = "R1", **fields: Any) -> list[str]:
        return self.bot(c.Looked, step, run, verdict=verdict, **fields)

    # --- whole stretches --------------------------------------------------------------------------------------------

    def launch(self, step: str, *approvers: str, plan: Plan | None = None, run: str = "R1") -> "Story":
        """A ready step up to its recorded start."""
        found = self.step(step, run)
        if found.definition.kind == "action" and found.gated:
            self.show(step, plan, run)
            self.approve(step, *approvers, run=run)
        self.begin(step, plan, run)
        return self

    def execute(self, step: str, *approvers: str, plan: Plan | None = None, run: str = "R1") -> "Story":
        """A ready step up to its completion."""
        self.launch(step, *approvers, plan=plan, run=run)
        if self.step(step, run).definition.kind == "action" and self.step(step, run).applied_at is None:
            self.bot(c.Applied, step, run, result={})
        self.look(step, run=run)
        return self

    def undone(self, step: str, *approvers: str, person: str = "alice", run: str = "R1") -> "Story":
        """A step's whole way back."""
        self.person(c.Undo, step, person, run, reason="It was wrong.")
        self.show(step, run=run)
        self.approve(step, *approvers, run=run)
        self.begin(step, run=run)
        self.bot(c.Applied, step, run)
        self.look(step, run=run)
        return self


def underway(*steps: dict[str, Any], systems: Iterable[str] = ("database",), **fields: Any) -> Story:
    """A declared incident whose runbook of these steps was started by alice, who declared it too."""
    story = Story(runbooks={"failover": runbook(*steps) if steps else FAILOVER}, **fields)
    story.declare(systems=tuple(systems))
    story.start()
    return story


def to_promotion() -> Story:
    """The failover, with everything done that the promotion waits for."""
    story = underway()
    story.done("assess")
    story.execute("fit")
    story.execute("fence", "bob")
    return story
