"""The clocks: recovery time used and left, and an estimate of when it will be done."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.incident import Incident, Run, StepRun
from bot.domain.transitions import StepState

UNSAID = timedelta(minutes=1)  # what a step without `expected` is taken to need
OVER = frozenset({StepState.COMPLETED, StepState.SKIPPED, StepState.CANCELED, StepState.UNDONE})


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
    end = incident.mitigated_at or incident.ended_at or now
    deadline = incident.since + incident.rto
    stopped = end is not now
    estimate = None if stopped else estimated_end(incident, now)
    return RecoveryClock(incident.since, deadline, end - incident.since, deadline - end, estimate, stopped)


def estimated_end(incident: Incident, now: datetime) -> datetime | None:
    """When the steps before phase post_recovery may be done, along the longest path; None without a run."""
    remaining = [run_remaining(run, now) for run in incident.runs.values() if not run.stopped]
    return now + max(remaining) if remaining else None


def run_remaining(run: Run, now: datetime) -> timedelta:
    """The time that the longest path of a run still needs, from its steps' `expected`."""
    longest: dict[str, timedelta] = {}
    for step in run.runbook.steps:
        if step.id in run.steps and step.phase != "post_recovery":
            before = max((longest.get(need, timedelta()) for need in run.needs(step.id)), default=timedelta())
            longest[step.id] = before + step_remaining(run.steps[step.id], now)
    return max(longest.values(), default=timedelta())


def step_remaining(step: StepRun, now: datetime) -> timedelta:
    """What one step still needs."""
    if step.state in OVER:
        return timedelta()
    expected = step.definition.expected or UNSAID
    begun = step.started_at or step.ready_at
    return max(expected - (now - begun), timedelta()) if begun else expected
