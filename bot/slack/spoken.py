"""A typed /dr line taken apart: which incident, which subcommand, its words and its options."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, Protocol

from bot.domain.addresses import find_run, find_step, incident_id
from bot.domain.decisions.world import near
from bot.domain.errors import Refused
from bot.domain.incident import Incident, Run, StepRun
from bot.slack.answers import Answer
from bot.slack.front import Speaker
from bot.slack.listing import seen_by
from bot.slack.wording import readable

INCIDENT = re.compile(r"inc-[0-9]{1,11}", re.IGNORECASE)
OPTION = re.compile(r"(?:^|(?<=\s))(--|[\u2013\u2014])([a-z][a-z-]*)(?:=|\s+|$)")
# Telephones write two hyphens as a dash, and quotes as curved ones.
QUOTES = {'"': '"', "'": "'", "\u201c": "\u201d", "\u201d": "\u201d", "\u2018": "\u2019", "\u2019": "\u2019"}


class Takes(Enum):
    """What follows an option: nothing, one word, or text up to the next option (or in quotes)."""

    NOTHING = 0
    WORD = 1
    TEXT = 2


Options = Mapping[str, Takes]
REASON: Options = {"reason": Takes.TEXT}


Group = Literal["Incident", "Runbook", "Plan and approval", "Step", "Updates", "Look"]


@dataclass(frozen=True)
class Said:
    """One subcommand as somebody typed it. `here` is the incident of the channel, `named` the one that was named.

    The words are as Slack escaped them: `text` and `option` are what people mean.
    """

    speaker: Speaker
    here: str | None = None
    named: str | None = None
    words: tuple[str, ...] = ()
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    # --- what was typed ---------------------------------------------------------------------------------------------------

    def word(self, place: int) -> str:
        """One word; empty where there are fewer."""
        return self._read(self.words[place]) if place < len(self.words) else ""

    def text(self, start: int = 0) -> str:
        """All words from `start` on."""
        return self._read(" ".join(self.words[start:]))

    def option(self, name: str) -> str | None:
        """An option's value; the last one where it was given several times."""
        given = self.all(name)
        return given[-1] if given else None

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of an option."""
        return tuple(self._read(value) for value in self.options.get(name, ()))

    def has(self, name: str) -> bool:
        return name in self.options

    def reason(self, start: int = 0) -> str:
        """Why: by its option, or in the words that follow."""
        return self.option("reason") or self.text(start)

    def _read(self, text: str) -> str:
        return readable(text, self.speaker.plan).strip()

    # --- what it is about -------------------------------------------------------------------------------------------------

    @property
    def incident_id(self) -> str | None:
        return self.named or self.here

    def incident(self) -> Incident:
        """The incident that is meant; raises Refused."""
        if self.incident_id is None:
            raise self._which()
        incident = self.speaker.incident(self.incident_id)
        if incident.id != self.here and not self.speaker.may_see(incident):
            raise Refused(f"There is no incident {incident.id}.", "List them with: dr list.")
        return incident

    def _which(self) -> Refused:
        """What to say where no incident is meant yet."""
        known = seen_by(self.speaker, self.speaker.front.desk.incidents())
        if not known:
            return Refused("No incident is open.", "Declare one: dr declare")
        return Refused("Which incident?", f"Say it in its channel, or name it first: dr {known[0].id} show")

    def run(self, place: int = 0) -> tuple[Incident, Run]:
        """The run that is named, or the only one that goes on; raises Refused."""
        incident = self.incident()
        return incident, find_run(incident, self.word(place) or None)

    def only_step(self) -> tuple[Incident, Run, StepRun]:
        """The step that all words together name, so that its whole title may be written; raises Refused."""
        try:
            return (self.incident(), *find_step(self.incident(), self.text()))
        except Refused:
            incident, run, step = self.step()
            if len(self.words) > 1:
                advice = f"Write only: {step.id}. For the words there is: dr note …"
                raise Refused(
                    f"{self.text(1)!r} is no part of the name of {step.id}. Nothing was done.", advice
                ) from None
            return incident, run, step

    def step(self, place: int = 0) -> tuple[Incident, Run, StepRun]:
        """The step that is named; raises Refused."""
        incident = self.incident()
        if not self.word(place):
            known = [step.id for _, step in incident.every_step()]
            raise Refused("Which step?", near("", known) if known else "No runbook has been started yet.")
        return (incident, *find_step(incident, self.word(place)))


class Answers(Protocol):
    """Does what was said, and says what came of it; raises Refused, NotRecorded, NotConfirmed."""

    def __call__(self, said: Said) -> Answer: ...


@dataclass(frozen=True)
class Subcommand:
    """One word behind /dr, as its file describes it: how it is written, what it does in one line, and who answers.

    In `prose` an incident's id is only a word, unless it is the channel's own.
    """

    usage: str
    summary: str
    group: Group
    answer: Answers
    options: Options = field(default_factory=dict)
    prose: bool = False


def first_words(text: str) -> tuple[str | None, str, str]:
    """The incident that stands first (or none), the subcommand in lower case (or nothing), and the rest."""
    first, _, rest = text.strip().partition(" ")
    if INCIDENT.fullmatch(first):
        verb, _, rest = rest.strip().partition(" ")
        return incident_id(first), verb.lower(), rest.strip()
    return None, first.lower(), rest.strip()


def take_incident(rest: str, *, here: str | None, prose: bool) -> tuple[str | None, str]:
    """An incident that stands behind the subcommand, and what is left. In prose another channel's is just a word."""
    first, _, left = rest.partition(" ")
    if not INCIDENT.fullmatch(first):
        return None, rest
    found = incident_id(first)
    if prose and here is not None and found != here:
        return None, rest
    return found, left.strip()


def take_options(
    rest: str, known: Options, *, prose: bool = False
) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """The words, and the values of the options among them; raises Refused for an unknown option.

    In prose that knows none all is words: a command line that somebody notes down may have options of its own.
    """
    if prose and not known:
        return tuple(rest.split()), {}
    words: list[str] = []
    options: dict[str, tuple[str, ...]] = {}
    for name, segment in _segments(rest, known):
        value, left = _value(known[name], segment) if name else ("", segment)
        if name:
            options[name] = (*options.get(name, ()), value)
        words += left.split()
    return tuple(words), options


def _segments(rest: str, known: Options) -> Iterator[tuple[str, str]]:
    """The text before the first option under no name, then each option with what follows it."""
    name, start = "", 0
    for found in OPTION.finditer(rest):
        if found[2] not in known:
            if found[1] == "--":
                raise Refused(f"There is no option --{found[2]} here.", near(found[2], known))
            continue
        yield name, rest[start : found.start()]
        name, start = found[2], found.end()
    yield name, rest[start:]


def _value(takes: Takes, segment: str) -> tuple[str, str]:
    """An option's value, and the words behind it."""
    segment = segment.strip()
    closing = QUOTES.get(segment[:1])
    end = segment.find(closing, 1) if closing else -1
    if takes is not Takes.NOTHING and end > 0:
        return segment[1:end], segment[end + 1 :]
    if takes is Takes.TEXT:
        return segment, ""
    if takes is Takes.WORD:
        value, _, left = segment.partition(" ")
        return value, left
    return "", segment
