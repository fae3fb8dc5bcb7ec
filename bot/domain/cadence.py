"""The rhythm of the status updates: the next is due `every` after the last one posted, or after the declare."""

from datetime import datetime, timedelta

from bot.domain.incident import Incident
from bot.domain.plan import RecoveryPlan

GRACE = timedelta(minutes=1)


def next_update(incident: Incident) -> datetime | None:
    """When the next status update is due; None where none is."""
    due, snoozed = _planned(incident), incident.updates.snoozed_until
    return max(due, snoozed) if due and snoozed else due


def latest_update(incident: Incident) -> datetime | None:
    """Until when the next one can be put off: at most one is left out, however often it is put off."""
    due, every = _planned(incident), incident.updates.every
    return due + every if due and every else None


def _planned(incident: Incident) -> datetime | None:
    updates = incident.updates
    if updates.every is None or not incident.is_open:
        return None
    return max(updates.anchor + updates.every, updates.paced_at or updates.anchor)


def draft_moment(incident: Incident, plan: RecoveryPlan) -> datetime | None:
    """When the next update's draft is shown to whoever may change it; None where it is not."""
    due = next_update(incident)
    severity = plan.severities.get(incident.severity)
    before = severity.updates.draft_before if severity and severity.updates else None
    return due - before if due and before else None


def missed_updates(due: datetime, every: timedelta, now: datetime) -> int:
    """How many moments passed without an update; one that goes out within a minute of its moment is not missed."""
    late = now - due - min(GRACE, every)
    return 1 + late // every if late >= timedelta() else 0
