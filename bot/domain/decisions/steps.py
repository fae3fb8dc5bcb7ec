"""Decisions about one step: done, skipped, retried, executed, looked at, settled, undone."""

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.changes import Plan, Verdict
from bot.domain.decisions import gates
from bot.domain.decisions.gates import PLAIN
from bot.domain.decisions.incidents import text_of
from bot.domain.decisions.world import World, near, the_step
from bot.domain.errors import Refused
from bot.domain.incident import Incident, Run, StepRun
from bot.domain.timeline import Event
from bot.domain.transitions import STEP, StepState, allows

RETRYABLE = frozenset({StepState.READY, StepState.BLOCKED, StepState.FAILED, StepState.UNDONE})


def _where(run: Run, step: StepRun) -> dict[str, object]:
    return {"run": run.id, "step": step.id, "attempt": step.attempt}


def _next_attempt(step: StepRun) -> int:
    """A number that no start was recorded under."""
    return step.attempt + 1 if any(a.number == step.attempt for a in step.attempts) else step.attempt


def _refuse_stopped(run: Run) -> None:
    if run.stopped:
        raise Refused(f"{run.id} was stopped.", "Start the runbook again.")


# --- people ---------------------------------------------------------------------------------------------------------


def done(state: Incident | None, command: c.Done, _: World) -> tuple[Event, ...]:
    """A person says that a manual step is done."""
    _incident, run, step = the_step(state, command)
    if step.definition.kind != "manual":
        raise Refused(f"{step.id} is no manual step: the bot does it and says when it is done.")
    if step.state is not StepState.READY:
        needs = ", ".join(n for n in run.needs(step.id) if not run.steps[n].is_met)
        raise Refused(f"{step.id} is {PLAIN[step.state]}.", f"It waits for {needs}." if needs else "")
    return (e.StepCompleted(**_where(run, step), outcome="done"),)


def skip(state: Incident | None, command: c.Skip, world: World) -> tuple[Event, ...]:
    """Going on without a step. What is gated, and a check, needs as many people's word as its rule requires."""
    incident, run, step = the_step(state, command)
    if not allows(STEP, step.state, "StepSkipped"):
        raise Refused(f"{step.id} is {PLAIN[step.state]}: it can't be skipped now.", _instead(step))
    reason = text_of(command.reason, "The reason")
    skipped = e.StepSkipped(**_where(run, step), reason=reason)
    if step.definition.kind == "manual" or (step.definition.kind == "action" and not step.gated):
        return (skipped,)
    rule = gates.pinned_rule(step, world)
    return gates.by_word(incident, run, step, command, rule, world, "skip", reason, lambda: (skipped,))


def _instead(step: StepRun) -> str:
    if step.state is StepState.IN_DOUBT:
        return "Settle it: happened or not_happened."
    return "Wait until it has ended." if step.state in (StepState.RUNNING, StepState.UNDOING) else ""


def retry(state: Incident | None, command: c.Retry, _: World) -> tuple[Event, ...]:
    """Start (ready), look again (blocked), or try again (failed, undone): the last two make their author the requester."""
    _incident, run, step = the_step(state, command)
    _refuse_stopped(run)
    if step.state not in RETRYABLE:
        raise Refused(f"{step.id} is {PLAIN[step.state]}: there is nothing to retry.", _instead(step))
    if step.state is StepState.READY and not step.waits_for_start:
        raise Refused(
            f"{step.id} is ready already.",
            f"Say when it is done: dr done {step.id}." if step.definition.kind == "manual" else "",
        )
    again = step.state in (StepState.FAILED, StepState.UNDONE)
    ready = e.StepReady(
        run=run.id,
        step=step.id,
        attempt=_next_attempt(step),
        reason=command.reason,
        requester=command.actor.person if again else None,
    )
    return (ready,)


