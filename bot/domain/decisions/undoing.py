"""The way back: what a step did is undone, the latest first, and never behind a point of no return that was passed."""

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.decisions.incidents import BUSY, text_of
from bot.domain.decisions.world import PLAIN, World, instead, the_step_looked_at
from bot.domain.errors import Refused
from bot.domain.incident import Incident, Run, StepRun
from bot.domain.timeline import Event
from bot.domain.transitions import STEP, allows


def undo(state: Incident | None, command: c.Undo, world: World) -> tuple[Event, ...]:
    """A person asks to take back what a step did; the undo has its own plan and its own approvals."""
    incident, run, step = the_step_looked_at(state, command)
    if not allows(STEP, step.state, "UndoRequested"):
        raise Refused(f"{step.id} is {PLAIN[step.state]}: there is nothing to undo.", instead(step))
    if step.definition.point_of_no_return:
        raise Refused(f"{step.id} is a point of no return.", "The way back is a runbook of its own: failback.")
    if not _did(step, world):
        raise Refused(f"{step.id} did nothing that the bot could undo.")
    _refuse_behind_point(incident, run, step)
    _refuse_out_of_order(run, step, world)
    person = command.actor.person
    assert person is not None
    reason = text_of(command.reason, "The reason")
    requested = e.UndoRequested(run=run.id, step=step.id, attempt=step.attempt + 1, reason=reason, requester=person)
    return (requested,)


def _did(step: StepRun, world: World) -> bool:
    """Whether a step changed something that its action can take back."""
    traits = world.traits.get(step.definition.action or "")
    return traits is not None and traits.undoable and step.done_plan is not None and not step.done_plan.is_empty


def point_passed_over(incident: Incident, run: Run, step: StepRun) -> str | None:
    """A point of no return that was passed, or may have been, after this step had done its work.

    Another run of the same system may have passed it: it is then named with that run.
    """
    for other in incident.runs.values():
        for point in other.steps.values():
            if other.id == run.id and _lies_behind(run, step, point):
                return point.id
            if other.id != run.id and other.system == run.system and _came_before(step, point):
                return f"{other.id}/{point.id}"
    return None


def _lies_behind(run: Run, step: StepRun, point: StepRun) -> bool:
    if point.passed_at is None or point.id in run.runbook.ancestors(step.id):
        return False
    ended = [attempt.ended_at for attempt in step.attempts if not attempt.undo]
    in_time = bool(ended) and ended[-1] is not None and ended[-1] <= point.passed_at
    return in_time or step.id in run.runbook.ancestors(point.id)


def _came_before(step: StepRun, point: StepRun) -> bool:
    """Between two runs the time alone tells: what had begun when the point was passed may have led to it."""
    begun = [attempt.started_at for attempt in step.attempts if not attempt.undo]
    return point.passed_at is not None and bool(begun) and begun[-1] <= point.passed_at


def _refuse_behind_point(incident: Incident, run: Run, step: StepRun) -> None:
    point = point_passed_over(incident, run, step)
    if point is not None:
        raise Refused(
            f"{step.id} lies behind {point}, a point of no return that was passed.", "Nothing behind it is undone."
        )


def _refuse_out_of_order(run: Run, step: StepRun, world: World) -> None:
    for other in run.steps.values():
        if step.id not in run.runbook.ancestors(other.id):
            continue
        if other.state in BUSY and other.definition.kind == "action":
            raise Refused(f"{other.id} is {PLAIN[other.state]}, and came after {step.id}.", instead(other))
        if _did(other, world):
            raise Refused(f"{other.id} came after {step.id}.", f"Undo {other.id} first.")
