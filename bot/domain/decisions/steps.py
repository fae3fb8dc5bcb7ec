"""Decisions about one step that people take: done, skipped, retried, planned anew, settled."""

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.decisions.gates import pinned_rule
from bot.domain.decisions.incidents import optional_text, text_of
from bot.domain.decisions.overriding import by_word, may_break_glass, voice_of
from bot.domain.decisions.world import (
    PLAIN,
    World,
    instead,
    near,
    refuse_stopped,
    the_step,
    the_step_looked_at,
    voiding,
    where,
)
from bot.domain.errors import Refused
from bot.domain.incident import SKIP, Incident, StepRun
from bot.domain.timeline import Event
from bot.domain.transitions import STEP, StepState, allows

RETRYABLE = frozenset({StepState.READY, StepState.BLOCKED, StepState.FAILED, StepState.UNDONE, StepState.UNDO_FAILED})


def _next_attempt(step: StepRun) -> int:
    """A number that no start was recorded under."""
    return step.attempt + 1 if any(a.number == step.attempt for a in step.attempts) else step.attempt


def done(state: Incident | None, command: c.Done, _: World) -> tuple[Event, ...]:
    """A person says that a manual step is done."""
    _incident, run, step = the_step_looked_at(state, command)
    if step.definition.kind != "manual":
        raise Refused(f"{step.id} is no manual step: the bot does it and says when it is done.")
    if step.state is not StepState.READY:
        needs = ", ".join(n for n in run.needs(step.id) if not run.steps[n].is_met)
        raise Refused(f"{step.id} is {PLAIN[step.state]}.", f"It waits for {needs}." if needs else "")
    return (e.StepCompleted(**where(run, step), outcome="done"),)


def skip(state: Incident | None, command: c.Skip, world: World) -> tuple[Event, ...]:
    """Going on without a step. What is gated, and a check, needs as many people's word as its rule requires."""
    incident, run, step = the_step_looked_at(state, command)
    if not allows(STEP, step.state, "StepSkipped"):
        raise Refused(f"{step.id} is {PLAIN[step.state]}: it can't be skipped now.", instead(step))
    reason = text_of(command.reason, "The reason")
    skipped = e.StepSkipped(**where(run, step), reason=reason)
    if step.definition.kind == "manual" or (step.definition.kind == "action" and not step.gated):
        return (skipped,)
    rule = pinned_rule(step, world)
    return by_word(incident, run, step, command, rule, world, SKIP, reason, lambda: (skipped,))


def retry(state: Incident | None, command: c.Retry, _: World) -> tuple[Event, ...]:
    """Start (ready), look again (blocked), or try again: the last makes its author the requester."""
    _incident, run, step = the_step_looked_at(state, command)
    refuse_stopped(run)
    if step.state not in RETRYABLE:
        raise Refused(f"{step.id} is {PLAIN[step.state]}: there is nothing to retry.", instead(step))
    if step.state is StepState.READY and not step.waits_for_start:
        raise Refused(
            f"{step.id} is ready already.",
            f"Say when it is done: dr done {step.id}." if step.definition.kind == "manual" else "",
        )
    again = step.state not in (StepState.READY, StepState.BLOCKED)
    ready = e.StepReady(
        run=run.id,
        step=step.id,
        attempt=_next_attempt(step),
        reason=optional_text(command.reason, "The reason"),
        requester=command.actor.person if again else None,
    )
    return (ready,)


def replan(state: Incident | None, command: c.Replan, world: World) -> tuple[Event, ...]:
    """A new plan, maybe with other parameters: approvals are void and its author becomes a requester.

    What starts without an approval keeps its parameters: nobody else would see the others before they count.
    """
    incident, run, step = the_step(state, command)
    refuse_stopped(run)
    if step.definition.kind == "manual" or not allows(STEP, step.state, "StepReplanned"):
        raise Refused(f"{step.id} is {PLAIN[step.state]}: there is no plan to make anew.", instead(step))
    known = step.definition.with_ or {}
    for name in command.changes:
        if name not in known:
            raise Refused(f"{step.id} has no parameter {name} in its runbook.", near(name, known))
    if command.changes and not step.gated:
        raise Refused(
            f"{step.id} needs no approval, so its parameters stay as they are in its runbook.",
            f"Skip it as its rule allows: dr skip {incident.id} {run.id}/{step.id}. "
            "Or mend the runbook, stop this run and start it anew.",
        )
    person = command.actor.person
    assert person is not None
    replanned = e.StepReplanned(
        run=run.id, step=step.id, attempt=_next_attempt(step), changes=dict(command.changes), requester=person
    )
    return (*voiding(run, step, f"{world.name(person)} asked for a new plan."), replanned)


def settle(state: Incident | None, command: c.Settle, world: World) -> tuple[Event, ...]:
    """A person's word on a call in doubt; a gated step needs as many people's as its rule requires.

    Who broke the glass for this call settles it alone: they carry it, and nobody else could be reached.
    """
    incident, run, step = the_step_looked_at(state, command)
    if step.state is not StepState.IN_DOUBT:
        raise Refused(f"{step.id} is {PLAIN[step.state]}: there is nothing to settle.")
    if command.outcome == "look_again":
        return ()
    reason = text_of(command.reason or step.finding or "settled by hand", "The reason")
    settled = e.StepSettled(**where(run, step), outcome=command.outcome, finding=reason, undo=step.undo)
    if not step.gated:
        return (settled,)
    decision = "it happened" if command.outcome == "happened" else "it did not happen"
    person = command.actor.person
    if person is not None and person == step.glass_broken_by and person in may_break_glass(world):
        return (voice_of(run, step, person, command, decision, reason), settled)
    return by_word(incident, run, step, command, pinned_rule(step, world), world, decision, reason, lambda: (settled,))
