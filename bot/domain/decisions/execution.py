"""Decisions about one step that the engine asks for: begun, applied, in doubt, looked at, probed."""

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.changes import Plan, Verdict
from bot.domain.decisions import gates
from bot.domain.decisions.approving import expired, expiry_events
from bot.domain.decisions.overriding import may_break_glass
from bot.domain.decisions.undoing import point_passed_over
from bot.domain.decisions.world import PLAIN, World, refuse_stopped, the_step, where
from bot.domain.errors import Refused
from bot.domain.incident import Incident, Run, StepRun
from bot.domain.model import JsonValue
from bot.domain.timeline import Event
from bot.domain.transitions import StepState


def block(state: Incident | None, command: c.Block, _: World) -> tuple[Event, ...]:
    """The engine can't go on: a parameter resolves to nothing, or a look failed."""
    _incident, run, step = the_step(state, command)
    if step.attempt != command.attempt:
        raise Refused(f"{step.id} has moved on.")
    if step.state is StepState.UNDOING and step.started_at is None:
        return (e.UndoFailed(**where(run, step), reason=f"{command.reason} {command.finding}".strip()),)
    if step.state not in (StepState.READY, StepState.PENDING_APPROVAL):
        raise Refused(f"{step.id} has moved on.")
    blocked = e.StepBlocked(**where(run, step), reason=command.reason, finding=command.finding, risks=command.risks)
    if not step.vouched_by:
        return (blocked,)
    return (e.ApprovalsVoided(**where(run, step), reason=f"{command.reason} {command.finding}".strip()), blocked)


def begin(state: Incident | None, command: c.Begin, world: World) -> tuple[Event, ...]:
    """The intent, recorded once for each attempt, or what stands against it. No call is made without StepStarted."""
    incident, run, step = the_step(state, command)
    _check_may_begin(incident, run, step, command)
    point = point_passed_over(incident, run, step) if step.undo else None
    if point is not None:
        return (e.UndoFailed(**where(run, step), reason=f"{point}, a point of no return, was passed meanwhile."),)
    if command.plan is None:
        return (_intent(run, step, command, None),)
    fresh = command.plan
    if not step.digest:
        return _begin_ungated(incident, run, step, command, fresh, world)
    unconfirmed = {**_no_longer_eligible(incident, step, world), **command.unconfirmed}
    if unconfirmed:
        return tuple(
            e.ApprovalRejected(**where(run, step), offer="", person=person, reason=reason)
            for person, reason in unconfirmed.items()
        )
    if step.missing:
        raise Refused(f"{step.id} still needs {step.missing} approvals.")
    _check_confirmed(step, command)
    which = expired(step, world)
    if which is not None:
        return expiry_events(run, step, which)
    stale = _stale(incident, run, step, fresh)
    if stale:
        return (
            e.ApprovalsVoided(**where(run, step), reason=stale),
            *gates.consider(incident, run, step, fresh, world),
        )
    return _started(run, step, command, fresh)


def _no_longer_eligible(incident: Incident, step: StepRun, world: World) -> dict[str, str]:
    """The approvers who may not approve any more, and why: membership is read live."""
    if step.rule is None:
        return {}
    found = {person: gates.may(person, step.rule, incident, step, world) for person in step.approved_by}
    gone = {person: standing.reason for person, standing in found.items() if not standing.eligible}
    if step.glass_broken_by is not None and step.glass_broken_by not in may_break_glass(world):
        gone[step.glass_broken_by] = "They may not break the glass any more."
    return gone


def _check_confirmed(step: StepRun, command: c.Begin) -> None:
    """What was given after the executor had checked the approvals is checked by the attempt that it causes."""
    if step.rule is None or step.glass_broken_by in command.confirmed:
        return
    confirmed = [person for person in step.approved_by if person in command.confirmed]
    if len(confirmed) < step.rule.required:
        raise Refused(f"The approvals of {step.id} have changed since they were checked.")


