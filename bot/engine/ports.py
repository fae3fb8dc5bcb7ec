"""What the engine needs from the layers to its right: actions, checks and the context that they act in."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

import httpx
import psycopg
from pydantic import BaseModel

from bot.domain.approvals import Standing
from bot.domain.changes import Plan, Settlement, Verdict
from bot.domain.decisions import Traits
from bot.domain.errors import DRError
from bot.domain.incident import Incident, Run, StepRun
from bot.domain.model import JsonValue
from bot.domain.plan import Environment, RecoveryPlan, System
from bot.domain.targets import PostgresTarget
from bot.domain.timeline import Recorded

P = TypeVar("P", bound=BaseModel)
F = TypeVar("F")


class Unavailable(DRError):
    """A look could not be made (no answer, no right, no such thing): nothing is known, so nothing may go on."""


class NotApplied(DRError):
    """The call was refused for certain: nothing happened. Raise it only where that is proven."""


class OutcomeUnknown(DRError):
    """The call was sent, or may have been, and no proof of its outcome came back."""


@dataclass(frozen=True)
class Earlier:
    """A step of the same run that has ended: what it did and what it found."""

    step: str
    action: str
    outcome: str
    ended_at: datetime
    result: Mapping[str, JsonValue]
    evidence: Mapping[str, JsonValue]


@dataclass(frozen=True)
class StepFacts:
    """Where a look or a call belongs. `token` names the attempt for ever: `INC-7/R1/promote_replica/1`."""

    incident: str
    run: str
    step: str
    attempt: int
    token: str
    environment: str
    environment_facts: Environment
    system: str
    system_facts: System
    recovery_plan: RecoveryPlan
    drill: bool
    severity: str
    earlier: tuple[Earlier, ...] = ()
    told: Mapping[str, frozenset[str]] = field(
        default_factory=dict
    )  # template or `page` -> people whom it was sent to already
    result: Mapping[str, JsonValue] = field(
        default_factory=dict
    )  # what apply or settle of this attempt returned, for verify
    saved: Mapping[str, JsonValue] = field(
        default_factory=dict
    )  # what the plan of this step's last start saved; empty where it never started, or was undone


@dataclass(frozen=True)
class Notice:
    """One message to one person; its id makes it once."""

    id: str
    person: str
    template: str
    fields: Mapping[str, str]


class Secret(Protocol):
    """A secret's value with the version that was read; str() and repr() never show the value."""

    version: str

    def reveal(self) -> str: ...


class Context(Protocol):
    """What an action may use, bound to one step in one environment. Everything has short time-outs.

    In the context of an attempt every change asks once more, at the last moment, whether it may still be sent, and
    raises NotApplied where not: the process may have slept since the start was recorded, and others gone on without it.
    """

    @property
    def facts(self) -> StepFacts: ...

    def now(self) -> datetime:
        """The database's clock with the test offset, in UTC."""

    def aws(self, service: str, region: str, *, mutating: bool = False) -> Any:
        """A boto3 client: regional endpoint, connect 3 s, read 10 s; a mutating one sends each request once."""

    def secret(self, name: str) -> Secret:
        """A secret of this environment by its name; raises Unavailable."""

    def postgres(
        self, target: PostgresTarget, *, user: str | None = None, password: str | None = None
    ) -> psycopg.Connection[Any]:
        """An autocommit connection to a target; raises psycopg.OperationalError. The caller closes it."""

    def http(self, method: str, url: str, **options: Any) -> httpx.Response:
        """One request to a URL on the environment's allow-list, redirects checked too; raises Unavailable or httpx errors."""

    def changed(self) -> None:
        """A change has gone through: what completes it may still be sent, however long it took, while the attempt is ours."""

    def notify(self, notices: tuple[Notice, ...]) -> None:
        """Record messages for delivery, each once by its id, and return when they are committed."""


class MayChange(Protocol):
    """Asked just before a change is sent; raises NotApplied where it must not be sent any more."""

    def __call__(self) -> None: ...

    def changed(self) -> None:
        """See `Context.changed`."""


class Contexts(Protocol):
    """Makes contexts: for looks without `may_change`, for the call of an attempt with it."""

    def __call__(self, facts: StepFacts, may_change: MayChange | None = None) -> Context: ...


