"""Everything that can happen to an incident, as the timeline keeps it. What concerns a step names run, step and attempt."""

from datetime import datetime
from typing import Literal

from bot.domain.approvals import Proof, Rule
from bot.domain.changes import Plan, Risk
from bot.domain.durations import Duration
from bot.domain.model import JsonValue
from bot.domain.runbook import Runbook
from bot.domain.timeline import Event

Role = Literal["commander", "deputy", "scribe"]
Outcome = Literal["done", "verified", "nothing_to_do", "unproven", "risk_accepted"]


class IncidentDeclared(Event):
    """The incident begins. Objectives are the strictest of its systems; `drill` names the drill's environment."""

    number: int
    title: str
    severity: str
    systems: tuple[str, ...]
    since: datetime
    description: str = ""
    environment: str
    drill: bool = False
    private: bool = False
    commander: str | None = None
    declarer: str | None = None
    rto: Duration
    rpo: Duration
    update_every: Duration | None = None
    recovery_plan: str


class SeverityChanged(Event):
    severity: str
    update_every: Duration | None = None
    reason: str = ""


class RoleAssigned(Event):
    role: Role
    person: str | None


class NoteAdded(Event):
    text: str


class ChannelOpened(Event):
    channel: str


class IncidentMitigated(Event):
    """Users are served again: the recovery clock stops."""


class IncidentResolved(Event):
    """`sections` are the parts of the resolution that people wrote; the bot drafted the rest."""

    sections: dict[str, str] = {}
    text: str = ""


class IncidentClosed(Event):
    pass


class IncidentCanceled(Event):
    reason: str


class IncidentReopened(Event):
    reason: str


class RunStarted(Event):
    """A runbook starts for one system in one environment. The runbook is pinned whole.

    `ungated` are the steps that need no approval; `after` the systems whose recovery this run waits for.
    """

    run: str
    runbook: Runbook
    digest: str
    system: str
    environment: str
    inputs: dict[str, JsonValue] = {}
    requester: str | None = None
    ungated: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


class RunPaused(Event):
    run: str
    reason: str = ""


class RunResumed(Event):
    run: str


class RunStopped(Event):
    run: str
    reason: str = ""


class StepEvent(Event):
    """What concerns one step of one run."""

    run: str
    step: str
    attempt: int


class StepReady(StepEvent):
    """Its turn has come (again). With `waits_for_start` a person must start it; `requester` is who retried it.

    With `keeps_risks` what was accepted stays accepted for the fresh plan.
    """

    reason: str = ""
    waits_for_start: bool = False
    keeps_risks: bool = False
    requester: str | None = None


class StepBlocked(StepEvent):
    """A precondition fails or is unknown. Where `risks` are named they can be accepted."""

    reason: str
    finding: str = ""
    risks: tuple[Risk, ...] = ()
    plan: Plan | None = None


class StepPlanned(StepEvent):
    """The plan is shown; approvals of `digest` count until `expires_at`. Without a rule none is needed."""

    generation: int
    plan: Plan
    digest: str
    rule: Rule | None = None
    expires_at: datetime | None = None
    waits_for: tuple[str, ...] = ()


class StepReplanned(StepEvent):
    """A person asked for a new plan, maybe with other parameters."""

    changes: dict[str, JsonValue] = {}
    requester: str


class ApprovalOffered(StepEvent):
    """Somebody pressed Approve; it counts once the look-up of the person has said so."""

    offer: str
    person: str
    digest: str
    proof: Proof | None = None


class ApprovalGiven(StepEvent):
    offer: str
    person: str
    digest: str
    proof: Proof | None = None


class ApprovalRejected(StepEvent):
    offer: str
    person: str
    reason: str


class ApprovalDeclined(StepEvent):
    person: str
    reason: str


class ApprovalWithdrawn(StepEvent):
    person: str


class ApprovalExpired(StepEvent):
    """`which` timer ran out: the one for approving, or the one for starting what is approved."""

    which: Literal["approval", "execution"]


