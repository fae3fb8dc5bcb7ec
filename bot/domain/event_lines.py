"""The timeline in words: one line for each event."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.domain import events as e
from bot.domain.timeline import Event, Recorded
from bot.domain.words import Words

Says = Callable[[Any, Words], str]


def event_line(recorded: Recorded, words: Words) -> str:
    """`03:06:12  Alice Adams  assess: done`."""
    actor = recorded.actor
    who = words.name(actor.person) if actor.person else (actor.slack or "DR Bot")
    at = words.clock(recorded.at, seconds=True)
    return f"{at}  {who}  {describe(recorded.event, words)}"


def describe(event: Event, words: Words) -> str:
    """What happened, in words; a step's event begins with its place."""
    says = SAYS.get(type(event), _name)
    place = f"{event.run}/{event.step}: " if isinstance(event, e.StepEvent) else ""
    return f"{place}{says(event, words)}"


def _name(event: Event, _: Words) -> str:
    """`StepReady` as `step ready`, for what has no words of its own."""
    return "".join(f" {ch.lower()}" if ch.isupper() else ch for ch in event.type).strip()


def _because(text: str) -> str:
    return f": {text}" if text else ""


def _planned(event: e.StepPlanned | e.UndoPlanned, _: Words) -> str:
    needs = f", needs {event.rule.required} of {event.rule.approvers}" if event.rule else ""
    undo = "undo planned" if isinstance(event, e.UndoPlanned) else "planned"
    return f"{undo}: {event.plan.summary} (plan {event.digest[:8]}{needs})"


def _update(event: e.UpdatePosted, _: Words) -> str:
    missed = f", catching up on {event.missed}" if event.missed else ""
    return f"update {event.number} posted{' automatically' if event.automatic else ''}{missed}"


SAYS: Mapping[type[Event], Says] = {
    e.IncidentDeclared: lambda ev, _: f"declared {ev.severity}: {ev.title}",
    e.SeverityChanged: lambda ev, _: f"severity {ev.severity}{_because(ev.reason)}",
    e.RoleAssigned: lambda ev, w: f"{ev.role}: {w.name(ev.person)}",
    e.NoteAdded: lambda ev, _: f"note: {ev.text}",
    e.ChannelOpened: lambda ev, _: f"channel {ev.channel} opened",
    e.IncidentMitigated: lambda _, __: "mitigated: users are served again",
    e.IncidentResolved: lambda _, __: "resolved",
    e.IncidentClosed: lambda _, __: "closed",
    e.IncidentCanceled: lambda ev, _: f"canceled: {ev.reason}",
    e.IncidentReopened: lambda ev, _: f"reopened: {ev.reason}",
    e.RunStarted: lambda ev, _: f"{ev.run} started: {ev.runbook.title} for {ev.system} in {ev.environment}",
    e.RunPaused: lambda ev, _: f"{ev.run} paused{_because(ev.reason)}",
    e.RunResumed: lambda ev, _: f"{ev.run} resumed",
    e.RunStopped: lambda ev, _: f"{ev.run} stopped{_because(ev.reason)}",
    e.StepReady: lambda ev, _: f"ready{_because(ev.reason)}",
    e.StepBlocked: lambda ev, _: f"blocked: {ev.reason} {ev.finding}".rstrip(),
    e.StepPlanned: _planned,
    e.UndoPlanned: _planned,
    e.StepReplanned: lambda _, __: "asks for a new plan",
    e.ApprovalOffered: lambda ev, _: f"approves plan {ev.digest[:8]}",
    e.ApprovalGiven: lambda ev, w: f"approval of {w.name(ev.person)} counts",
    e.ApprovalRejected: lambda ev, w: f"approval of {w.name(ev.person)} does not count: {ev.reason}",
    e.ApprovalDeclined: lambda ev, _: f"declined: {ev.reason}",
    e.ApprovalWithdrawn: lambda _, __: "approval withdrawn",
    e.ApprovalExpired: lambda ev, _: f"the time for the {ev.which} is over",
    e.ApprovalsVoided: lambda ev, _: f"approvals void: {ev.reason}",
    e.RiskAccepted: lambda ev, _: f"risk accepted: {ev.reason}",
    e.VoiceGiven: lambda ev, _: f"says {ev.decision}: {ev.reason}",
    e.VoiceVoided: lambda ev, w: f"the word of {w.name(ev.person)} for {ev.decision} counts no more: {ev.reason}",
    e.GlassBroken: lambda ev, _: f"glass broken for {ev.target}: {ev.reason}",
    e.StepStarted: lambda _, __: "started",
    e.StepApplied: lambda _, __: "the call has answered",
    e.StepLooked: lambda ev, _: ev.finding,
    e.StepCompleted: lambda ev, _: f"{ev.outcome.replace('_', ' ')}{_because(ev.finding)}",
    e.StepFailed: lambda ev, _: f"failed: {ev.reason}",
    e.StepInDoubt: lambda ev, _: f"in doubt: {ev.reason}",
    e.StepSettled: lambda ev, _: f"settled: {ev.outcome.replace('_', ' ')}{_because(ev.finding)}",
    e.LateAnswer: lambda ev, _: ev.finding,
    e.StepSkipped: lambda ev, _: f"skipped: {ev.reason}",
    e.StepCanceled: lambda ev, _: f"canceled{_because(ev.reason)}",
    e.UndoRequested: lambda ev, _: f"undo asked for: {ev.reason}",
    e.UndoStarted: lambda _, __: "undo started",
    e.UndoApplied: lambda _, __: "the undo's call has answered",
    e.UndoCompleted: lambda ev, _: f"undone{_because(ev.finding)}",
    e.UndoFailed: lambda ev, _: f"undo failed: {ev.reason}",
    e.UpdateDrafted: lambda ev, _: f"words for the next update: {', '.join(ev.sections)}",
    e.UpdatePosted: _update,
    e.UpdateSnoozed: lambda ev, w: f"update put off to {w.clock(ev.until)}: {ev.reason}",
    e.Subscribed: lambda _, __: "subscribed",
    e.MessagePosted: lambda ev, _: f"{ev.template.replace('_', ' ')} posted",
    e.NotificationSent: lambda ev, w: f"{ev.template.replace('_', ' ')} sent to {w.name(ev.person)} by {ev.channel}",
    e.NotificationFailed: lambda ev, w: f"{ev.template.replace('_', ' ')} not sent to {w.name(ev.person)}: {ev.reason}",
    e.Acknowledged: lambda _, __: "acknowledged",
}