def replan(state: Incident | None, command: c.Replan, _: World) -> tuple[Event, ...]:
    """A new plan, maybe with other parameters: approvals are void and its author becomes a requester."""
    _incident, run, step = the_step(state, command)
    _refuse_stopped(run)
    if step.definition.kind == "manual" or not allows(STEP, step.state, "StepReplanned"):
        raise Refused(f"{step.id} is {PLAIN[step.state]}: there is no plan to make anew.", _instead(step))
    known = step.definition.with_ or {}
    for name in command.changes:
        if name not in known:
            raise Refused(f"{step.id} has no parameter {name} in its runbook.", near(name, known))
    person = command.actor.person
    assert person is not None
    return (
        e.StepReplanned(
            run=run.id, step=step.id, attempt=_next_attempt(step), changes=dict(command.changes), requester=person
        ),
    )


def settle(state: Incident | None, command: c.Settle, world: World) -> tuple[Event, ...]:
    """A person's word on a call in doubt; a gated step needs as many people's as its rule requires."""
    incident, run, step = the_step(state, command)
    if step.state is not StepState.IN_DOUBT:
        raise Refused(f"{step.id} is {PLAIN[step.state]}: there is nothing to settle.")
    if command.outcome == "look_again":
        return ()
    reason = text_of(command.reason or step.finding or "settled by hand", "The reason")
    settled = e.StepSettled(**_where(run, step), outcome=command.outcome, finding=reason, undo=step.undo)
    if not step.gated:
        return (settled,)
    decision = "it happened" if command.outcome == "happened" else "it did not happen"
    return gates.by_word(
        incident, run, step, command, gates.pinned_rule(step, world), world, decision, reason, lambda: (settled,)
    )


def undo(state: Incident | None, command: c.Undo, world: World) -> tuple[Event, ...]:
    """Take back what a step did, in reverse order, never behind a point of no return that was passed."""
    _incident, run, step = the_step(state, command)
    if not allows(STEP, step.state, "UndoRequested"):
        raise Refused(f"{step.id} is {PLAIN[step.state]}: there is nothing to undo.", _instead(step))
    action = step.definition.action or ""
    if step.definition.point_of_no_return:
        raise Refused(f"{step.id} is a point of no return.", "The way back is a runbook of its own: failback.")
    if (
        step.definition.kind != "action"
        or not world.traits[action].undoable
        or step.done_plan is None
        or step.done_plan.is_empty
    ):
        raise Refused(f"{step.id} did nothing that the bot could undo.")
    _refuse_behind_point(run, step)
    _refuse_out_of_order(run, step, world)
    person = command.actor.person
    assert person is not None
    return (
        e.UndoRequested(
            run=run.id,
            step=step.id,
            attempt=step.attempt + 1,
            reason=text_of(command.reason, "The reason"),
            requester=person,
        ),
    )


def _refuse_behind_point(run: Run, step: StepRun) -> None:
    for other in run.steps.values():
        passed = other.definition.point_of_no_return and other.started_at is not None
        if passed and (step.id in run.runbook.ancestors(other.id) or _ended_before(step, other)):
            raise Refused(
                f"{step.id} lies behind {other.id}, a point of no return that was passed.",
                "Nothing behind it is undone.",
            )


def _ended_before(step: StepRun, point: StepRun) -> bool:
    return step.ended_at is not None and point.started_at is not None and step.ended_at <= point.started_at


def _refuse_out_of_order(run: Run, step: StepRun, world: World) -> None:
    for other in run.steps.values():
        traits = world.traits.get(other.definition.action or "")
        did = other.done_plan is not None and not other.done_plan.is_empty and other.state is not StepState.UNDONE
        if traits and traits.undoable and did and step.id in run.runbook.ancestors(other.id):
            raise Refused(f"{other.id} came after {step.id}.", f"Undo {other.id} first.")


# --- execution --------------------------------------------------------------------------------------------------------


def block(state: Incident | None, command: c.Block, _: World) -> tuple[Event, ...]:
    """The engine can't go on: a parameter resolves to nothing, or a look failed."""
    _incident, run, step = the_step(state, command)
    if step.attempt != command.attempt:
        raise Refused(f"{step.id} has moved on.")
    if step.state is StepState.UNDOING and step.started_at is None:
        return (e.UndoFailed(**_where(run, step), reason=f"{command.reason} {command.finding}".strip()),)
    if step.state not in (StepState.READY, StepState.PENDING_APPROVAL):
        raise Refused(f"{step.id} has moved on.")
    return (e.StepBlocked(**_where(run, step), reason=command.reason, finding=command.finding, risks=command.risks),)


