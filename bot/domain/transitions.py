"""Every legal move, as tables {state: {trigger: next state}}. A pair that is not here is refused and changes nothing.

The triggers are event types; `StepSettled` is refined by its outcome. The pictures in docs/states.md are made from
these tables, and the tests walk the whole product of states and triggers.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from bot.domain.errors import DRError


class IncidentState(StrEnum):
    ACTIVE = "active"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELED = "canceled"


class StepState(StrEnum):
    NOT_STARTED = "not_started"
    READY = "ready"
    BLOCKED = "blocked"
    PENDING_APPROVAL = "pending_approval"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    SKIPPED = "skipped"
    CANCELED = "canceled"
    UNDOING = "undoing"
    UNDONE = "undone"
    UNDO_FAILED = "undo_failed"


class RunState(StrEnum):
    """Derived from a run's steps and the operator's pause; stored nowhere."""

    RUNNING = "running"
    WAITING = "waiting"
    PAUSED = "paused"
    FAILED = "failed"
    STOPPED = "stopped"
    COMPLETED = "completed"


class IllegalMove(DRError):
    """A state has no move for this trigger."""

    def __init__(self, state: StrEnum, trigger: str) -> None:
        super().__init__(f"{trigger} is not possible in the state {state.value}.")
        self.state = state
        self.trigger = trigger


I = IncidentState  # noqa: E741
S = StepState
State = TypeVar("State", bound=StrEnum)
Table = Mapping[State, Mapping[str, State]]

INCIDENT: Table[IncidentState] = {
    I.ACTIVE: {"IncidentMitigated": I.MITIGATED, "IncidentCanceled": I.CANCELED},
    I.MITIGATED: {"IncidentResolved": I.RESOLVED, "IncidentReopened": I.ACTIVE, "IncidentCanceled": I.CANCELED},
    I.RESOLVED: {"IncidentClosed": I.CLOSED, "IncidentReopened": I.ACTIVE},
    I.CLOSED: {"IncidentReopened": I.ACTIVE},
    I.CANCELED: {"IncidentReopened": I.ACTIVE},
}

_MAY_HAVE_DONE = {"UndoRequested": S.UNDOING}
_GIVEN_UP = {"StepSkipped": S.SKIPPED, "StepCanceled": S.CANCELED}

STEP: Table[StepState] = {
    S.NOT_STARTED: {"StepReady": S.READY, **_GIVEN_UP},
    S.READY: {
        "StepReady": S.READY,
        "StepPlanned": S.PENDING_APPROVAL,
        "StepBlocked": S.BLOCKED,
        "StepReplanned": S.READY,
        "StepStarted": S.RUNNING,
        "StepCompleted": S.COMPLETED,
        **_GIVEN_UP,
    },
    S.BLOCKED: {
        "StepReady": S.READY,
        "StepReplanned": S.READY,
        "StepPlanned": S.PENDING_APPROVAL,
        "StepCompleted": S.COMPLETED,
        **_GIVEN_UP,
        **_MAY_HAVE_DONE,
    },
    S.PENDING_APPROVAL: {
        "StepReady": S.READY,
        "StepReplanned": S.READY,
        "StepPlanned": S.PENDING_APPROVAL,
        "StepBlocked": S.BLOCKED,
        "StepStarted": S.RUNNING,
        **_GIVEN_UP,
    },
    S.RUNNING: {
        "StepApplied": S.RUNNING,
        "StepCompleted": S.COMPLETED,
        "StepFailed": S.FAILED,
        "StepBlocked": S.BLOCKED,
        "StepInDoubt": S.IN_DOUBT,
        "StepCanceled": S.CANCELED,
    },
    S.IN_DOUBT: {
        "StepApplied": S.RUNNING,
        "StepFailed": S.FAILED,
        "StepSettled:happened": S.RUNNING,
        "StepSettled:not_happened": S.FAILED,
        "UndoApplied": S.UNDOING,
        "UndoFailed": S.UNDO_FAILED,
        "StepSettled:undo_happened": S.UNDOING,
        "StepSettled:undo_not_happened": S.UNDO_FAILED,
    },
    S.COMPLETED: _MAY_HAVE_DONE,
    S.FAILED: {"StepReady": S.READY, "StepReplanned": S.READY, **_GIVEN_UP, **_MAY_HAVE_DONE},
    S.SKIPPED: _MAY_HAVE_DONE,
    S.CANCELED: _MAY_HAVE_DONE,
    S.UNDOING: {
        "UndoPlanned": S.UNDOING,
        "UndoStarted": S.UNDOING,
        "UndoApplied": S.UNDOING,
        "UndoCompleted": S.UNDONE,
        "UndoFailed": S.UNDO_FAILED,
        "StepInDoubt": S.IN_DOUBT,
    },
    S.UNDONE: {"StepReady": S.READY, **_GIVEN_UP},
    S.UNDO_FAILED: {"StepReady": S.READY, **_GIVEN_UP, **_MAY_HAVE_DONE},
}

# One sentence an edge of the pictures in the docs.
MEANINGS: Mapping[str, str] = {
    "IncidentMitigated": "Users are served again; the recovery clock stops.",
    "IncidentResolved": "The recovery is finished and told to everyone.",
    "IncidentClosed": "The review is done.",
    "IncidentCanceled": "It was no incident, or is handled elsewhere.",
    "IncidentReopened": "It was not over.",
    "StepReady": "Its turn has come, or somebody starts it, retries it or looks again.",
    "StepPlanned": "The plan is shown and waits for its approvals.",
    "StepReplanned": "A person asks for a new plan; approvals are void.",
    "StepBlocked": "A precondition fails or is unknown, or what was done cannot be proven.",
    "StepStarted": "The intent is recorded; the call follows.",
    "StepApplied": "The call has answered; looks verify it.",
    "StepCompleted": "It holds, measured.",
    "StepFailed": "It does not hold, or the call was refused for certain.",
    "StepInDoubt": "The call may or may not have happened.",
    "StepSettled:happened": "A probe or a person says that it happened.",
    "StepSettled:not_happened": "A person says that it did not happen.",
    "StepSettled:undo_happened": "The undo happened.",
    "StepSettled:undo_not_happened": "The undo did not happen.",
    "StepSkipped": "A person goes on without it.",
    "StepCanceled": "Its run was stopped. Of what runs, only a check is canceled: it changes nothing.",
    "UndoRequested": "A person asks to take it back.",
    "UndoPlanned": "The plan of the undo is shown and waits for its approvals.",
    "UndoStarted": "The intent of the undo is recorded; the call follows.",
    "UndoApplied": "The undo's call has answered; looks verify it.",
    "UndoCompleted": "The former state is back, measured.",
    "UndoFailed": "The undo was refused, declined, or does not hold.",
}


def move(table: Table[State], state: State, trigger: str) -> State:
    """The next state; raises IllegalMove where the table has none."""
    try:
        return table[state][trigger]
    except KeyError:
        raise IllegalMove(state, trigger) from None


def allows(table: Table[State], state: State, trigger: str) -> bool:
    """Whether the table has this move."""
    return trigger in table[state]
