"""`evolve(state, recorded) -> state`: the one place where an event becomes state. Pure; illegal moves raise IllegalMove."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from bot.domain import events as e
from bot.domain.errors import DRError
from bot.domain.evolve_step import Changes, step_changes
from bot.domain.incident import Incident, Reader, Run, StepRun, Untold, Updates
from bot.domain.model import replace
from bot.domain.timeline import Event, Recorded
from bot.domain.transitions import INCIDENT, IncidentState, move

_MOVES = frozenset(trigger for moves in INCIDENT.values() for trigger in moves)


def fold(recorded: Iterable[Recorded], state: Incident | None = None) -> Incident | None:
    """The incident that a stretch of its timeline leads to; raises IllegalMove. `state` stays as it was."""
    draft = _Draft(state)
    last = None
    for last in recorded:
        draft.take(last)
    return state if last is None else draft.finished(last)


def evolve(state: Incident | None, row: Recorded) -> Incident:
    """The state after one more event."""
    draft = _Draft(state)
    draft.take(row)
    return draft.finished(row)


class _Draft:
    """A fold's own copy of an incident. Whatever an event touches is copied once and then changed in place.

    Nobody else sees it before it is finished, and a long timeline folds several times as fast as with a copy an event.
    """

    def __init__(self, state: Incident | None) -> None:
        self._incident = None if state is None else replace(state)
        self._steps: dict[tuple[str, str], StepRun] = {}

    @property
    def incident(self) -> Incident:
        assert self._incident is not None
        return self._incident

    def finished(self, last: Recorded) -> Incident:
        """The incident as it is after its last row; the draft must not be used any more."""
        vars(self.incident).update(seq=last.seq, head=last.hash, last_at=last.at)
        return self.incident

    def take(self, row: Recorded) -> None:
        """One more event."""
        event = row.event
        if isinstance(event, e.IncidentDeclared):
            self._incident = _declared(event, row)
        elif self._incident is None:
            raise DRError(f"{row.stream} begins with {event.type}, not with IncidentDeclared.")
        elif isinstance(event, e.StepEvent):
            step = self._steps.get((event.run, event.step)) or self._own(event.run, event.step)
            changes = step_changes(step, event, row.seq, row.at)
            vars(step).update(changes)
            if "ended_at" in changes:
                vars(step).update(ended_by=row.actor.person)
        else:
            changes = _changes(self._incident, event, row)
            if "runs" in changes:
                self._steps.clear()
            vars(self._incident).update(changes)

    def _own(self, run_id: str, step_id: str) -> StepRun:
        """A copy of a step, in a copy of its run, for this draft alone."""
        run = self.incident.runs[run_id]
        step = self._steps[run_id, step_id] = replace(run.steps[step_id])
        run = replace(run, steps=_merged(run.steps, **{step_id: step}))
        vars(self.incident).update(runs=_merged(self.incident.runs, **{run_id: run}))
        return step


def _changes(state: Incident, event: Event, row: Recorded) -> Changes:
    handler = _HANDLERS.get(type(event))
    changes = handler(state, event, row) if handler else {}
    if event.trigger in _MOVES:
        return {**changes, "state": move(INCIDENT, state.state, event.trigger)}
    return changes


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
        declarer_account=row.actor.slack,
        rto=event.rto,
        rpo=event.rpo,
        recovery_plan=event.recovery_plan,
        updates=Updates(every=event.update_every, anchor=row.at),
        roles={"commander": event.commander, "deputy": None, "scribe": None},
        seq=row.seq,
        head=row.hash,
        last_at=row.at,
    )


def _merged(mapping: Mapping[str, Any], **changes: Any) -> Mapping[str, Any]:
    return MappingProxyType({**mapping, **changes})


# --- the incident ---------------------------------------------------------------------------------------------------


def _run_started(state: Incident, event: e.RunStarted, row: Recorded) -> Changes:
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
    return {"runs": _merged(state.runs, **{event.run: run})}


def _run_changes(state: Incident, run_id: str, **changes: Any) -> Changes:
    return {"runs": _merged(state.runs, **{run_id: replace(state.runs[run_id], **changes)})}


def _reopened(state: Incident, _: e.IncidentReopened, row: Recorded) -> Changes:
    return {
        "reopened_at": row.at,
        "mitigated_at": None,
        "resolved_at": None,
        "ended_at": None,
        "updates": replace(state.updates, anchor=row.at),
    }


def _severity(state: Incident, event: e.SeverityChanged, row: Recorded) -> Changes:
    updates = replace(state.updates, every=event.update_every, paced_at=row.at)
    return {"severity": event.severity, "updates": updates}


def _posted(state: Incident, event: e.UpdatePosted, row: Recorded) -> Changes:
    updates = Updates(state.updates.every, anchor=row.at, number=event.number, last_text=event.text)
    return {"updates": updates}


def _snoozed(state: Incident, event: e.UpdateSnoozed, _: Recorded) -> Changes:
    return {"updates": replace(state.updates, snoozed_until=event.until)}


def _drafted(state: Incident, event: e.UpdateDrafted, _: Recorded) -> Changes:
    return {"updates": replace(state.updates, draft=_merged(state.updates.draft, **event.sections))}


def _sent(state: Incident, event: e.NotificationSent, _: Recorded) -> Changes:
    people = state.told.get(event.template, frozenset()) | {event.person}
    left = tuple(one for one in state.untold if (one.person, one.channel) != (event.person, event.channel))
    return {"told": _merged(state.told, **{event.template: people}), "untold": left}


def _not_sent(state: Incident, event: e.NotificationFailed, _: Recorded) -> Changes:
    failed = Untold(event.person, event.channel, event.template)
    return {"untold": tuple(dict.fromkeys((*state.untold, failed)))}


def _subscribed(state: Incident, event: e.Subscribed, row: Recorded) -> Changes:
    if event.person is not None:
        return {"subscribers": state.subscribers | {event.person}}
    return {"readers": (*state.readers, Reader(event.account, state.updates.number, row.seq))}


_HANDLERS: Mapping[type[Event], Callable[[Incident, Any, Recorded], Changes]] = {
    e.SeverityChanged: _severity,
    e.RoleAssigned: lambda s, ev, _: {"roles": _merged(s.roles, **{ev.role: ev.person})},
    e.NoteAdded: lambda s, _, __: {"notes": s.notes + 1},
    e.ChannelOpened: lambda _, ev, __: {"channel": ev.channel},
    e.IncidentMitigated: lambda _, __, row: {"mitigated_at": row.at},
    e.IncidentResolved: lambda _, ev, row: {"resolved_at": row.at, "resolution": ev.sections},
    e.IncidentClosed: lambda _, __, row: {"ended_at": row.at},
    e.IncidentCanceled: lambda _, __, row: {"ended_at": row.at},
    e.IncidentReopened: _reopened,
    e.RunStarted: _run_started,
    e.RunPaused: lambda s, ev, _: _run_changes(s, ev.run, paused=True),
    e.RunResumed: lambda s, ev, row: _run_changes(s, ev.run, paused=False, resumed_seq=row.seq),
    e.RunStopped: lambda s, ev, _: _run_changes(s, ev.run, stopped=True, paused=False),
    e.UpdatePosted: _posted,
    e.UpdateSnoozed: _snoozed,
    e.UpdateDrafted: _drafted,
    e.MessagePosted: lambda s, ev, _: {"posted": s.posted | {ev.template}},
    e.Subscribed: _subscribed,
    e.NotificationSent: _sent,
    e.NotificationFailed: _not_sent,
    e.Acknowledged: lambda s, ev, _: {"acknowledged": s.acknowledged | {ev.person}},
}
