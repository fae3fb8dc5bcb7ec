"""What the story reads of the bot's own output: `dr show --json` and `dr audit export --json`, as far as it needs them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator


def from_seconds(value: object) -> object:
    return timedelta(seconds=value) if isinstance(value, int | float) else value


Seconds = Annotated[timedelta, BeforeValidator(from_seconds)]


class Seen(BaseModel, extra="ignore", frozen=True):
    """A part of the output; what is not named here is not read."""


class Risk(Seen):
    name: str
    text: str


class Measurement(Seen):
    name: str
    text: str
    value: float | None = None


class Plan(Seen):
    digest: str
    missing: int
    waits_for: tuple[str, ...]
    point_of_no_return: bool


class Step(Seen):
    id: str
    title: str
    kind: str
    state: str
    plan: Plan | None
    risks: tuple[Risk, ...]
    started_at: datetime | None
    ended_at: datetime | None
    finding: str
    reason: str
    outcome: str


class Run(Seen):
    id: str
    state: str
    steps: tuple[Step, ...]

    def step(self, id: str) -> Step:
        return next(step for step in self.steps if step.id == id)


class Objectives(Seen):
    rto: Seconds
    rpo: Seconds


class Updates(Seen):
    every: Seconds | None
    posted: int


class Incident(Seen):
    """An incident as `dr show --json` has it."""

    id: str
    state: str
    objectives: Objectives
    updates: Updates
    runs: tuple[Run, ...]
    seq: int
    head: str

    @property
    def run(self) -> Run:
        return self.runs[0]


class Event(Seen):
    """One line of `dr audit export --json`."""

    stream: str
    seq: int
    type: str
    at: datetime
    data: dict[str, Any]

    @property
    def step(self) -> str:
        """The step that it concerns; empty where it concerns none."""
        return str(self.data.get("step", ""))


class Approvers(Seen):
    """A shown plan's rule: so many of those whom it waits for."""

    required: int


class PlannedPlan(Seen):
    """The timeline leaves out what is empty."""

    changes: tuple[dict[str, Any], ...] = ()
    measurements: tuple[Measurement, ...] = ()
    risks: tuple[Risk, ...] = ()


class Planned(Seen):
    """What StepPlanned says of the plan that was shown."""

    digest: str
    rule: Approvers | None = None
    waits_for: tuple[str, ...] = ()
    plan: PlannedPlan


def events_in(text: str) -> list[Event]:
    return [Event.model_validate_json(line) for line in text.splitlines() if line]


def of_type(events: Iterable[Event], *types: str) -> list[Event]:
    return [event for event in events if event.type in types]