def _check_may_begin(incident: Incident, run: Run, step: StepRun, command: c.Begin) -> None:
    if not step.undo:
        refuse_stopped(run)
    if run.paused:
        raise Refused(f"{run.id} is paused.", "Resume it first.")
    waiting = step.state in (StepState.READY, StepState.PENDING_APPROVAL) or (
        step.state is StepState.UNDOING and bool(step.digest)
    )
    if not waiting or step.started_at is not None or step.attempt != command.attempt or step.waits_for_start:
        raise Refused(f"{step.id} is {PLAIN[step.state]}: this attempt has begun already or was given up.")
    if step.generation != command.generation:
        raise Refused(f"{step.id} was planned anew meanwhile.")
    if any(a.number == step.attempt for a in step.attempts):
        raise Refused(f"Attempt {step.attempt} of {step.id} was started before; it is never started twice.")
    if not step.undo:
        _check_turn(incident, run, step)
    if step.definition.kind == "manual" or (command.plan is None) != (step.definition.kind == "check"):
        raise Refused(f"{step.id} can't begin like this.")


def _check_turn(incident: Incident, run: Run, step: StepRun) -> None:
    if not run.is_turn(step.id):
        raise Refused(f"It is not the turn of {step.id}.")
    behind = incident.unrecovered(run)
    if behind:
        raise Refused(f"{run.id} waits for the recovery of {', '.join(behind)}.")


def _begin_ungated(
    incident: Incident, run: Run, step: StepRun, command: c.Begin, fresh: Plan, world: World
) -> tuple[Event, ...]:
    """A step whose plan was never shown: one that needs no approval starts in the same breath."""
    considered = gates.consider(incident, run, step, fresh, world)
    shown = considered[-1]
    if step.gated or not isinstance(shown, e.StepPlanned) or shown.rule is not None:
        return considered
    return (*considered, *_started(run, step, command, fresh, shown.digest))


def _started(run: Run, step: StepRun, command: c.Begin, fresh: Plan, digest: str = "") -> tuple[Event, ...]:
    intent = _intent(run, step, command, fresh, digest)
    if not fresh.is_empty:
        return (intent,)
    applied = e.UndoApplied if step.undo else e.StepApplied
    return (intent, applied(**where(run, step), result={"nothing_to_do": fresh.nothing_to_do}))


def _intent(run: Run, step: StepRun, command: c.Begin, fresh: Plan | None, digest: str = "") -> Event:
    started = e.UndoStarted if step.undo else e.StepStarted
    return started(
        **where(run, step),
        digest=digest or step.digest,
        token=command.token,
        executor=command.executor,
        targets=fresh.targets if fresh and not fresh.is_empty else (),
    )


def _stale(incident: Incident, run: Run, step: StepRun, fresh: Plan) -> str:
    """Why what was approved is no longer what would be done; empty where it is."""
    if fresh.obstacles:
        return gates.in_words(fresh.obstacles)
    digest = gates.digest_of(incident, run, step, fresh, step.generation, step.rule, step.accepted_risks)
    if digest != step.digest:
        return "The world has changed since the plan was shown: " + difference(step.plan, fresh)
    if step.plan is not None:
        return " ".join(step.plan.beyond_bounds(fresh))
    return ""


def difference(shown: Plan | None, fresh: Plan) -> str:
    """What differs between two plans, for people."""
    if shown is None:
        return "there was no plan."
    old, new = _lasting(shown), _lasting(fresh)
    changed = [key.replace("_", " ") for key in old if old[key] != new[key]]
    return f"{', '.join(changed)} differ." if changed else "its rule differs."


def same(shown: Plan, fresh: Plan) -> bool:
    """Whether two plans would do the same, whatever was measured meanwhile."""
    return _lasting(shown) == _lasting(fresh)


def _lasting(plan: Plan) -> dict[str, JsonValue]:
    return plan.model_dump(mode="json", exclude={"measurements", "preconditions"})


def applied(state: Incident | None, command: c.Applied, _: World) -> tuple[Event, ...]:
    """The call has answered; a late answer of a call in doubt settles it, one that people settled otherwise is told."""
    _incident, run, step = the_step(state, command)
    if any(a.number == command.attempt and a.outcome == "not_happened" for a in step.attempts):
        return (_late_answer(run, step, command),)
    _check_executing(step, command.attempt)
    event = e.UndoApplied if step.undo else e.StepApplied
    return (event(**where(run, step), result=dict(command.result)),)


def _late_answer(run: Run, step: StepRun, command: c.Applied) -> Event:
    undo = next(a.undo for a in step.attempts if a.number == command.attempt)
    finding = (
        f"The {'undo' if undo else 'call'} of attempt {command.attempt} answered late: it did happen, "
        "though it was settled as not happened."
    )
    return e.LateAnswer(run=run.id, step=step.id, attempt=command.attempt, finding=finding)


