"""The clocks: recovery time used and left, and an estimate of when it will be done."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from graphlib import TopologicalSorter

from bot.domain.incident import Incident, Run, StepRun
from bot.domain.transitions import StepState

UNSAID = timedelta(minutes=1)  # what a step without `expected` is taken to need
OVER = frozenset({StepState.COMPLETED, StepState.SKIPPED, StepState.CANCELED, StepState.UNDONE})
TO_BE_REDONE = frozenset({StepState.FAILED, StepState.BLOCKED, StepState.UNDO_FAILED})


@dataclass(frozen=True)
class RecoveryClock:
    """`elapsed` runs from since to mitigated; `left` may be negative; `estimate` is when the recovery may be done."""

    started_at: datetime
    deadline: datetime
    elapsed: timedelta
    left: timedelta
    estimate: datetime | None
    stopped: bool


def recovery_clock(incident: Incident, now: datetime) -> RecoveryClock:
    """The incident's recovery clock at a moment."""
    stopped_at = incident.mitigated_at or incident.ended_at
    end = stopped_at or now
    deadline = incident.since + incident.rto
    estimate = None if stopped_at else estimated_end(incident, now)
    return RecoveryClock(
        incident.since, deadline, end - incident.since, deadline - end, estimate, stopped_at is not None
    )


def estimated_end(incident: Incident, now: datetime) -> datetime | None:
    """When the steps before phase post_recovery may be done, along the longest path; None where no run is under way."""
    remaining = [_with_dependencies(incident, run, now) for run in incident.current_runs]
    return now + max(remaining) if remaining else None


def _with_dependencies(incident: Incident, run: Run, now: datetime) -> timedelta:
    """What a run still needs after the runs that it waits for."""
    others = [other for other in incident.runs.values() if other.system in run.after and not other.stopped]
    first = max((_with_dependencies(incident, other, now) for other in others), default=timedelta())
    return first + run_remaining(run, now)


def run_remaining(run: Run, now: datetime) -> timedelta:
    """The time that the longest path of a run still needs, from its steps' `expected`."""
    longest: dict[str, timedelta] = {}
    for id in TopologicalSorter({id: run.needs(id) for id in run.steps}).static_order():
        step = run.steps[id]
        before = max((longest[need] for need in run.needs(id)), default=timedelta())
        after = step.definition.phase == "post_recovery"
        longest[id] = before if after else before + step_remaining(step, now)
    return max(longest.values(), default=timedelta())


def step_remaining(step: StepRun, now: datetime) -> timedelta:
    """What one step still needs: a person's from its turn on, the bot's from its start on, all of it if it must be redone."""
    if step.state in OVER:
        return timedelta()
    expected = step.definition.expected or UNSAID
    begun = step.ready_at if step.definition.kind == "manual" else step.started_at
    if begun is None or step.state in TO_BE_REDONE:
        return expected
    return max(expected - (now - begun), timedelta())