def begin(state: Incident | None, command: c.Begin, world: World) -> tuple[Event, ...]:
    """The intent, recorded once for each attempt, or what stands against it. No call is made without StepStarted."""
    incident, run, step = the_step(state, command)
    _check_may_begin(run, step, command)
    if command.plan is None:
        return (_intent(run, step, command, None),)
    fresh = command.plan
    if not step.digest:
        return _begin_ungated(incident, run, step, command, fresh, world)
    unconfirmed = {**_no_longer_eligible(incident, step, world), **command.unconfirmed}
    if unconfirmed:
        return tuple(
            e.ApprovalRejected(**_where(run, step), offer="", person=person, reason=reason)
            for person, reason in unconfirmed.items()
        )
    if step.missing:
        raise Refused(f"{step.id} still needs {step.missing} approvals.")
    which = gates.expired(step, world)
    if which is not None:
        return gates.expiry_events(run, step, which)
    stale = _stale(incident, run, step, fresh)
    if stale:
        return (
            e.ApprovalsVoided(**_where(run, step), reason=stale),
            *gates.consider(incident, run, step, fresh, world),
        )
    return _started(run, step, command, fresh)


def _no_longer_eligible(incident: Incident, step: StepRun, world: World) -> dict[str, str]:
    """The approvers who may not approve any more, and why: membership is read live."""
    if step.rule is None:
        return {}
    found = {person: gates.may(person, step.rule, incident, step, world) for person in step.approved_by}
    gone = {person: standing.reason for person, standing in found.items() if not standing.eligible}
    if step.glass_broken_by is not None and step.glass_broken_by not in gates.may_break_glass(world):
        gone[step.glass_broken_by] = "They may not break the glass any more."
    return gone


def _check_may_begin(run: Run, step: StepRun, command: c.Begin) -> None:
    _refuse_stopped(run)
    if run.paused:
        raise Refused(f"{run.id} is paused.", "Resume it first.")
    waiting = step.state in (StepState.READY, StepState.PENDING_APPROVAL) or (
        step.state is StepState.UNDOING and bool(step.digest)
    )
    if not waiting or step.started_at is not None or step.attempt != command.attempt or step.waits_for_start:
        raise Refused(f"{step.id} is {PLAIN[step.state]}: this attempt has begun already or was given up.")
    if any(a.number == step.attempt for a in step.attempts):
        raise Refused(f"Attempt {step.attempt} of {step.id} was started before; it is never started twice.")
    if not step.undo and not run.is_turn(step.id):
        raise Refused(f"It is not the turn of {step.id}.")
    if step.definition.kind == "manual" or (command.plan is None) != (step.definition.kind == "check"):
        raise Refused(f"{step.id} can't begin like this.")


def _begin_ungated(
    incident: Incident, run: Run, step: StepRun, command: c.Begin, fresh: Plan, world: World
) -> tuple[Event, ...]:
    """A step whose plan was never shown: one that needs no approval starts in the same breath."""
    considered = gates.consider(incident, run, step, fresh, world)
    shown = considered[-1]
    if step.gated or not isinstance(shown, e.StepPlanned):
        return considered
    return (*considered, *_started(run, step, command, fresh, shown.digest))


def _started(run: Run, step: StepRun, command: c.Begin, fresh: Plan, digest: str = "") -> tuple[Event, ...]:
    intent = _intent(run, step, command, fresh, digest)
    if not fresh.is_empty:
        return (intent,)
    applied = e.UndoApplied if step.undo else e.StepApplied
    return (intent, applied(**_where(run, step), result={"nothing_to_do": fresh.nothing_to_do}))


