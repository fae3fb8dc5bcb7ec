"""What a step needs before it goes on: the plan that is shown, the rule that it is under, or what blocks it."""

from collections.abc import Iterable

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.approvals import Rule, Standing, eligible, rule_for, rule_json, standing
from bot.domain.changes import Plan, Precondition, Risk, plan_digest
from bot.domain.decisions.world import World, the_step
from bot.domain.errors import Refused
from bot.domain.incident import Incident, Run, StepRun
from bot.domain.timeline import Event
from bot.domain.transitions import StepState

RISKY = "There is a risk to take or to leave."


def step_rule(step: StepRun, world: World) -> Rule:
    """The rule of a step: its own, or the plan's default."""
    return rule_for(world.plan.approvals, step.definition.approval)


def pinned_rule(step: StepRun, world: World) -> Rule:
    """The step's own rule: as it was when its plan was shown, or as it is now."""
    return step.rule.without_extra() if step.rule else step_rule(step, world)


def requesters(step: StepRun) -> tuple[str | None, ...]:
    """Those who asked for what the step would do: who started or retried it, and who edited it."""
    return (step.requester, *step.editors)


def may(person: str | None, rule: Rule, incident: Incident, step: StepRun, world: World) -> Standing:
    """Whether a person may approve this step now."""
    return standing(person, rule, world.plan, requesters(step), incident.declarer, step.approved_by)


def digest_of(
    incident: Incident, run: Run, step: StepRun, plan: Plan, generation: int, rule: Rule | None, risks: tuple[Risk, ...]
) -> str:
    """The digest that an approval of this plan is bound to."""
    return plan_digest(
        plan,
        incident=incident.id,
        run=run.id,
        environment=run.environment,
        runbook=run.digest,
        step=step.id,
        attempt=step.attempt,
        generation=generation,
        rule=rule_json(rule) if rule else None,
        accepted=[risk.model_dump() for risk in risks],
        undo=step.undo,
    )


def show(incident: Incident, run: Run, step: StepRun, plan: Plan, world: World) -> Event:
    """The event that shows a plan, with the rule that it needs; a plan that does nothing needs none.

    A risk that was accepted takes the rule and its approvers more, even where the step needs nobody otherwise.
    """
    rule, risks = None, step.accepted_risks
    if (step.gated or risks) and not plan.is_empty:
        rule = step_rule(step, world)
        rule = rule.more(world.plan.approvals.accept_risk.extra) if risks else rule
    generation = step.generation + 1
    shown = e.UndoPlanned if step.undo else e.StepPlanned
    return shown(
        run=run.id,
        step=step.id,
        attempt=step.attempt,
        generation=generation,
        plan=plan,
        digest=digest_of(incident, run, step, plan, generation, rule, risks),
        rule=rule,
        expires_at=world.now + rule.approval_expires if rule else None,
        waits_for=eligible(rule, world.plan, requesters(step), incident.declarer) if rule else (),
    )


def open_risks(step: StepRun, plan: Plan) -> tuple[Risk, ...]:
    """The risks of a plan that nobody has accepted."""
    return tuple(risk for risk in plan.risks if risk not in step.accepted_risks)


def in_words(obstacles: Iterable[Precondition]) -> str:
    """What stands against a plan: each precondition with what is known of it."""
    return " ".join(f"{'Not so' if o.holds is False else 'Not known'}: {o.text.rstrip('.')}." for o in obstacles)


def consider(incident: Incident, run: Run, step: StepRun, plan: Plan, world: World) -> tuple[Event, ...]:
    """Show a fresh plan, or say what blocks it."""
    where = {"run": run.id, "step": step.id, "attempt": step.attempt}
    obstacles = plan.obstacles
    risks = open_risks(step, plan)
    if step.undo and (obstacles or risks):
        reason = " ".join([*([in_words(obstacles)] if obstacles else []), *(r.text for r in risks)])
        return (e.UndoFailed(**where, reason=reason),)
    if obstacles:
        failed = any(o.holds is False for o in obstacles)
        reason = "A precondition does not hold." if failed else "A precondition is not known to hold."
        return (e.StepBlocked(**where, reason=reason, finding=in_words(obstacles), plan=plan),)
    if risks:
        finding = " ".join(r.text for r in risks)
        return (e.StepBlocked(**where, reason=RISKY, finding=finding, risks=risks, plan=plan),)
    return (show(incident, run, step, plan, world),)


def show_plan(state: Incident | None, command: c.ShowPlan, world: World) -> tuple[Event, ...]:
    incident, run, step = the_step(state, command)
    ready = step.state is StepState.READY and step.definition.kind == "action" and not step.waits_for_start
    waits = ready or (step.state is StepState.UNDOING and not step.digest)
    if not waits or step.attempt != command.attempt or step.generation != command.generation:
        raise Refused(f"{step.id} no longer waits for this plan.")
    return consider(incident, run, step, command.plan, world)
