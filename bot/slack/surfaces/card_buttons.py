"""The buttons below the card and the announcement."""

from collections.abc import Iterator

from bot.slack.controls import Control, Verb
from bot.slack.surfaces.message import Press
from bot.slack.surfaces.scene import Scene

MOST_RUNS = 3  # with a button of their own; the others through More…


def card_buttons(scene: Scene) -> tuple[Press, ...]:
    """What can be done about the incident as a whole."""
    return (*(_open(scene) if scene.incident.is_open else ()), *_runs(scene), Press("More…", _control(scene, "more")))


def _open(scene: Scene) -> Iterator[Press]:
    incident = scene.incident
    if not incident.current_runs:
        yield Press("Start a runbook…", _control(scene, "start_runbook"), style="primary")
    yield Press("Take a role", _control(scene, "take_role"))
    # The number is in it, so that two presses of one button are one update.
    yield Press("Update now", _control(scene, "update_now", detail=str(incident.updates.number + 1)))


def _runs(scene: Scene) -> Iterator[Press]:
    """What goes on can be held up, after the resolution too."""
    going = [run for run in scene.incident.runs.values() if not run.is_over and scene.incident.ended_at is None]
    for run in going[:MOST_RUNS]:
        name = f" {run.id}" if len(going) > 1 else ""
        verb: Verb = "resume" if run.paused else "pause"
        yield Press(f"{verb.capitalize()}{name}", _control(scene, verb, run.id, str(run.resumed_seq)))


def announcement_buttons(scene: Scene) -> tuple[Press, ...]:
    """For those who read along: into the channel, and updates by email."""
    return tuple(_announced(scene))


def _announced(scene: Scene) -> Iterator[Press]:
    url = scene.links.to("card")
    if url:
        yield Press("Open channel", _control(scene, "open_channel"), url=url)
    if scene.incident.is_open:
        yield Press("Subscribe", _control(scene, "subscribe"))


def _control(scene: Scene, verb: Verb, run: str = "", detail: str = "") -> Control:
    return Control(verb, scene.incident.id, run=run, detail=detail)
