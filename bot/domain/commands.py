"""What may be asked of an incident. Commands are imperative; `decide` answers with events or refuses.

The first half comes from people (typed, clicked, signed), the second from the engine after it has looked at the world.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from bot.domain.approvals import Proof, Standing
from bot.domain.changes import Plan, Risk, Verdict
from bot.domain.events import Role
from bot.domain.model import JsonValue
from bot.domain.timeline import BOT, Actor


@dataclass(frozen=True, kw_only=True)
class Command:
    """Something asked for by an actor."""

    actor: Actor = BOT


@dataclass(frozen=True, kw_only=True)
class StepCommand(Command):
    """Something asked of one step of one run."""

    run: str
    step: str


@dataclass(frozen=True, kw_only=True)
class StepWord(StepCommand):
    """A person's word on what they have looked at: an attempt, and how often it had been planned; None where unsaid."""

    attempt: int | None = None
    generation: int | None = None


@dataclass(frozen=True, kw_only=True)
class SharedWord(StepWord):
    """A word that several people may have to say. `gone`: of those who have said it, who may no longer, and why."""

    gone: Mapping[str, str] = field(default_factory=dict)
    proof: Proof | None = None


# --- people ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Declare(Command):
    number: int
    title: str
    severity: str
    systems: tuple[str, ...]
    since: datetime | None = None
    description: str = ""
    environment: str = "production"
    drill: bool = False
    private: bool = False


@dataclass(frozen=True, kw_only=True)
class SetSeverity(Command):
    severity: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Assign(Command):
    role: Role
    person: str | None


@dataclass(frozen=True, kw_only=True)
class Note(Command):
    text: str


@dataclass(frozen=True, kw_only=True)
class Subscribe(Command):
    pass


@dataclass(frozen=True, kw_only=True)
class Acknowledge(Command):
    pass


@dataclass(frozen=True, kw_only=True)
class Mitigate(Command):
    pass


@dataclass(frozen=True, kw_only=True)
class Resolve(Command):
    """`text` is the message as it goes out, drafted from the sections that people wrote."""

    sections: Mapping[str, str] = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Close(Command):
    pass


@dataclass(frozen=True, kw_only=True)
class Cancel(Command):
    reason: str


@dataclass(frozen=True, kw_only=True)
class Reopen(Command):
    reason: str


@dataclass(frozen=True, kw_only=True)
class Start(Command):
    """Start a runbook for a system; the inputs are those that a person gave."""

    runbook: str
    system: str
    inputs: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Stop(Command):
    run: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Pause(Command):
    run: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Resume(Command):
    """`resumed_seq` is the run's as it was when the pause was looked at; None where unsaid."""

    run: str
    resumed_seq: int | None = None


@dataclass(frozen=True, kw_only=True)
class DraftUpdate(Command):
    sections: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class SnoozeUpdate(Command):
    until: datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class Done(StepWord):
    pass


@dataclass(frozen=True, kw_only=True)
class Skip(SharedWord):
    reason: str


@dataclass(frozen=True, kw_only=True)
class Retry(StepWord):
    """Start (ready), Look again (blocked) or Retry (failed)."""

    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Replan(StepCommand):
    changes: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Settle(SharedWord):
    """A person's word on a call in doubt; look_again asks for one more probe."""

    outcome: Literal["happened", "not_happened", "look_again"]
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Undo(StepWord):
    reason: str


@dataclass(frozen=True, kw_only=True)
class Approve(StepCommand):
    """`offer` identifies the click. A signed approval (with proof) is judged at once, any other by JudgeOffer."""

    digest: str
    offer: str
    proof: Proof | None = None


@dataclass(frozen=True, kw_only=True)
class Decline(StepCommand):
    digest: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Withdraw(StepWord):
    pass


@dataclass(frozen=True, kw_only=True)
class AcceptRisk(SharedWord):
    """`shown` is the fingerprint of the risks that the person read; None where unsaid."""

    shown: str | None = None
    reason: str


@dataclass(frozen=True, kw_only=True)
class BreakGlass(StepCommand):
    digest: str
    reason: str
    target: str
    proof: Proof | None = None


# --- the engine -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class JudgeOffer(StepCommand):
    """What the look-up of a person found."""

    offer: str
    standing: Standing


@dataclass(frozen=True, kw_only=True)
class ShowPlan(StepCommand):
    """A fresh plan of a step whose turn it is, or of an undo that was asked for."""

    attempt: int
    plan: Plan
    generation: int


@dataclass(frozen=True, kw_only=True)
class Block(StepCommand):
    """The step cannot go on: a look failed, or a precondition."""

    attempt: int
    reason: str
    finding: str = ""
    risks: tuple[Risk, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Begin(StepCommand):
    """An executor is about to call: it brings a fresh plan (none for a check), made for this generation of the step.

    Only the people whom it has `confirmed` count; `unconfirmed` are those whom it could not, and why.
    """

    attempt: int
    generation: int
    executor: str
    token: str
    plan: Plan | None = None
    confirmed: tuple[str, ...] = ()
    unconfirmed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Applied(StepCommand):
    attempt: int
    result: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class NotDone(StepCommand):
    """The call was refused for certain."""

    attempt: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class Doubt(StepCommand):
    attempt: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class Wait(StepCommand):
    """It could begin, but another step holds what it needs."""

    attempt: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class Looked(StepCommand):
    """A look at a running step; `late` when its time is over, so that the verdict is final."""

    attempt: int
    verdict: Verdict
    late: bool = False
    hold: timedelta | None = None


@dataclass(frozen=True, kw_only=True)
class Probed(StepCommand):
    """A look at a step in doubt."""

    attempt: int
    outcome: Literal["happened", "not_happened", "unknown"]
    finding: str
    result: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Expire(StepCommand):
    """A timer of the approvals may have run out; decide judges by the clock."""


@dataclass(frozen=True, kw_only=True)
class PostUpdate(Command):
    """Status update `number`, word for word. Automatic ones go out only when they are due."""

    number: int
    text: str
    sections: Mapping[str, str] = field(default_factory=dict)
    automatic: bool = False


@dataclass(frozen=True, kw_only=True)
class PostMessage(Command):
    template: str
    text: str


@dataclass(frozen=True, kw_only=True)
class OpenChannel(Command):
    """The chat has made the incident's channel, or a new one where the old one is gone."""

    channel: str


@dataclass(frozen=True, kw_only=True)
class RecordDelivery(Command):
    """What became of one message to one person."""

    delivery: str
    channel: str
    person: str
    template: str
    message_id: str = ""
    failure: str = ""
