"""The sections of the initial notification, drafted from the incident itself. Pure."""

from bot.comms.update_draft import landmarks
from bot.comms.view import DONE, View, bold, said
from bot.comms.words import spell
from bot.domain.cadence import next_update

MOST = 4


def description(view: View) -> str:
    """What people said that they see."""
    return view.description or said(view.title)


def assessment(view: View) -> str:
    """How bad it is by the recovery plan, and what was promised."""
    incident, severity = view.incident, view.plan.severities.get(view.incident.severity)
    meaning = f" ({severity.title})" if severity else ""
    return (
        f"{view.severity}{meaning} since {view.at(incident.since)}. Objective: back by {view.at(view.clock.deadline)}, "
        f"at most {spell(incident.rpo)} of data lost."
    )


def actions(view: View) -> str:
    """What has been done so far."""
    incident = view.incident
    begun = f"Declared by {view.declarer} at {view.at(incident.declared_at)}."
    runs = [f"Started at {view.at(run.started_at)}: {run.runbook.title}." for run in view.runs]
    done = [f"{bold(step)} was done at {view.at(step.ended_at or view.now)}." for step in landmarks(view)[-MOST:]]
    return " ".join((begun, *(runs or ["No runbook has been started."]), *done))


def next_steps(view: View) -> str:
    """Who leads, what comes next, and when the next update does."""
    leader = f"{view.name(view.incident.commander)} commands." if view.incident.commander else "Nobody commands yet."
    coming = [bold(step) for run in view.runs for step in run.steps.values() if step.state not in DONE][:1]
    what = f"Next: {coming[0]}." if coming else "Next: choose and start a runbook."
    due = next_update(view.incident)
    told = f"The first update comes by {view.at(due)}." if due and not view.incident.updates.number else ""
    return " ".join(filter(None, (leader, what, told)))
