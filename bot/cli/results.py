"""What the commands that change something answer, as JSON."""

from bot.cli.session import StepPlace
from bot.domain.incident import Incident
from bot.domain.model import JsonValue


def incident_result(incident: Incident) -> dict[str, JsonValue]:
    """What became of an incident."""
    return {"id": incident.id, "state": incident.state.value, "severity": incident.severity}


def step_result(place: StepPlace) -> dict[str, JsonValue]:
    """What became of a step. `missing` counts the approvals that its plan still lacks."""
    step = place.step
    return {
        "id": place.incident.id,
        "run": place.run.id,
        "step": step.id,
        "state": step.state.value,
        "attempt": step.attempt,
        "digest": step.digest,
        "approved_by": list(step.approved_by),
        "missing": step.missing if step.awaits_approval else 0,
    }