def _intent(run: Run, step: StepRun, command: c.Begin, fresh: Plan | None, digest: str = "") -> Event:
    started = e.UndoStarted if step.undo else e.StepStarted
    return started(
        **_where(run, step),
        digest=digest or step.digest,
        token=command.token,
        executor=command.executor,
        targets=fresh.targets if fresh and not fresh.is_empty else (),
    )


def _stale(incident: Incident, run: Run, step: StepRun, fresh: Plan) -> str:
    """Why what was approved is no longer what would be done; empty where it is."""
    if fresh.obstacles:
        return " ".join(o.text for o in fresh.obstacles)
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
    old = shown.model_dump(mode="json", exclude={"measurements", "preconditions"})
    new = fresh.model_dump(mode="json", exclude={"measurements", "preconditions"})
    return (
        ", ".join(key.replace("_", " ") for key in old if old[key] != new[key]) + " differ."
        if old != new
        else "its rule differs."
    )


def applied(state: Incident | None, command: c.Applied, _: World) -> tuple[Event, ...]:
    """The call has answered; a late answer of a call in doubt settles it."""
    _incident, run, step = the_step(state, command)
    _check_executing(step, command.attempt)
    event = e.UndoApplied if step.undo else e.StepApplied
    return (event(**_where(run, step), result=dict(command.result)),)


def not_done(state: Incident | None, command: c.NotDone, _: World) -> tuple[Event, ...]:
    _incident, run, step = the_step(state, command)
    _check_executing(step, command.attempt)
    event = e.UndoFailed if step.undo else e.StepFailed
    return (event(**_where(run, step), reason=command.reason),)


def doubt(state: Incident | None, command: c.Doubt, _: World) -> tuple[Event, ...]:
    _incident, run, step = the_step(state, command)
    _check_executing(step, command.attempt)
    if step.state is StepState.IN_DOUBT or step.definition.kind == "check":
        raise Refused(f"{step.id} is {PLAIN[step.state]} already.")
    return (e.StepInDoubt(**_where(run, step), reason=command.reason),)


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
        () if step.holding_since else (e.StepLooked(**_where(run, step), finding=command.verdict.finding, holds=True),)
    )


def _ended_well(run: Run, step: StepRun, verdict: Verdict) -> Event:
    if step.undo:
        return e.UndoCompleted(**_where(run, step), finding=verdict.finding, evidence=verdict.evidence)
    outcome: e.Outcome = "nothing_to_do" if step.plan is not None and step.plan.is_empty else "verified"
    result = {**step.result, **verdict.evidence}
    return e.StepCompleted(
        **_where(run, step), outcome=outcome, finding=verdict.finding, result=result, evidence=verdict.evidence
    )


def _ended_badly(run: Run, step: StepRun, verdict: Verdict) -> Event:
    if step.undo:
        return e.UndoFailed(**_where(run, step), reason=verdict.finding)
    if verdict.holds is False:
        return e.StepFailed(**_where(run, step), reason=verdict.finding, evidence=verdict.evidence)
    return e.StepBlocked(
        **_where(run, step), reason="It cannot be known.", finding=verdict.finding, risks=verdict.risks, plan=step.plan
    )


def _news(run: Run, step: StepRun, finding: str, holds: bool | None) -> tuple[Event, ...]:
    """A line in the timeline when a hold breaks or nothing was found before; a figure that moves is none."""
    if step.finding and step.holding_since is None:
        return ()
    return (e.StepLooked(**_where(run, step), finding=finding, holds=bool(holds)),)


def probed(state: Incident | None, command: c.Probed, _: World) -> tuple[Event, ...]:
    """A probe settles a call in doubt only when it happened: what is not there now may still come."""
    _incident, run, step = the_step(state, command)
    if step.state is not StepState.IN_DOUBT or step.attempt != command.attempt:
        raise Refused(f"{step.id} is no longer in doubt.")
    if command.outcome == "happened":
        result = dict(command.result)
        return (
            e.StepSettled(
                **_where(run, step), outcome="happened", finding=command.finding, undo=step.undo, result=result
            ),
        )
    return () if command.finding == step.finding else (e.StepLooked(**_where(run, step), finding=command.finding),)
