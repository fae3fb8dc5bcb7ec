"""Which fields of a step an event changes. Part of `evolve`; pure."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal

from bot.domain import events as e
from bot.domain.approvals import Approval
from bot.domain.changes import Plan
from bot.domain.incident import ACCEPT_RISK, SKIP, Attempt, Offer, StepRun, TakenRisk, Voice
from bot.domain.model import replace
from bot.domain.timeline import Event
from bot.domain.transitions import STEP, move

Changes = Mapping[str, Any]
"""The fields that an event changes, by name."""
_MOVES = frozenset(trigger for moves in STEP.values() for trigger in moves)

NOTHING_SHOWN: Mapping[str, Any] = {
    "plan": None,
    "digest": "",
    "rule": None,
    "waits_for": (),
    "expires_at": None,
    "approvals": (),
    "met_at": None,
    "glass_broken_by": None,
    "glass_reason": "",
    "glass_proof": None,
    "started_at": None,
    "applied_at": None,
}
BLOCKED = "blocked"
RISK_TAKEN = ("risk_accepted_by", "risk_reason", "taken_risks")
NOTHING_RISKED: Mapping[str, Any] = {
    "risk_accepted_by": (),
    "risk_reason": "",
    "taken_risks": (),
    "risks": (),
    "finding": "",
}


def _ready(step: StepRun, event: e.StepReady, at: datetime) -> Changes:
    taken = {name: getattr(step, name) for name in RISK_TAKEN} if event.keeps_risks else {}
    return {
        **NOTHING_SHOWN,
        **NOTHING_RISKED,
        **taken,
        "attempt": event.attempt,
        "waits_for_start": event.waits_for_start,
        "reason": event.reason,
        "requester": event.requester or step.requester,
        "ready_at": at,
        "ended_at": None,
        "undo": False,
    }


def _glass_broken(step: StepRun, event: e.GlassBroken, at: datetime) -> Changes:
    return {
        "glass_broken_by": event.person,
        "glass_reason": event.reason,
        "glass_proof": event.proof,
        "met_at": step.met_at or at,
    }


def _planned(_: StepRun, event: e.StepPlanned | e.UndoPlanned, at: datetime) -> Changes:
    return {
        **NOTHING_SHOWN,
        "generation": event.generation,
        "plan": event.plan,
        "digest": event.digest,
        "rule": event.rule,
        "expires_at": event.expires_at,
        "waits_for": event.waits_for,
        "met_at": at if event.rule is None else None,
        "waits_for_start": False,
        "reason": "",
    }


def _given(step: StepRun, event: e.ApprovalGiven, at: datetime) -> Changes:
    via: Literal["cli", "slack"] = "cli" if event.proof else "slack"
    offered = next((o.offered_at for o in step.offers if o.id == event.offer), at)
    approval = Approval(person=event.person, digest=event.digest, given_at=offered, via=via, proof=event.proof)
    approvals = (*step.approvals, approval)
    met = replace(step, approvals=approvals).missing == 0
    return {
        "approvals": approvals,
        "offers": tuple(o for o in step.offers if o.id != event.offer),
        "met_at": step.met_at or (at if met else None),
    }


def _not_counted(step: StepRun, event: e.ApprovalRejected | e.ApprovalWithdrawn, _: datetime) -> Changes:
    changes: dict[str, Any] = {
        "approvals": tuple(a for a in step.approvals if a.person != event.person),
        "offers": tuple(o for o in step.offers if o.person != event.person),
        "glass_broken_by": None if step.glass_broken_by == event.person else step.glass_broken_by,
    }
    return changes if replace(step, **changes).missing == 0 else {**changes, "met_at": None}


def _to_be_undone(step: StepRun) -> Plan | None:
    """What the way back leads from: what this attempt does, and to where the first one that may have changed anything was.

    An attempt that has nothing to do changes nothing of that; one on other targets begins anew.
    """
    earlier, plan = step.done_plan, step.plan
    if earlier is None or plan is None:
        return plan
    if plan.is_empty:
        return earlier
    same = plan.targets == earlier.targets and step.may_have_acted
    return plan.model_copy(update={"saved": earlier.saved}) if same else plan


def _started(step: StepRun, event: e.StepStarted | e.UndoStarted, at: datetime) -> Changes:
    undo = isinstance(event, e.UndoStarted)
    attempt = Attempt(event.attempt, at, step.approved_by, step.glass_broken_by, undo=undo)
    return {
        "started_at": at,
        "executor": event.executor,
        "applied_at": None,
        "holding_since": None,
        "finding": "",
        "result": {},
        "done_plan": step.done_plan if undo else _to_be_undone(step),
        "waits_for_start": False,
        "attempts": (*step.attempts, attempt),
    }


def _ended(step: StepRun, at: datetime, how: str, *, refused: bool = False, **changes: Any) -> Changes:
    return {"ended_at": at, "attempts": _closed(step.attempts, at, how, refused=refused), **changes}


def _closed(attempts: tuple[Attempt, ...], at: datetime, how: str, *, refused: bool = False) -> tuple[Attempt, ...]:
    """The attempts with the last one over; one that is over already stays as it is."""
    if not attempts or attempts[-1].ended_at is not None:
        return attempts
    return (*attempts[:-1], replace(attempts[-1], ended_at=at, outcome=how, refused=refused))


def _completed(step: StepRun, event: e.StepCompleted, at: datetime) -> Changes:
    attempts = step.attempts
    if attempts and attempts[-1].outcome == BLOCKED:  # people took the risk that its effect is not proven
        attempts = (*attempts[:-1], replace(attempts[-1], outcome=event.outcome))
    return _ended(
        replace(step, attempts=attempts),
        at,
        event.outcome,
        outcome=event.outcome,
        finding=event.finding,
        result={**step.result, **event.result},
        evidence=event.evidence,
        reason="",
    )


def _failed(step: StepRun, event: e.StepFailed, at: datetime) -> Changes:
    """Before the call was answered it can only have been refused for certain."""
    refused = step.applied_at is None
    return _ended(step, at, "failed", refused=refused, reason=event.reason, evidence=event.evidence, outcome="failed")


def _blocked(step: StepRun, event: e.StepBlocked, at: datetime) -> Changes:
    return {
        "attempts": _closed(step.attempts, at, BLOCKED),
        "reason": event.reason,
        "finding": event.finding,
        "risks": event.risks,
        "plan": event.plan or step.plan,
        "digest": "",
        "approvals": (),
    }


def _risk_accepted(step: StepRun, event: e.RiskAccepted, _: datetime) -> Changes:
    new = [risk for risk in dict.fromkeys(event.risks) if step.taken(risk) is None]
    people = tuple(dict.fromkeys((*_said(step, ACCEPT_RISK), event.person)))
    reasons = (*(voice.reason for voice in step.voices if voice.decision == ACCEPT_RISK), event.reason)
    reason = "; ".join(dict.fromkeys(reasons))
    return {
        "risk_accepted_by": people,
        "risk_reason": reason,
        "taken_risks": (*step.taken_risks, *(TakenRisk(risk, people, reason) for risk in new)),
    }


def _said(step: StepRun, decision: str) -> tuple[str, ...]:
    """Who has said so."""
    return tuple(dict.fromkeys(voice.person for voice in step.voices if voice.decision == decision))


def _replanned(step: StepRun, event: e.StepReplanned, at: datetime) -> Changes:
    return {
        **NOTHING_SHOWN,
        **NOTHING_RISKED,
        "attempt": event.attempt,
        "generation": step.generation + 1,  # what is being looked at now was asked with the old parameters
        "overrides": {**step.overrides, **event.changes},
        "editors": tuple(dict.fromkeys((*step.editors, event.requester))),
        "waits_for_start": False,
        "reason": "",
        "ready_at": at,
        "ended_at": None,
    }


def _settled(step: StepRun, event: e.StepSettled, at: datetime) -> Changes:
    if event.outcome == "happened":
        return {"applied_at": at, "finding": event.finding, "reason": "", "result": {**step.result, **event.result}}
    return _ended(step, at, "not_happened", refused=True, finding=event.finding, reason=event.finding)


def _answered_late(step: StepRun, event: e.LateAnswer, _: datetime) -> Changes:
    """The record is put right; what follows from it is for people to decide."""
    attempts = tuple(
        replace(a, refused=False, outcome="answered_late") if a.number == event.attempt else a for a in step.attempts
    )
    told = {"finding": event.finding, "reason": event.finding} if step.attempt == event.attempt else {}
    return {"attempts": attempts, **told}


def _undo_requested(_: StepRun, event: e.UndoRequested, at: datetime) -> Changes:
    return {
        **NOTHING_SHOWN,
        **NOTHING_RISKED,
        "attempt": event.attempt,
        "undo": True,
        "requester": event.requester,
        "reason": event.reason,
        "ready_at": at,
        "ended_at": None,
    }


def _looked(step: StepRun, event: e.StepLooked, at: datetime) -> Changes:
    return {"finding": event.finding, "holding_since": (step.holding_since or at) if event.holds else None}


_HANDLERS: Mapping[type[Event], Callable[[StepRun, Any, datetime], Changes]] = {
    e.StepReady: _ready,
    e.StepPlanned: _planned,
    e.UndoPlanned: _planned,
    e.StepBlocked: _blocked,
    e.StepReplanned: _replanned,
    e.ApprovalOffered: lambda s, ev, at: {"offers": (*s.offers, Offer(ev.offer, ev.person, ev.digest, at, ev.proof))},
    e.ApprovalGiven: _given,
    e.ApprovalRejected: _not_counted,
    e.ApprovalWithdrawn: _not_counted,
    e.RiskAccepted: _risk_accepted,
    e.VoiceVoided: lambda s, ev, _: {
        "voices": tuple(v for v in s.voices if (v.person, v.decision) != (ev.person, ev.decision))
    },
    e.GlassBroken: _glass_broken,
    e.StepStarted: _started,
    e.UndoStarted: _started,
    e.StepApplied: lambda _, ev, at: {"applied_at": at, "result": ev.result},
    e.UndoApplied: lambda _, ev, at: {"applied_at": at, "result": ev.result},
    e.StepLooked: _looked,
    e.VoiceGiven: lambda s, ev, _: {"voices": (*s.voices, Voice(ev.person, ev.decision, ev.reason))},
    e.StepCompleted: _completed,
    e.StepFailed: _failed,
    e.StepInDoubt: lambda _, ev, __: {"reason": ev.reason},
    e.StepSettled: _settled,
    e.LateAnswer: _answered_late,
    e.StepSkipped: lambda s, ev, at: _ended(
        s, at, "skipped", reason=ev.reason, outcome="skipped", skipped_by=_said(s, SKIP)
    ),
    e.StepCanceled: lambda s, ev, at: _ended(s, at, "canceled", reason=ev.reason, outcome="canceled"),
    e.UndoRequested: _undo_requested,
    e.UndoCompleted: lambda s, ev, at: _ended(
        s, at, "undone", finding=ev.finding, evidence=ev.evidence, outcome="undone", done_plan=None
    ),
    e.UndoFailed: lambda s, ev, at: _ended(s, at, "undo_failed", reason=ev.reason, outcome="undo_failed"),
}


def step_changes(step: StepRun, event: e.StepEvent, seq: int, at: datetime) -> Changes:
    """The fields that one more event changes, which is row `seq` of its stream; raises IllegalMove."""
    handler = _HANDLERS.get(type(event))
    changes = handler(step, event, at) if handler else {}
    trigger = event.trigger
    if trigger in _MOVES:
        # What people said of the state before ends with it, and so do clicks that no look-up has answered.
        return {"voices": (), "offers": (), **changes, "state": move(STEP, step.state, trigger), "changed_seq": seq}
    if isinstance(event, e.ApprovalRejected | e.ApprovalWithdrawn):
        return {**changes, "changed_seq": seq}  # when the rule is met again, that is another occasion
    return changes