@dataclass(frozen=True)
class Action(Generic[P, F]):
    """What a step can do, as a record of functions.

    observe and plan look, apply sends exactly one mutating request (or a listed sequence of statements that is safe to
    run again), settle and verify look again. `plan` is pure. apply raises NotApplied or OutcomeUnknown; every other
    exception counts as OutcomeUnknown. observe, settle and verify raise Unavailable where nothing can be known.
    undo is pure: the plan that leads back from `facts` (the world now) to the done plan's `saved`, carried out by the same apply.
    """

    name: str
    summary: str
    params: type[P]
    observe: Callable[[P, Context], F]
    plan: Callable[[P, F], Plan]
    apply: Callable[[P, Plan, Context], dict[str, JsonValue]]
    settle: Callable[[P, Plan, Context], Settlement]
    verify: Callable[[P, Plan, Context], Verdict]
    undo: Callable[[P, Plan, F], Plan] | None = None
    gated: bool = True  # False: it changes nothing that matters, so it needs no approval
    point_of_no_return: bool = False
    repeatable: bool = False  # the same token makes a second call harmless
    kind: str = "action"


@dataclass(frozen=True)
class Check(Generic[P]):
    """A question that a step asks; `look` only reads. Raising Unavailable means that it cannot be known."""

    name: str
    summary: str
    params: type[P]
    look: Callable[[P, Context], Verdict]
    point_of_no_return: bool = False
    kind: str = "check"


@dataclass(frozen=True)
class Registry:
    """The actions and checks that this bot has."""

    actions: Mapping[str, Action[Any, Any]]
    checks: Mapping[str, Check[Any]]

    @property
    def traits(self) -> dict[str, Traits]:
        """What decisions need to know of the actions."""
        return {
            name: Traits(action.gated, action.point_of_no_return, action.undo is not None)
            for name, action in self.actions.items()
        }


@dataclass(frozen=True)
class Delivery:
    """One message to one person, over the first of `channels` that takes it. `fields` are what its template reads."""

    id: str
    stream: str
    person: str
    template: str
    channels: tuple[str, ...]
    fields: Mapping[str, JsonValue]


@dataclass(frozen=True)
class Receipt:
    """A message was taken for delivery over `channel`."""

    channel: str
    message_id: str


class NotDelivered(DRError):
    """No channel took a message; `permanent` where trying again can't help."""

    def __init__(self, channel: str, reason: str, *, permanent: bool = False) -> None:
        super().__init__(reason)
        self.channel = channel
        self.permanent = permanent


class Messages(Protocol):
    """What is told to whom, in which words. All but `deliver` is pure."""

    def caused_by(self, before: Incident | None, after: Incident, events: tuple[Recorded, ...]) -> tuple[Delivery, ...]:
        """The deliveries that events cause (declared, raised, update posted, resolved, glass broken), ids stable."""

    def update(self, incident: Incident, now: datetime, missed: int = 0) -> tuple[str, dict[str, str]]:
        """The next status update: its text and its sections, drafted from the incident and from what people wrote."""

    def sections(self, template: str) -> tuple[str, ...]:
        """The sections that a message is made of, by name."""

    def message(self, template: str, incident: Incident, now: datetime, written: Mapping[str, str]) -> str:
        """Another message's text (initial_notification, resolution), from what people wrote and the incident itself."""

    def notices(self, incident: Incident, notices: tuple[Notice, ...]) -> tuple[Delivery, ...]:
        """The deliveries of what an action wants told."""

    def deliver(self, delivery: Delivery) -> Receipt:
        """Send one message; raises NotDelivered."""

    def checks(self) -> Mapping[str, Callable[[], None]]:
        """For every channel a look whether it would take a message now; the look raises NotDelivered."""


Confirm = Callable[[Incident, Run, StepRun], Mapping[str, str]]
"""Checks the approvals of a step anew, just before the call: whoever is not confirmed, and why; raises Unavailable where
that can't be known now."""


class Directory(Protocol):
    """Live facts about people that only the chat's own directory has."""

    def look_up(self, person: str, teams: Collection[str]) -> Standing:
        """Whether somebody may act at all now (a full, active member), with who is in these teams by their groups read anew
        where they are not named; raises Unavailable, which counts nothing."""