class ApprovalsVoided(StepEvent):
    """A fresh plan differs from the approved one: every approval is void."""

    reason: str


class RiskAccepted(StepEvent):
    """A named risk is taken. What follows needs the step's rule and one approver more."""

    person: str
    reason: str
    risks: tuple[Risk, ...]
    proof: Proof | None = None


class VoiceGiven(StepEvent):
    """One of several people who must say the same: skip it, settle it so, accept its risk."""

    person: str
    decision: str
    reason: str
    proof: Proof | None = None


class VoiceVoided(StepEvent):
    """A word that counts no more: whoever gave it may do nothing that counts when somebody else gives theirs."""

    person: str
    decision: str
    reason: str


class GlassBroken(StepEvent):
    """One person goes on alone, with a reason and the target typed."""

    person: str
    reason: str
    target: str
    digest: str
    proof: Proof | None = None


class StepStarted(StepEvent):
    """The intent: recorded before the call, once for each attempt. `executor` names a replica's life, as its lease does."""

    digest: str = ""
    token: str
    executor: str = ""
    targets: tuple[str, ...] = ()


class StepApplied(StepEvent):
    """The call has answered; what follows is verified by looking."""

    result: dict[str, JsonValue] = {}


class StepLooked(StepEvent):
    """A look found something new while the step waits or is in doubt."""

    finding: str
    holds: bool | None = None


class StepCompleted(StepEvent):
    outcome: Outcome = "done"
    finding: str = ""
    result: dict[str, JsonValue] = {}
    evidence: dict[str, JsonValue] = {}


class StepFailed(StepEvent):
    reason: str
    evidence: dict[str, JsonValue] = {}


class StepInDoubt(StepEvent):
    """The call may or may not have taken effect. It is never repeated by itself."""

    reason: str


class StepSettled(StepEvent):
    """A probe or a person says what became of a call in doubt."""

    outcome: Literal["happened", "not_happened"]
    finding: str = ""
    undo: bool = False
    result: dict[str, JsonValue] = {}

    @property
    def trigger(self) -> str:
        return f"{super().trigger}:{'undo_' if self.undo else ''}{self.outcome}"


class LateAnswer(StepEvent):
    """A call that people had settled as not happened has answered after all: it took effect."""

    finding: str


class StepSkipped(StepEvent):
    reason: str


class StepCanceled(StepEvent):
    reason: str = ""


class UndoRequested(StepEvent):
    reason: str
    requester: str


class UndoPlanned(StepEvent):
    generation: int
    plan: Plan
    digest: str
    rule: Rule | None = None
    expires_at: datetime | None = None
    waits_for: tuple[str, ...] = ()


class UndoStarted(StepEvent):
    digest: str = ""
    token: str
    executor: str = ""
    targets: tuple[str, ...] = ()


class UndoApplied(StepEvent):
    result: dict[str, JsonValue] = {}


class UndoCompleted(StepEvent):
    finding: str = ""
    evidence: dict[str, JsonValue] = {}


class UndoFailed(StepEvent):
    reason: str


class UpdateDrafted(Event):
    """What a person wants the next update to say; the sections that are missing stay the bot's."""

    sections: dict[str, str]


class UpdatePosted(Event):
    """One status update, word for word. `missed` counts the moments that passed while nothing could be posted."""

    number: int
    text: str
    sections: dict[str, str] = {}
    missed: int = 0
    automatic: bool = True
    due_at: datetime | None = None


class UpdateSnoozed(Event):
    until: datetime
    reason: str


class Subscribed(Event):
    """A person of the recovery plan, or the account of somebody whom it does not name."""

    person: str | None = None
    account: str = ""


class MessagePosted(Event):
    """A message other than an update, word for word (initial notification, resolution)."""

    template: str
    text: str


class NotificationSent(Event):
    """One message to one person over one channel was accepted for delivery."""

    delivery: str
    channel: str
    person: str
    template: str
    message_id: str = ""


class NotificationFailed(Event):
    delivery: str
    channel: str
    person: str
    template: str
    reason: str


class Acknowledged(Event):
    person: str
