"""The buttons below a step: those that its state allows, no others."""

from collections.abc import Callable, Iterator, Mapping

from bot.domain import commands as c
from bot.domain.changes import Plan
from bot.domain.decisions.undoing import undo
from bot.domain.errors import Refused
from bot.domain.incident import Run, StepRun
from bot.domain.timeline import Actor
from bot.domain.transitions import IncidentState, StepState
from bot.domain.words import spaced
from bot.slack.blocks import Block, Style, confirm
from bot.slack.controls import Control, Verb
from bot.slack.surfaces.message import Press
from bot.slack.surfaces.scene import Scene

Buttons = Callable[[Scene, Run, StepRun], Iterator[Press]]
NOT_HAPPENED = "Say so only if you have looked. Then the step counts as failed, and can be retried."
ENDED = (IncidentState.CLOSED, IncidentState.CANCELED)


def buttons(scene: Scene, run: Run, step: StepRun) -> tuple[Press, ...]:
    """What a person can do about a step now; nothing once the incident has ended."""
    if scene.incident.state in ENDED:
        return ()
    if step.awaits_approval:
        return tuple(_answers(scene, run, step))
    offered = _BUTTONS.get(step.state)
    return tuple(offered(scene, run, step)) if offered else ()


def control(scene: Scene, verb: Verb, run: Run, step: StepRun) -> Control:
    """A verb about a step as it is shown now."""
    return Control(verb, scene.incident.id, run.id, step.id, step.attempt, step.generation, step.digest)


def can_undo(scene: Scene, run: Run, step: StepRun) -> bool:
    """Whether there is something to take back, and somebody of the recovery plan who asks for it would not be refused."""
    if all(attempt.refused for attempt in step.attempts if not attempt.undo):
        return False
    asked = c.Undo(actor=Actor(person=scene.incident.declarer or "", via="slack"), run=run.id, step=step.id, reason="?")
    try:
        undo(scene.incident, asked, scene.world)
    except Refused:
        return False
    return True


# --- approvals --------------------------------------------------------------------------------------------------------


def _answers(scene: Scene, run: Run, step: StepRun) -> Iterator[Press]:
    plan = step.plan
    if step.missing and plan is not None:
        yield Press(
            _approve_label(step, plan),
            control(scene, "approve", run, step),
            style="danger" if plan.point_of_no_return else "primary",
            confirm=_sure(step, plan) if plan.point_of_no_return else None,
        )
    if step.rule is not None:
        yield Press("Decline…", control(scene, "decline", run, step))
    if step.vouched_by or step.offers:
        yield Press("Withdraw my approval", control(scene, "withdraw", run, step))


def _approve_label(step: StepRun, plan: Plan) -> str:
    """`Approve promote customers-east`."""
    undo_ = "undo " if step.undo else ""
    return f"Approve {undo_}{plan.action.rpartition('.')[2].replace('_', ' ')} {plan.target}"


def _sure(step: StepRun, plan: Plan) -> Block:
    verb = plan.action.rpartition(".")[2].replace("_", " ").capitalize()
    text = f"This cannot be undone. You approve plan {spaced(step.digest)} as the message above shows it."
    return confirm(f"{verb} {plan.target}?", text, "Approve", "Go back", style="danger")


# --- every other state ------------------------------------------------------------------------------------------------


def _ready(scene: Scene, run: Run, step: StepRun) -> Iterator[Press]:
    if step.definition.kind == "manual":
        yield Press("Done", control(scene, "done", run, step), style="primary")
    elif step.waits_for_start and not run.stopped:
        yield Press("Start", control(scene, "start", run, step), style="primary")
    if step.definition.kind == "manual" or step.waits_for_start:
        yield Press("Skip…", control(scene, "skip", run, step))


def _blocked(scene: Scene, run: Run, step: StepRun) -> Iterator[Press]:
    if not run.stopped:
        yield Press("Look again", control(scene, "look_again", run, step))
    if step.risks:
        yield Press("Accept the risk…", control(scene, "accept_risk", run, step))
    yield Press("Skip…", control(scene, "skip", run, step))
    yield from _undo(scene, run, step)


def _failed(scene: Scene, run: Run, step: StepRun) -> Iterator[Press]:
    if not run.stopped:
        yield Press("Retry", control(scene, "retry", run, step), style=_first(step))
    yield Press("Skip…", control(scene, "skip", run, step))
    yield from _undo(scene, run, step)


def _first(step: StepRun) -> Style | None:
    return None if step.state is StepState.UNDONE else "primary"


def _in_doubt(scene: Scene, run: Run, step: StepRun) -> Iterator[Press]:
    sure = confirm("It did not happen?", NOT_HAPPENED, "It did not happen")
    yield Press("Settle: it did not happen", control(scene, "settle_not_happened", run, step), confirm=sure)
    yield Press("Settle: it happened…", control(scene, "settle_happened", run, step))
    yield Press("Look again", control(scene, "settle_look_again", run, step))


def _undo(scene: Scene, run: Run, step: StepRun) -> Iterator[Press]:
    if can_undo(scene, run, step):
        yield Press("Undo…", control(scene, "undo", run, step))


_BUTTONS: Mapping[StepState, Buttons] = {
    StepState.READY: _ready,
    StepState.BLOCKED: _blocked,
    StepState.FAILED: _failed,
    StepState.UNDO_FAILED: _failed,
    StepState.UNDONE: _failed,
    StepState.IN_DOUBT: _in_doubt,
    StepState.COMPLETED: _undo,
    StepState.SKIPPED: _undo,
    StepState.CANCELED: _undo,
}
