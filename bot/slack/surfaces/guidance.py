"""What the people should do next, where the steps themselves don't say it: nobody has to know the manual."""

from collections.abc import Iterator, Mapping
from typing import Literal

from bot.domain.incident import Incident, StepRun
from bot.domain.transitions import IncidentState
from bot.slack.controls import Control
from bot.slack.rich import Line, exact, joined, line, strong
from bot.slack.sure import SURE
from bot.slack.surfaces.message import Press
from bot.slack.surfaces.scene import Scene

End = Literal["mitigate", "resolve"]
SAYS: Mapping[End, str] = {
    "mitigate": "if users are served again, say so",
    "resolve": "tell everyone that it is over",
}
LABELS: Mapping[End, str] = {"mitigate": "Mitigate", "resolve": "Resolve…"}


def next_step(scene: Scene) -> Iterator[Line]:
    """One line, or none where the steps wait for somebody or something runs."""
    found = _next(scene)
    if found:
        yield line(strong("Next"), " ", *found)


def _next(scene: Scene) -> Line:
    incident = scene.incident
    if incident.commander is None:
        return line("somebody takes command: ", exact("/dr assign commander @name"))
    if not incident.current_runs:
        return _start(scene)
    verb = end_of(incident)
    return line(f"{SAYS[verb]}: ", exact(f"/dr {verb}")) if verb else ()


def _start(scene: Scene) -> Line:
    """The runbooks that the recovery plan names for these systems, where they are loaded."""
    systems = (scene.plan.systems.get(system) for system in scene.incident.systems)
    known = dict.fromkeys(book for system in systems if system for book in system.runbooks if book in scene.runbooks)
    commands = joined(" or ", (line(exact(f"/dr start {runbook}")) for runbook in known))
    return line("start a runbook: ", *(commands or line(exact("/dr start RUNBOOK"))))


# --- the end, below the step that was finished last -------------------------------------------------------------------


def end_of(incident: Incident) -> End | None:
    """What ends the night, once its turn has come: to say that users are served again, then that it is over."""
    runs = incident.current_runs
    if not runs:
        return None
    if incident.state is IncidentState.ACTIVE and all(run.is_recovered for run in runs):
        return "mitigate"
    if incident.state is IncidentState.MITIGATED and all(run.is_over for run in runs):
        return "resolve"
    return None


def end_below(scene: Scene, step: StepRun) -> End | None:
    """The same, for the message of the step that was finished last: it stands where people look."""
    if scene.incident.commander is None or step is not _last(scene.incident):
        return None
    return end_of(scene.incident)


def end_line(verb: End) -> Line:
    """`Next: tell everyone that it is over.`"""
    return line(strong("Next"), f" {SAYS[verb]}.")


def end_press(scene: Scene, verb: End) -> Press:
    """The button beside it."""
    return Press(LABELS[verb], Control(verb, scene.incident.id), style="primary", confirm=SURE.get(verb))


def _last(incident: Incident) -> StepRun | None:
    """The step that was finished last; of several at once the one that stands last."""
    last: StepRun | None = None
    for run in incident.current_runs:
        for step in run.steps.values():
            if step.is_met and step.ended_at and (last is None or not last.ended_at or step.ended_at >= last.ended_at):
                last = step
    return last
