"""Who is told what happens to an incident, and over which channels. Pure."""

from collections.abc import Iterable

from bot.domain.incident import Incident
from bot.domain.plan import RecoveryPlan

LAST_RESORT = "email"
RINGING = "phone"


def audience(incident: Incident, plan: RecoveryPlan, called: Iterable[str]) -> tuple[str, ...]:
    """Whom to tell where teams and people are called: in a drill its participants and nobody else."""
    if incident.drill:
        return drill_participants(incident, plan)
    return plan.people_of(called)


def drill_participants(incident: Incident, plan: RecoveryPlan) -> tuple[str, ...]:
    """The participants of the plan's drills in the incident's environment."""
    drills = (drill for drill in plan.drills.values() if drill.environment == incident.environment)
    return plan.people_of(name for drill in drills for name in drill.participants)


def recipients(severity: str, plan: RecoveryPlan) -> tuple[str, ...]:
    """The teams and people that a severity calls for."""
    matrix = plan.notifications.get(severity)
    return matrix.recipients if matrix else ()


def channels(severity: str, plan: RecoveryPlan, *, may_ring: bool) -> tuple[str, ...]:
    """The severity's channels in order, email at last, so that nobody is left untold."""
    matrix = plan.notifications.get(severity)
    named = matrix.channels if matrix else ()
    return tuple(dict.fromkeys((*(name for name in named if may_ring or name != RINGING), LAST_RESORT)))


def is_raise(before: str, after: str, plan: RecoveryPlan) -> bool:
    """Whether a severity is higher than another: it stands above it in the recovery plan."""
    order = list(plan.severities)
    known = before in order and after in order
    return not known or order.index(after) < order.index(before)
