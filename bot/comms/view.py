"""An incident at a moment, as messages speak of it: names instead of ids, times of day, lengths in words."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from bot.comms.clean import clean, one_line
from bot.comms.words import clock, cut, listed, roughly, sentence
from bot.domain.incident import Incident, Run, StepRun
from bot.domain.objectives import RecoveryClock, recovery_clock
from bot.domain.plan import RecoveryPlan
from bot.domain.transitions import StepState

DONE = frozenset({StepState.COMPLETED, StepState.SKIPPED})
IN_THE_WAY = {
    StepState.BLOCKED: "is blocked",
    StepState.FAILED: "failed",
    StepState.IN_DOUBT: "is in doubt",
    StepState.UNDO_FAILED: "could not be undone",
}


@dataclass(frozen=True)
class View:
    """What the drafts read."""

    incident: Incident
    plan: RecoveryPlan
    now: datetime

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.plan.timezone)

    @cached_property
    def clock(self) -> RecoveryClock:
        return recovery_clock(self.incident, self.now)

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs that were not stopped."""
        return tuple(run for run in self.incident.runs.values() if not run.stopped)

    def name(self, person: str | None) -> str:
        """A person's name; `nobody` where there is none."""
        known = self.plan.people.get(person or "")
        return known.name if known else person or "nobody"

    @property
    def declarer(self) -> str:
        """Who declared it; somebody whom the recovery plan does not name has no name here."""
        outside = self.incident.declarer is None and self.incident.declarer_account is not None
        return "somebody outside the recovery plan" if outside else self.name(self.incident.declarer)

    def names(self, people: Iterable[str]) -> str:
        return listed([self.name(person) for person in people])

    def system(self, system: str) -> str:
        """A system's title."""
        return self.plan.title_of(system)

    @property
    def systems(self) -> str:
        """The titles of all systems of the incident."""
        return ", ".join(self.system(system) for system in self.incident.systems)

    @property
    def severity(self) -> str:
        return self.incident.severity.upper()

    @property
    def title(self) -> str:
        return one_line(self.incident.title)

    @property
    def description(self) -> str:
        return clean(self.incident.description).strip()

    def at(self, moment: datetime) -> str:
        """A time of day where people are."""
        return clock(moment, self.now, self.zone)

    def ago(self, moment: datetime) -> str:
        """How long it is since a moment."""
        return roughly(self.now - moment)

    def in_the_way(self) -> Iterator[tuple[StepRun, str]]:
        """The steps that nothing goes past, each with a sentence that says why."""
        for run, step in self.incident.every_step():
            if step.state in IN_THE_WAY and not run.stopped:
                why = said(" ".join(filter(None, (step.reason, step.finding if step.finding != step.reason else ""))))
                yield step, f"{bold(step)} {IN_THE_WAY[step.state]}: {why or 'no reason is recorded.'}"


def bold(step: StepRun) -> str:
    """A step's title as templates show it."""
    return f"*{step.definition.title}*"


def said(text: str) -> str:
    """What somebody or something said, as one sentence of bearable length."""
    return sentence(cut(clean(text)))
