"""What the people should do next, where the steps themselves don't say it: nobody has to know the manual."""

from collections.abc import Iterator

from bot.domain.transitions import IncidentState
from bot.slack.rich import Line, exact, joined, line, strong
from bot.slack.surfaces.scene import Scene


def next_step(scene: Scene) -> Iterator[Line]:
    """One line, or none where the steps wait for somebody or something runs."""
    found = _next(scene)
    if found:
        yield line(strong("Next"), " ", *found)


def _next(scene: Scene) -> Line:
    incident = scene.incident
    runs = [run for run in incident.runs.values() if not run.stopped]
    if incident.commander is None:
        return line("somebody takes command: ", exact("/dr assign commander @name"))
    if not runs:
        return _start(scene)
    if incident.state is IncidentState.ACTIVE and all(run.is_recovered for run in runs):
        return line("if users are served again, say so: ", exact("/dr mitigate"))
    if incident.state is IncidentState.MITIGATED and all(run.is_over for run in runs):
        return line("tell everyone that it is over: ", exact("/dr resolve"))
    return ()


def _start(scene: Scene) -> Line:
    """The runbooks that the recovery plan names for these systems."""
    systems = (scene.plan.systems.get(system) for system in scene.incident.systems)
    known = dict.fromkeys(runbook for system in systems if system for runbook in system.runbooks)
    commands = joined(" or ", (line(exact(f"/dr start {runbook}")) for runbook in known))
    return line("start a runbook: ", *(commands or line(exact("/dr start RUNBOOK"))))
