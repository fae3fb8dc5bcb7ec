"""Who or what an incident waits for, in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.domain.incident import Incident, Run, StepRun
from bot.domain.plan import RecoveryPlan
from bot.domain.transitions import StepState


@dataclass(frozen=True)
class Wait:
    """A step that can't go on without a person, or without what another step holds, since when, and what it needs."""

    run: str
    step: str
    title: str
    needs: str
    since: datetime | None


def waits(incident: Incident, plan: RecoveryPlan) -> tuple[Wait, ...]:
    """Everything that waits, in the runbooks' order."""
    return tuple(
        Wait(run.id, step.id, step.definition.title, needs, since)
        for run, step in incident.every_step()
        if not run.stopped or step.undo or step.state is StepState.IN_DOUBT
        for needs, since in (*_needs(run, step, plan), *_order(incident, run, step, plan))
    )


def _order(incident: Incident, run: Run, step: StepRun, plan: RecoveryPlan) -> Iterator[tuple[str, datetime | None]]:
    """What a run can't begin without, where no run is on its way there any more."""
    if run.stopped or run.paused or step.state is not StepState.NOT_STARTED or not run.is_turn(step.id):
        return
    for system in incident.unrecovered(run):
        if all(other.stopped for other in incident.runs.values() if other.system == system):
            yield f"a run that recovers {plan.title_of(system)}: the one before was stopped", run.started_at


def _needs(run: Run, step: StepRun, plan: RecoveryPlan) -> Iterator[tuple[str, datetime | None]]:
    if step.awaits_approval and step.missing:
        left = [plan.people[p].name for p in step.waits_for if p in plan.people and p not in step.approved_by]
        more = "1 approval" if step.missing == 1 else f"{step.missing} approvals"
        yield f"{more} of {', '.join(left) or 'nobody: the rule cannot be met'}", step.ready_at
    elif step.awaits_approval and step.finding and not run.paused:
        yield step.finding.removeprefix("waits for "), step.met_at
    elif step.state is StepState.READY and run.paused:
        yield "the run to be resumed", step.ready_at
    elif step.state is StepState.READY and step.waits_for_start:
        yield "somebody to start it again", step.ready_at
    elif step.state is StepState.READY and step.definition.kind == "manual":
        yield "somebody to do it", step.ready_at
    elif step.state is StepState.READY and step.finding:
        yield step.finding.removeprefix("waits for "), step.ready_at
    elif step.state is StepState.BLOCKED:
        yield f"somebody to {'accept the risk, ' if step.risks else ''}look again or skip it", step.ready_at
    elif step.state is StepState.FAILED:
        yield "somebody to retry, skip or undo it", step.ended_at
    elif step.state is StepState.UNDO_FAILED and run.stopped:
        yield "somebody to undo it again or skip it", step.ended_at
    elif step.state is StepState.IN_DOUBT:
        yield "somebody to settle whether it happened", step.started_at
    elif step.state is StepState.UNDO_FAILED:
        yield "somebody to retry, skip or undo it", step.ended_at


def waiting_line(incident: Incident, plan: RecoveryPlan, *, titled: bool = False) -> str:
    """One line for a list; empty where nothing waits. Steps by their ids, as commands need them, or by their titles."""
    found = waits(incident, plan)
    if not found:
        return ""
    first = f"{found[0].title if titled else found[0].step}: {found[0].needs}"
    return first if len(found) == 1 else f"{first}, and {len(found) - 1} more"
