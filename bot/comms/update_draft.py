"""The sections of a status update, drafted from the incident itself. Pure."""

from collections.abc import Iterator

from bot.comms.view import DONE, IN_THE_WAY, View, bold, said
from bot.comms.words import listed, roughly, spell
from bot.domain.incident import Run, StepRun
from bot.domain.transitions import IncidentState, RunState, StepState
from bot.domain.untold import untold_line
from bot.domain.waiting import Wait, waits

GOES_ON = (StepState.RUNNING, StepState.UNDOING)
DOUBTS = {
    StepState.READY: "not done yet",
    StepState.PENDING_APPROVAL: "to be tried again",
    StepState.BLOCKED: "unproven",
    StepState.UNDOING: "being taken back",
    StepState.UNDO_FAILED: "not taken back",
}
LANDMARKS = 2
MOST = 3


def current_status(view: View) -> str:
    """Whether users are served, how far the recovery is, and the last things that were changed."""
    incident = view.incident
    if incident.state is IncidentState.CANCELED:
        return "The incident is canceled."
    if incident.mitigated_at:
        return " ".join(filter(None, (f"Users are served again since {view.at(incident.mitigated_at)}.", _rest(view))))
    if not view.runs:
        begun = "The runbook was stopped" if incident.runs else "No runbook has been started"
        return f"{begun}; {view.systems}: {view.title} (since {view.at(incident.since)})."
    return " ".join((*(_run_status(view, run) for run in view.runs), _landmarks(view)))


def _rest(view: View) -> str:
    left = [step for run in view.runs for step in run.steps.values() if step.state not in DONE]
    return f"Steps left: {len(left)}." if left else ""


def _run_status(view: View, run: Run) -> str:
    what = f"{run.runbook.title} ({view.system(run.system)})" if len(view.runs) > 1 else run.runbook.title
    if run.is_recovered:
        return f"All recovery steps are done: {what}."
    if run.paused:
        return f"The recovery is paused: {what}."
    if run.state is RunState.FAILED:
        return f"The recovery does not go on by itself: {what}."
    return f"The recovery is under way since {view.at(run.started_at)}: {what}."


def landmarks(view: View) -> list[StepRun]:
    """The steps that changed something, in the order in which they ended."""
    steps = [step for _, step in view.incident.every_step() if step.state is StepState.COMPLETED and _changed(step)]
    return sorted(steps, key=lambda step: step.ended_at or view.now)


def _changed(step: StepRun) -> bool:
    return step.gated and step.done_plan is not None and not step.done_plan.is_empty


def _landmarks(view: View) -> str:
    """What was changed, and what may have been; that nothing was, only where that is certain."""
    steps = [step for _, step in view.incident.every_step()]
    last = landmarks(view)[-LANDMARKS:]
    perhaps = [step for step in steps if step.state is not StepState.COMPLETED and step.may_have_changed]
    back = [step for step in steps if step.state is StepState.UNDONE]
    said = (
        ("Done", [_landmark(view, step) for step in last]),
        ("May have changed something", [f"{bold(step)} ({_doubt(step)})" for step in perhaps]),
        ("Taken back", [bold(step) for step in back]),
    )
    return " ".join(f"{what}: {listed(named)}." for what, named in said if named) or "Nothing has been changed yet."


def _doubt(step: StepRun) -> str:
    """How it stands with a step whose change is not proven."""
    return DOUBTS.get(step.state, step.state.value.replace("_", " "))


def _landmark(view: View, step: StepRun) -> str:
    unproven = ", unproven" if step.outcome in ("unproven", "risk_accepted") else ""
    return f"{bold(step)} ({view.at(step.ended_at or view.now)}{unproven})"


def progress(view: View) -> str:
    """Steps done of total in each run, what runs, and who is waited for."""
    counts = [_count(view, run) for run in view.runs] or ["No steps yet."]
    return " ".join((*counts, *_running(view), *_waiting(view)))


def _count(view: View, run: Run) -> str:
    done = sum(step.state in DONE for step in run.steps.values())
    total = len(run.steps)
    whose = f"{view.system(run.system)}: " if len(view.runs) > 1 else ""
    return f"{whose}{done} of {total} {'step' if total == 1 else 'steps'}."


def _running(view: View) -> Iterator[str]:
    steps = [step for _, step in view.incident.every_step() if step.state in GOES_ON and not step.awaits_approval]
    if steps:
        yield f"Now: {listed([_going(view, step) for step in steps], MOST)}."


def _going(view: View, step: StepRun) -> str:
    since = f", for {view.ago(step.started_at)}" if step.started_at else ""
    finding = f" ({said(step.finding).rstrip('.')})" if step.finding else ""
    return f"{bold(step)}{since}{finding}"


def _waiting(view: View) -> Iterator[str]:
    """Who is waited for; what stands in the way has its place among the challenges."""
    stuck = {(run.id, step.id) for run, step in view.incident.every_step() if step.state in IN_THE_WAY}
    found = [wait for wait in waits(view.incident, view.plan) if (wait.run, wait.step) not in stuck]
    yield from (_wait(view, wait) for wait in found[:MOST])
    if len(found) > MOST:
        yield f"{len(found) - MOST} more steps wait for people."


def _wait(view: View, wait: Wait) -> str:
    since = f", for {view.ago(wait.since)}" if wait.since else ""
    return f"*{wait.title}* waits for {wait.needs}{since}."


def challenges(view: View) -> str:
    """What stands in the way, what was risked, what was missed, and who was not reached."""
    stuck = (sentence for _, sentence in view.in_the_way())
    found = (*_missed(view), *stuck, *_risked(view), *_leaderless(view), *_unreached(view))
    return " ".join(found) or "None that the bot knows of."


def _missed(view: View) -> Iterator[str]:
    if view.clock.left.total_seconds() < 0 and not view.clock.stopped:
        yield f"The objective of {spell(view.incident.rto)} was passed at {view.at(view.clock.deadline)}."


def _risked(view: View) -> Iterator[str]:
    for _, step in view.incident.every_step():
        if step.glass_broken_by:
            yield f"{view.name(step.glass_broken_by)} went on alone with {bold(step)}: {said(step.glass_reason)}"
        for people, reason in dict.fromkeys((taken.people, taken.reason) for taken in step.taken_risks):
            yield f"Risk accepted by {view.names(people)} for {bold(step)}: {said(reason)}"


def _leaderless(view: View) -> Iterator[str]:
    if view.incident.commander is None:
        yield "Nobody commands."


def _unreached(view: View) -> Iterator[str]:
    if line := untold_line(view.incident, view.name):
        yield line


def eta(view: View) -> str:
    """When it may be done, and how that stands to the objective."""
    clock = view.clock
    if view.incident.mitigated_at:
        return f"Back since {view.at(view.incident.mitigated_at)}, {_margin(view)}."
    if clock.estimate is None:
        left = f"in {roughly(clock.left)}" if clock.left.total_seconds() >= 0 else f"{roughly(-clock.left)} ago"
        return f"No estimate: no runbook is going on. The objective is {view.at(clock.deadline)}, {left}."
    condition = next((f" if {bold(step)} goes on now" for step, _ in view.in_the_way()), "")
    return f"Back by {view.at(clock.estimate)}{condition}, {_margin(view)}."


def _margin(view: View) -> str:
    end = view.incident.mitigated_at or view.clock.estimate or view.now
    margin = view.clock.deadline - end
    if margin.total_seconds() >= 0:
        return f"{roughly(margin)} before the objective"
    return f"{roughly(-margin)} beyond the objective"
