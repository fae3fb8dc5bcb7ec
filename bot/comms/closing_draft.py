"""The sections of the resolution, drafted from the incident itself. Pure."""

from collections.abc import Iterator
from datetime import timedelta

from bot.comms.update_draft import landmarks
from bot.comms.view import DONE, IN_THE_WAY, View, bold, said
from bot.comms.words import listed, roughly, spell
from bot.domain.changes import Measurement, Plan
from bot.domain.incident import Run, StepRun
from bot.domain.transitions import StepState

MOST = 5
SLOW = 2  # times as long as expected


def resolution(view: View) -> str:
    """What was done."""
    if not view.incident.runs:
        return "Resolved without a runbook."
    runs = [_run(run) for run in view.incident.runs.values()]
    done = [f"{bold(step)} ({view.at(step.ended_at or view.now)})" for step in landmarks(view)]
    return " ".join((*runs, *([f"Changed: {listed(done, 8)}."] if done else [])))


def _run(run: Run) -> str:
    done = sum(step.state in DONE for step in run.steps.values())
    return f"{run.runbook.title}: {done} of {len(run.steps)} steps."


def impact(view: View) -> str:
    """How long users went without, and what was lost, as quoted and as measured."""
    length = spell(view.clock.elapsed)
    down = f"{view.systems}: {length} from {view.at(view.incident.since)} (objective {spell(view.incident.rto)})."
    return " ".join((down, *_losses(view)))


def _losses(view: View) -> Iterator[str]:
    for _, step in view.incident.every_step():
        quoted = quoted_loss(step)
        if quoted and step.state in DONE:
            measured = measured_loss(step)
            found = f"{spell(timedelta(seconds=measured))} measured" if measured is not None else "not measured"
            yield f"Data loss: {found}; quoted: {quoted}."


def quoted_loss(step: StepRun) -> str:
    """The loss that the approvers of a step were shown; empty where it loses none."""
    found = quote_of(step.done_plan)
    return said(found.text).rstrip(".") if found else ""


def quote_of(plan: Plan | None) -> Measurement | None:
    """What a plan says of the data that it may lose; None where it loses none."""
    return next((m for m in plan.measurements if m.name == "data_loss"), None) if plan else None


def measured_loss(step: StepRun) -> float | None:
    """The seconds of data that a step which may lose some is proven to have lost; None where nobody measured."""
    if quote_of(step.done_plan) is None:
        return None
    value = step.evidence.get("data_loss", step.result.get("data_loss"))
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def follow_up(view: View) -> str:
    """What is still to do: steps that were left, and what stands broken."""
    stuck = [sentence for _, sentence in view.in_the_way()]
    elsewhere = {*DONE, *IN_THE_WAY, StepState.CANCELED}
    left = [bold(step) for run in view.runs for step in run.steps.values() if step.state not in elsewhere]
    still = [f"Still to do: {listed(left, MOST)}."] if left else []
    return " ".join((*stuck, *still)) or "None that the bot knows of."


def lessons(view: View) -> str:
    """What the record shows that went otherwise than planned; the judgement is the review's."""
    found = [lesson for _, step in view.incident.every_step() for lesson in _lessons(view, step)]
    more = [f"{len(found) - MOST} more are in the timeline."] if len(found) > MOST else []
    return " ".join((*found[:MOST], *more)) or "To be gathered in the review."


def _lessons(view: View, step: StepRun) -> Iterator[str]:
    if step.state is StepState.SKIPPED:
        yield f"{bold(step)} was skipped: {said(step.reason)}"
    tried = [attempt for attempt in step.attempts if attempt.outcome != "blocked"]  # looked again is not tried again
    if len(tried) > 1:
        yield f"{bold(step)} took {len(tried)} attempts."
    if step.glass_broken_by:
        yield f"{view.name(step.glass_broken_by)} went on alone with {bold(step)}: {said(step.glass_reason)}"
    expected = step.definition.expected
    begun = step.started_at or step.ready_at
    if expected and begun and step.ended_at and step.ended_at - begun > SLOW * expected:
        yield f"{bold(step)} took {roughly(step.ended_at - begun)}; {spell(expected)} were expected."
