"""`evolve(state, recorded) -> state`: the one place where an event becomes state. Pure; illegal moves raise IllegalMove."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from bot.domain import events as e
from bot.domain.approvals import Approval
from bot.domain.errors import DRError
from bot.domain.incident import Attempt, Incident, Offer, Run, StepRun, Updates, Voice
from bot.domain.model import replace
from bot.domain.timeline import Event, Recorded
from bot.domain.transitions import INCIDENT, STEP, IncidentState, move


def fold(recorded: Iterable[Recorded], state: Incident | None = None) -> Incident | None:
    """The incident that a stretch of its timeline leads to."""
    for row in recorded:
        state = evolve(state, row)
    return state


def evolve(state: Incident | None, row: Recorded) -> Incident:
    """The state after one more event."""
    event = row.event
    if isinstance(event, e.IncidentDeclared):
        state = _declared(event, row)
    elif state is None:
        raise DRError(f"{row.stream} begins with {event.type}, not with IncidentDeclared.")
    elif isinstance(event, e.StepEvent):
        state = _step_event(state, event, row)
    else:
        if event.trigger in _INCIDENT_MOVES:
            state = replace(state, state=move(INCIDENT, state.state, event.trigger))
        handler = _HANDLERS.get(type(event))
        if handler:
            state = handler(state, event, row)
    return replace(state, seq=row.seq, head=row.hash, last_at=row.at)


_INCIDENT_MOVES = frozenset(trigger for moves in INCIDENT.values() for trigger in moves)
_STEP_MOVES = frozenset(trigger for moves in STEP.values() for trigger in moves)


def _declared(event: e.IncidentDeclared, row: Recorded) -> Incident:
    return Incident(
        id=row.stream,
        number=event.number,
        state=IncidentState.ACTIVE,
        title=event.title,
        description=event.description,
        severity=event.severity,
        systems=event.systems,
        environment=event.environment,
        drill=event.drill,
        private=event.private,
        since=event.since,
        declared_at=row.at,
        declarer=event.declarer,
        rto=event.rto,
        rpo=event.rpo,
        recovery_plan=event.recovery_plan,
        updates=Updates(every=event.update_every, anchor=row.at),
        roles={"commander": event.commander, "deputy": None, "scribe": None},
    )


def _merged(mapping: Mapping[str, Any], **changes: Any) -> Mapping[str, Any]:
    return MappingProxyType({**mapping, **changes})


# --- the incident ---------------------------------------------------------------------------------------------------


def _run_started(state: Incident, event: e.RunStarted, row: Recorded) -> Incident:
    when = "drill" if state.drill else "live"
    steps = {
        step.id: StepRun(
            definition=step, requester=event.requester, gated=step.id not in event.ungated, changed_seq=row.seq
        )
        for step in event.runbook.steps
        if step.when in (None, when)
    }
    run = Run(
        id=event.run,
        runbook=event.runbook,
        digest=event.digest,
        system=event.system,
        environment=event.environment,
        started_at=row.at,
        requester=event.requester,
        inputs=event.inputs,
        steps=MappingProxyType(steps),
        after=event.after,
    )
    return replace(state, runs=_merged(state.runs, **{event.run: run}))


def _with_run(state: Incident, run_id: str, **changes: Any) -> Incident:
    return replace(state, runs=_merged(state.runs, **{run_id: replace(state.runs[run_id], **changes)}))


def _reopened(state: Incident, _: e.IncidentReopened, row: Recorded) -> Incident:
    return replace(
        state, mitigated_at=None, resolved_at=None, ended_at=None, updates=replace(state.updates, anchor=row.at)
    )


def _severity(state: Incident, event: e.SeverityChanged, _: Recorded) -> Incident:
    return replace(state, severity=event.severity, updates=replace(state.updates, every=event.update_every))


def _posted(state: Incident, event: e.UpdatePosted, row: Recorded) -> Incident:
    updates = Updates(state.updates.every, anchor=row.at, number=event.number, last_text=event.text)
    return replace(state, updates=updates)


def _snoozed(state: Incident, event: e.UpdateSnoozed, _: Recorded) -> Incident:
    return replace(state, updates=replace(state.updates, snoozed_until=event.until))


def _drafted(state: Incident, event: e.UpdateDrafted, _: Recorded) -> Incident:
    return replace(state, updates=replace(state.updates, draft=_merged(state.updates.draft, **event.sections)))


def _sent(state: Incident, event: e.NotificationSent, _: Recorded) -> Incident:
    people = state.told.get(event.template, frozenset()) | {event.person}
    return replace(state, told=_merged(state.told, **{event.template: people}))


_HANDLERS: Mapping[type[Event], Callable[[Incident, Any, Recorded], Incident]] = {
    e.SeverityChanged: _severity,
    e.RoleAssigned: lambda s, ev, _: replace(s, roles=_merged(s.roles, **{ev.role: ev.person})),
    e.NoteAdded: lambda s, _, __: replace(s, notes=s.notes + 1),
    e.ChannelOpened: lambda s, ev, _: replace(s, channel=ev.channel),
    e.IncidentMitigated: lambda s, _, row: replace(s, mitigated_at=row.at),
    e.IncidentResolved: lambda s, ev, row: replace(s, resolved_at=row.at, resolution=ev.sections),
    e.IncidentClosed: lambda s, _, row: replace(s, ended_at=row.at),
    e.IncidentCanceled: lambda s, _, row: replace(s, ended_at=row.at),
    e.IncidentReopened: _reopened,
    e.RunStarted: _run_started,
    e.RunPaused: lambda s, ev, _: _with_run(s, ev.run, paused=True),
    e.RunResumed: lambda s, ev, row: _with_run(s, ev.run, paused=False, resumed_seq=row.seq),
    e.RunStopped: lambda s, ev, _: _with_run(s, ev.run, stopped=True),
    e.UpdatePosted: _posted,
    e.UpdateSnoozed: _snoozed,
    e.UpdateDrafted: _drafted,
    e.MessagePosted: lambda s, ev, _: replace(s, posted=s.posted | {ev.template}),
    e.Subscribed: lambda s, ev, _: replace(s, subscribers=s.subscribers | {ev.person}),
    e.NotificationSent: _sent,
    e.Acknowledged: lambda s, ev, _: replace(s, acknowledged=s.acknowledged | {ev.person}),
}


# --- a step ---------------------------------------------------------------------------------------------------------

NOTHING_SHOWN: Mapping[str, Any] = {
    "plan": None,
    "digest": "",
    "rule": None,
    "waits_for": (),
    "expires_at": None,
    "approvals": (),
    "offers": (),
    "met_at": None,
    "glass_broken_by": None,
    "glass_reason": "",
    "glass_proof": None,
    "started_at": None,
    "applied_at": None,
}


def _step_event(state: Incident, event: e.StepEvent, row: Recorded) -> Incident:
    run = state.runs[event.run]
    step = run.steps[event.step]
    after = step
    if event.trigger in _STEP_MOVES:
        after = replace(after, state=move(STEP, step.state, event.trigger), changed_seq=row.seq, voices=())
    elif isinstance(event, e.ApprovalRejected | e.ApprovalWithdrawn):
        after = replace(after, changed_seq=row.seq)  # when the rule is met again, that is another occasion
    handler = _STEP_HANDLERS.get(type(event))
    if handler:
        after = handler(after, event, row.at)
    steps = MappingProxyType({**run.steps, event.step: after})
    return replace(state, runs=MappingProxyType({**state.runs, event.run: replace(run, steps=steps)}))


def _ready(step: StepRun, event: e.StepReady, at: datetime) -> StepRun:
    return replace(
        step,
        **NOTHING_SHOWN,
        attempt=event.attempt,
        waits_for_start=event.waits_for_start,
        reason=event.reason,
        requester=event.requester or step.requester,
        accepted_risks=(),
        risk_accepted_by=None,
        risk_reason="",
        risks=(),
        finding="",
        ready_at=at,
        ended_at=None,
        undo=False,
    )


def _glass_broken(step: StepRun, event: e.GlassBroken, at: datetime) -> StepRun:
    return replace(
        step, glass_broken_by=event.person, glass_reason=event.reason, glass_proof=event.proof, met_at=step.met_at or at
    )


def _planned(step: StepRun, event: e.StepPlanned | e.UndoPlanned, at: datetime) -> StepRun:
    shown = {**NOTHING_SHOWN, "started_at": step.started_at, "applied_at": step.applied_at}
    if isinstance(event, e.UndoPlanned):
        shown = dict(NOTHING_SHOWN)
    return replace(
        step,
        **{
            **shown,
            "generation": event.generation,
            "plan": event.plan,
            "digest": event.digest,
            "rule": event.rule,
            "expires_at": event.expires_at,
            "waits_for": event.waits_for,
            "met_at": at if event.rule is None or event.rule.required == 0 else None,
            "waits_for_start": False,
            "reason": "",
        },
    )


def _given(step: StepRun, event: e.ApprovalGiven, at: datetime) -> StepRun:
    via = "cli" if event.proof else "slack"
    approval = Approval(person=event.person, digest=event.digest, given_at=at, via=via, proof=event.proof)
    offers = tuple(o for o in step.offers if o.id != event.offer)
    after = replace(step, approvals=(*step.approvals, approval), offers=offers)
    if after.missing == 0 and after.met_at is None:
        after = replace(after, met_at=at)
    return after


def _not_counted(step: StepRun, event: e.ApprovalRejected | e.ApprovalWithdrawn, _: datetime) -> StepRun:
    approvals = tuple(a for a in step.approvals if a.person != event.person)
    offers = tuple(o for o in step.offers if o.person != event.person)
    glass = None if step.glass_broken_by == event.person else step.glass_broken_by
    after = replace(step, approvals=approvals, offers=offers, glass_broken_by=glass)
    return after if after.missing == 0 else replace(after, met_at=None)


def _started(step: StepRun, event: e.StepStarted | e.UndoStarted, at: datetime) -> StepRun:
    undo = isinstance(event, e.UndoStarted)
    attempt = Attempt(event.attempt, at, step.approved_by, step.glass_broken_by, undo=undo)
    done_plan = step.done_plan if undo else step.plan
    return replace(
        step,
        started_at=at,
        applied_at=None,
        holding_since=None,
        result={},
        done_plan=done_plan,
        waits_for_start=False,
        attempts=(*step.attempts, attempt),
    )


def _ended(step: StepRun, at: datetime, how: str, *, refused: bool = False, **changes: Any) -> StepRun:
    attempts = step.attempts
    if attempts and attempts[-1].ended_at is None:
        attempts = (*attempts[:-1], replace(attempts[-1], ended_at=at, outcome=how, refused=refused))
    return replace(step, ended_at=at, attempts=attempts, **changes)


def _completed(step: StepRun, event: e.StepCompleted, at: datetime) -> StepRun:
    return _ended(
        step,
        at,
        event.outcome,
        outcome=event.outcome,
        finding=event.finding,
        result={**step.result, **event.result},
        evidence=event.evidence,
        reason="",
    )


def _failed(step: StepRun, event: e.StepFailed, at: datetime) -> StepRun:
    """Before the call was answered it can only have been refused for certain."""
    refused = step.applied_at is None
    return _ended(step, at, "failed", refused=refused, reason=event.reason, evidence=event.evidence, outcome="failed")


def _blocked(step: StepRun, event: e.StepBlocked, _: datetime) -> StepRun:
    after = replace(
        step, reason=event.reason, finding=event.finding, risks=event.risks, digest="", approvals=(), offers=()
    )
    return replace(after, plan=event.plan) if event.plan else after


def _risk_accepted(step: StepRun, event: e.RiskAccepted, _: datetime) -> StepRun:
    taken = tuple(dict.fromkeys((*step.accepted_risks, *event.risks)))
    return replace(step, accepted_risks=taken, risk_accepted_by=event.person, risk_reason=event.reason)


def _replanned(step: StepRun, event: e.StepReplanned, at: datetime) -> StepRun:
    return replace(
        step,
        **{**NOTHING_SHOWN, "attempt": event.attempt},
        overrides={**step.overrides, **event.changes},
        editors=tuple(dict.fromkeys((*step.editors, event.requester))),
        waits_for_start=False,
        reason="",
        accepted_risks=(),
        risk_accepted_by=None,
        risk_reason="",
        risks=(),
        finding="",
        ready_at=at,
        ended_at=None,
    )


def _settled(step: StepRun, event: e.StepSettled, at: datetime) -> StepRun:
    if event.outcome == "happened":
        return replace(step, applied_at=at, finding=event.finding, reason="", result={**step.result, **event.result})
    return _ended(step, at, "not_happened", refused=True, finding=event.finding, reason=event.finding)


def _undo_requested(step: StepRun, event: e.UndoRequested, at: datetime) -> StepRun:
    return replace(
        step,
        **{**NOTHING_SHOWN, "attempt": event.attempt},
        undo=True,
        requester=event.requester,
        reason=event.reason,
        ready_at=at,
        ended_at=None,
    )


def _looked(step: StepRun, event: e.StepLooked, at: datetime) -> StepRun:
    holding = (step.holding_since or at) if event.holds else None
    return replace(step, finding=event.finding, holding_since=holding)


_STEP_HANDLERS: Mapping[type[Event], Callable[[StepRun, Any, datetime], StepRun]] = {
    e.StepReady: _ready,
    e.StepPlanned: _planned,
    e.UndoPlanned: _planned,
    e.StepBlocked: _blocked,
    e.StepReplanned: _replanned,
    e.ApprovalOffered: lambda s, ev, at: replace(
        s, offers=(*s.offers, Offer(ev.offer, ev.person, ev.digest, at, ev.proof))
    ),
    e.ApprovalGiven: _given,
    e.ApprovalRejected: _not_counted,
    e.ApprovalWithdrawn: _not_counted,
    e.RiskAccepted: _risk_accepted,
    e.GlassBroken: _glass_broken,
    e.StepStarted: _started,
    e.UndoStarted: _started,
    e.StepApplied: lambda s, ev, at: replace(s, applied_at=at, result=ev.result),
    e.UndoApplied: lambda s, ev, at: replace(s, applied_at=at, result=ev.result),
    e.StepLooked: _looked,
    e.VoiceGiven: lambda s, ev, _: replace(s, voices=(*s.voices, Voice(ev.person, ev.decision, ev.reason))),
    e.StepCompleted: _completed,
    e.StepFailed: _failed,
    e.StepInDoubt: lambda s, ev, _: replace(s, reason=ev.reason),
    e.StepSettled: _settled,
    e.StepSkipped: lambda s, ev, at: _ended(s, at, "skipped", reason=ev.reason, outcome="skipped"),
    e.StepCanceled: lambda s, ev, at: _ended(s, at, "canceled", reason=ev.reason, outcome="canceled"),
    e.UndoRequested: _undo_requested,
    e.UndoCompleted: lambda s, ev, at: _ended(
        s, at, "undone", finding=ev.finding, evidence=ev.evidence, outcome="undone", done_plan=None
    ),
    e.UndoFailed: lambda s, ev, at: _ended(s, at, "undo_failed", reason=ev.reason, outcome="undo_failed"),
}