def not_done(state: Incident | None, command: c.NotDone, _: World) -> tuple[Event, ...]:
    _incident, run, step = the_step(state, command)
    _check_executing(step, command.attempt)
    event = e.UndoFailed if step.undo else e.StepFailed
    return (event(**where(run, step), reason=command.reason),)


def doubt(state: Incident | None, command: c.Doubt, _: World) -> tuple[Event, ...]:
    _incident, run, step = the_step(state, command)
    _check_executing(step, command.attempt)
    if step.state is StepState.IN_DOUBT or step.definition.kind == "check":
        raise Refused(f"{step.id} is {PLAIN[step.state]} already.")
    return (e.StepInDoubt(**where(run, step), reason=command.reason),)


def _check_executing(step: StepRun, attempt: int) -> None:
    executing = step.state in (StepState.RUNNING, StepState.UNDOING, StepState.IN_DOUBT)
    if not executing or step.started_at is None or step.applied_at is not None or step.attempt != attempt:
        raise Refused(f"{step.id} is {PLAIN[step.state]}: its call has ended.")


def looked(state: Incident | None, command: c.Looked, world: World) -> tuple[Event, ...]:
    """What a look at a running step means; only a late verdict is final, unless it holds."""
    _incident, run, step = the_step(state, command)
    looking = step.definition.kind == "check" or step.applied_at is not None
    if step.state not in (StepState.RUNNING, StepState.UNDOING) or not looking or step.attempt != command.attempt:
        raise Refused(f"{step.id} no longer waits for this look.")
    verdict = command.verdict
    if verdict.holds and command.hold:
        return _holding(run, step, command, world)
    if verdict.holds:
        return (_ended_well(run, step, verdict),)
    if command.late:
        return (_ended_badly(run, step, verdict),)
    return _news(run, step, verdict.finding, verdict.holds)


def _holding(run: Run, step: StepRun, command: c.Looked, world: World) -> tuple[Event, ...]:
    assert command.hold is not None
    if step.holding_since is not None and world.now - step.holding_since >= command.hold:
        return (_ended_well(run, step, command.verdict),)
    return (
        () if step.holding_since else (e.StepLooked(**where(run, step), finding=command.verdict.finding, holds=True),)
    )


def _ended_well(run: Run, step: StepRun, verdict: Verdict) -> Event:
    if step.undo:
        return e.UndoCompleted(**where(run, step), finding=verdict.finding, evidence=verdict.evidence)
    outcome: e.Outcome = "nothing_to_do" if step.plan is not None and step.plan.is_empty else "verified"
    result = {**step.result, **verdict.evidence}
    return e.StepCompleted(
        **where(run, step), outcome=outcome, finding=verdict.finding, result=result, evidence=verdict.evidence
    )


def _ended_badly(run: Run, step: StepRun, verdict: Verdict) -> Event:
    if step.undo:
        return e.UndoFailed(**where(run, step), reason=verdict.finding)
    if verdict.holds is False:
        return e.StepFailed(**where(run, step), reason=verdict.finding, evidence=verdict.evidence)
    reason = gates.RISKY if verdict.risks else "It cannot be known."
    return e.StepBlocked(
        **where(run, step), reason=reason, finding=verdict.finding, risks=verdict.risks, plan=step.plan
    )


def _news(run: Run, step: StepRun, finding: str, holds: bool | None) -> tuple[Event, ...]:
    """A line in the timeline when a hold breaks or nothing was found before; a figure that moves is none."""
    if step.finding and step.holding_since is None:
        return ()
    return (e.StepLooked(**where(run, step), finding=finding, holds=bool(holds)),)


def probed(state: Incident | None, command: c.Probed, _: World) -> tuple[Event, ...]:
    """A probe settles a call in doubt only when it happened: what is not there now may still come."""
    _incident, run, step = the_step(state, command)
    if step.state is not StepState.IN_DOUBT or step.attempt != command.attempt:
        raise Refused(f"{step.id} is no longer in doubt.")
    if command.outcome == "happened":
        result = dict(command.result)
        return (
            e.StepSettled(
                **where(run, step), outcome="happened", finding=command.finding, undo=step.undo, result=result
            ),
        )
    return () if command.finding == step.finding else (e.StepLooked(**where(run, step), finding=command.finding),)
