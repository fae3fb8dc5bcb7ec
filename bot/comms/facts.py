"""What templates read: an incident as plain JSON. Moments are RFC 3339 texts, lengths are seconds."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.comms.closing_draft import measured_loss
from bot.comms.view import View
from bot.domain.cadence import missed_updates, next_update
from bot.domain.durations import seconds_of
from bot.domain.incident import Incident
from bot.domain.model import JsonValue
from bot.domain.timeline import moment

Facts = dict[str, JsonValue]


def facts(view: View, url: str, sections: Mapping[str, str], missed: int = 0) -> Facts:
    """All that a template may name; docs/templates.md lists it for people."""
    known: Facts = {
        "now": moment(view.now),
        "severity": view.severity,
        "incident": _incident(view, url),
        "system": _system(view),
        "objectives": {
            "rto": seconds_of(view.incident.rto),
            "rpo": seconds_of(view.incident.rpo),
            "deadline": moment(view.clock.deadline),
        },
        "measured": {"rto": seconds_of(view.clock.elapsed), "data_loss": _lost(view.incident)},
        "update": _update(view, missed),
    }
    return {**sections, **known}


def _incident(view: View, url: str) -> Facts:
    incident = view.incident
    return {
        "id": incident.id,
        "number": incident.number,
        "title": view.title,
        "description": view.description,
        "state": incident.state.value,
        "drill": incident.drill,
        "environment": incident.environment,
        "private": incident.private,
        "since": moment(incident.since),
        "declared_at": moment(incident.declared_at),
        "mitigated_at": _moment(incident.mitigated_at),
        "declarer": view.declarer,
        "commander": view.name(incident.commander),
        "ack_url": f"{url}/incidents/{incident.id}/acknowledge",
    }


def _system(view: View) -> Facts:
    """The first system's facts under the titles of all."""
    system = view.incident.systems[0]
    known = view.plan.systems.get(system)
    regions: Facts = {"primary": known.regions.primary, "recovery": known.regions.recovery} if known else {}
    return {"id": system, "title": view.systems, "regions": regions}


def _update(view: View, missed: int) -> Facts:
    """The next update: its number, how many were missed before it, and when the one after it is due."""
    updates = view.incident.updates
    after = replace(view.incident, updates=replace(updates, anchor=view.now, snoozed_until=None))
    return {"number": updates.number + 1, "missed": missed, "next_due": _moment(next_update(after))}


def posted(number: int, missed: int, incident: Incident) -> Facts:
    """What `update` is once update `number` stands in the timeline."""
    return {"number": number, "missed": missed, "next_due": _moment(next_update(incident))}


def missed_so_far(view: View) -> int:
    """How many updates were missed by now."""
    due, every = next_update(view.incident), view.incident.updates.every
    return missed_updates(due, every, view.now) if due and every else 0


def _lost(incident: Incident) -> float | None:
    losses = [loss for _, step in incident.every_step() if (loss := measured_loss(step)) is not None]
    return max(losses, default=None)


def _moment(at: datetime | None) -> str | None:
    return moment(at) if at else None
