"""Which events people are told of: the template, the people, the channels. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.comms.audience import LAST_RESORT, audience, channels, is_raise, recipients
from bot.comms.facts import Facts, posted
from bot.domain import events as e
from bot.domain.incident import Incident
from bot.domain.plan import RecoveryPlan
from bot.domain.timeline import Event, Recorded

INITIAL, UPDATE, RESOLUTION, GLASS = "initial_notification", "status_update", "resolution", "glass_broken"
CANCELLATION = "cancellation"


@dataclass(frozen=True)
class Occasion:
    """One message to several people. `written` are sections that are settled, `known` facts that differ, `text` the
    whole message where it stands in the timeline."""

    template: str
    people: tuple[str, ...]
    channels: tuple[str, ...]
    written: Mapping[str, str] = field(default_factory=dict)
    known: Facts = field(default_factory=dict)
    text: str = ""


def occasion(before: Incident | None, after: Incident, row: Recorded, plan: RecoveryPlan) -> Occasion | None:
    """What an event is told as; None for most."""
    if isinstance(row.event, e.IncidentCanceled):
        return _canceled(after, row.event, row.actor.person, plan)
    handler = _OCCASIONS.get(type(row.event))
    return handler(before, after, row.event, plan) if handler else None


def _declared(_: Incident | None, after: Incident, event: e.IncidentDeclared, plan: RecoveryPlan) -> Occasion:
    people = audience(after, plan, recipients(event.severity, plan))
    return Occasion(INITIAL, people, channels(event.severity, plan, may_ring=True))


def _raised(before: Incident | None, after: Incident, event: e.SeverityChanged, plan: RecoveryPlan) -> Occasion | None:
    """Those whom the higher severity calls for and the lower did not."""
    if before is None or not is_raise(before.severity, event.severity, plan):
        return None
    informed = {*audience(after, plan, recipients(before.severity, plan)), *after.told.get(INITIAL, ())}
    called = audience(after, plan, recipients(event.severity, plan))
    people = tuple(person for person in called if person not in informed)
    return Occasion(INITIAL, people, channels(event.severity, plan, may_ring=True))


def _posted(_: Incident | None, after: Incident, event: e.UpdatePosted, plan: RecoveryPlan) -> Occasion:
    """The text as it stands in the timeline, by email alone."""
    people = audience(after, plan, _followers(after, plan))
    known: Facts = {"update": posted(event.number, event.missed, after)}
    return Occasion(UPDATE, people, (LAST_RESORT,), event.sections, known, event.text)


def _resolved(_: Incident | None, after: Incident, event: e.IncidentResolved, plan: RecoveryPlan) -> Occasion:
    """Everyone who was told that it began. Nobody's phone rings for it."""
    people = _everyone_told(after, plan)
    return Occasion(RESOLUTION, people, channels(after.severity, plan, may_ring=False), event.sections, {}, event.text)


def _canceled(after: Incident, event: e.IncidentCanceled, who: str | None, plan: RecoveryPlan) -> Occasion:
    """Who was called out of bed is told that they may go back."""
    known = plan.people.get(who or "")
    written = {"who": known.name if known else "DR Bot", "reason": event.reason}
    return Occasion(CANCELLATION, _everyone_told(after, plan), channels(after.severity, plan, may_ring=False), written)


def _everyone_told(after: Incident, plan: RecoveryPlan) -> tuple[str, ...]:
    return audience(after, plan, (*_followers(after, plan), *sorted(after.told.get(INITIAL, ()))))


def _glass_broken(_: Incident | None, after: Incident, event: e.GlassBroken, plan: RecoveryPlan) -> Occasion:
    """Those who would have been asked, and the emergency contacts."""
    step = after.runs[event.run].steps[event.step]
    team = step.rule.approvers if step.rule and step.rule.approvers in plan.teams else plan.approvals.approvers
    breaker = plan.people.get(event.person)
    written = {
        "who": breaker.name if breaker else event.person,
        "step": step.definition.title,
        "target": event.target,
        "reason": event.reason,
    }
    people = audience(after, plan, (team, *plan.emergency_contacts.values()))
    return Occasion(GLASS, people, channels(after.severity, plan, may_ring=True), written)


def _followers(incident: Incident, plan: RecoveryPlan) -> Iterable[str]:
    return (*recipients(incident.severity, plan), *sorted(incident.subscribers))


_OCCASIONS: Mapping[type[Event], Callable[[Incident | None, Incident, Any, RecoveryPlan], Occasion | None]] = {
    e.IncidentDeclared: _declared,
    e.SeverityChanged: _raised,
    e.UpdatePosted: _posted,
    e.IncidentResolved: _resolved,
    e.GlassBroken: _glass_broken,
}
