"""Decisions about who lets a step go on: plans shown, approvals, risks accepted, glass broken, several people's word."""

from collections.abc import Callable

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.approvals import Rule, Standing, eligible, members, rule_for, rule_json, standing
from bot.domain.changes import Plan, Risk, plan_digest
from bot.domain.decisions.incidents import text_of
from bot.domain.decisions.world import PLAIN, World, imagine, the_step
from bot.domain.errors import Refused
from bot.domain.incident import Incident, Offer, Run, StepRun
from bot.domain.timeline import Event
from bot.domain.transitions import StepState

SHORTEST_GLASS_REASON = 20


def step_rule(step: StepRun, world: World) -> Rule:
    """The rule of a step: its own, or the plan's default."""
    return rule_for(world.plan.approvals, step.definition.approval)


def pinned_rule(step: StepRun, world: World) -> Rule:
    """The rule under which the step's plan was shown, or the one that it would be shown under now."""
    return step.rule or step_rule(step, world)


def requesters(step: StepRun) -> tuple[str | None, ...]:
    """Those who asked for what the step would do: who started or retried it, and who edited it."""
    return (step.requester, *step.editors)


def may(person: str | None, rule: Rule, incident: Incident, step: StepRun, world: World) -> Standing:
    """Whether a person may approve this step now."""
    return standing(person, rule, world.plan, requesters(step), incident.declarer)


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


def show(incident: Incident, run: Run, step: StepRun, plan: Plan, world: World, risks: tuple[Risk, ...] = ()) -> Event:
    """The event that shows a plan, with the rule that it needs; a plan that does nothing needs none.

    A risk that was accepted takes the rule and its approvers more, even where the step needs nobody otherwise.
    """
    rule = None
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


def consider(incident: Incident, run: Run, step: StepRun, plan: Plan, world: World) -> tuple[Event, ...]:
    """Show a fresh plan, or say what blocks it."""
    where = {"run": run.id, "step": step.id, "attempt": step.attempt}
    obstacles = plan.obstacles
    risks = open_risks(step, plan)
    if step.undo and (obstacles or risks):
        return (e.UndoFailed(**where, reason=" ".join([*(o.text for o in obstacles), *(r.text for r in risks)])),)
    if obstacles:
        known = all(o.holds is False for o in obstacles)
        reason = "A precondition does not hold." if known else "A precondition is not known to hold."
        finding = " ".join(o.text for o in obstacles)
        return (e.StepBlocked(**where, reason=reason, finding=finding, plan=plan),)
    if risks:
        finding = " ".join(r.text for r in risks)
        return (
            e.StepBlocked(
                **where, reason="There is a risk to take or to leave.", finding=finding, risks=risks, plan=plan
            ),
        )
    return (show(incident, run, step, plan, world, step.accepted_risks),)


def show_plan(state: Incident | None, command: c.ShowPlan, world: World) -> tuple[Event, ...]:
    incident, run, step = the_step(state, command)
    ready = step.state is StepState.READY and step.definition.kind == "action" and not step.waits_for_start
    waits = ready or (step.state is StepState.UNDOING and not step.digest)
    if not waits or step.attempt != command.attempt or step.generation != command.generation:
        raise Refused(f"{step.id} no longer waits for this plan.")
    return consider(incident, run, step, command.plan, world)


# --- approvals ------------------------------------------------------------------------------------------------------


def _the_shown_plan(
    state: Incident | None, command: c.Approve | c.Decline | c.BreakGlass, world: World
) -> tuple[Incident, Run, StepRun, Rule]:
    incident, run, step = the_step(state, command)
    if not step.awaits_approval or step.rule is None:
        raise Refused(f"{step.id} is {PLAIN[step.state]}: there is nothing to approve.", "Look at it with: dr show.")
    if command.digest != step.digest:
        raise Refused(
            "The plan has changed since you saw it. Your answer was not counted.",
            "Look at the current plan, then answer again.",
        )
    if step.expires_at is not None and world.now >= step.expires_at:
        raise Refused("The time to approve this plan is over.", f"Make a fresh plan: dr retry {incident.id} {step.id}.")
    return incident, run, step, step.rule


def approve(state: Incident | None, command: c.Approve, world: World) -> tuple[Event, ...]:
    """A click is only offered; a signature, checked already, counts at once if the recovery plan allows it."""
    incident, run, step, rule = _the_shown_plan(state, command, world)
    person = command.actor.person
    assert person is not None
    if person in step.approved_by:
        raise Refused("You have approved this plan already.", _still_missing(step, world))
    if any(offer.person == person for offer in step.offers):
        raise Refused("Your approval is being checked already.")
    common = {"run": run.id, "step": step.id, "attempt": step.attempt, "offer": command.offer, "person": person}
    offered = e.ApprovalOffered(**common, digest=command.digest, proof=command.proof)
    if command.proof is None:
        return (offered,)
    verdict = may(person, rule, incident, step, world)
    if not verdict.eligible:
        raise Refused(verdict.reason)
    return (offered, e.ApprovalGiven(**common, digest=command.digest, proof=command.proof))


def _still_missing(step: StepRun, world: World) -> str:
    left = [p for p in step.waits_for if p not in step.approved_by]
    return f"{step.missing} more of {world.names(left)}." if step.missing else "Nothing more is needed."


def judge_offer(state: Incident | None, command: c.JudgeOffer, world: World) -> tuple[Event, ...]:
    """The look-up has answered: the approval counts, judged by the moment of the click, or is rejected."""
    incident, run, step = the_step(state, command)
    offer = next((o for o in step.offers if o.id == command.offer), None)
    if offer is None or step.rule is None:
        raise Refused("This approval no longer waits for a look-up.")
    common = {"run": run.id, "step": step.id, "attempt": step.attempt, "offer": offer.id, "person": offer.person}
    verdict = _judged(command.standing, offer, incident, step, step.rule, world)
    if verdict.eligible:
        return _or_expired(
            incident, run, step, e.ApprovalGiven(**common, digest=offer.digest, proof=offer.proof), world
        )
    return _or_expired(incident, run, step, e.ApprovalRejected(**common, reason=verdict.reason), world)


def _judged(found: Standing, offer: Offer, incident: Incident, step: StepRun, rule: Rule, world: World) -> Standing:
    if not step.awaits_approval or offer.digest != step.digest:
        return Standing(eligible=False, reason=f"{step.id} no longer waits for this approval.")
    return may(offer.person, rule, incident, step, world) if found.eligible else found


def _or_expired(incident: Incident, run: Run, step: StepRun, event: Event, world: World) -> tuple[Event, ...]:
    """The event, and the end of a wait whose time ran out while a click was being looked up."""
    after = imagine(incident, (event,), world.now)
    assert after is not None
    which = expired(after.runs[run.id].steps[step.id], world)
    return (event, *expiry_events(run, step, which)) if which else (event,)


def decline(state: Incident | None, command: c.Decline, world: World) -> tuple[Event, ...]:
    """One no stops: the step goes back and waits for somebody to start it again."""
    incident, run, step, rule = _the_shown_plan(state, command, world)
    person = command.actor.person
    assert person is not None
    leads = (incident.roles.get("commander"), incident.roles.get("deputy"))
    if person not in members(world.plan, rule.approvers) and person not in leads:
        raise Refused(may(person, rule, incident, step, world).reason)
    reason = text_of(command.reason, "The reason")
    declined = e.ApprovalDeclined(run=run.id, step=step.id, attempt=step.attempt, person=person, reason=reason)
    return (declined, _send_back(run, step, f"Declined by {world.name(person)}: {reason}"))


def _send_back(run: Run, step: StepRun, reason: str) -> Event:
    """What was shown is void: the step waits for a person, an undo has failed."""
    if step.undo:
        return e.UndoFailed(run=run.id, step=step.id, attempt=step.attempt, reason=reason)
    return e.StepReady(run=run.id, step=step.id, attempt=step.attempt, reason=reason, waits_for_start=True)


def withdraw(state: Incident | None, command: c.Withdraw, world: World) -> tuple[Event, ...]:
    """Before the start an approval can be taken back, and so can a click that is still being looked up."""
    incident, run, step = the_step(state, command)
    person = command.actor.person
    given = {*step.approved_by, *(offer.person for offer in step.offers), step.glass_broken_by}
    if person is None or not step.awaits_approval or person not in given:
        raise Refused(f"You have no approval of {step.id} that could be withdrawn.")
    withdrawn = e.ApprovalWithdrawn(run=run.id, step=step.id, attempt=step.attempt, person=person)
    return _or_expired(incident, run, step, withdrawn, world)


def expire(state: Incident | None, command: c.Expire, world: World) -> tuple[Event, ...]:
    """Judged by the clock: the time to approve, or the time to start what is approved."""
    _incident, run, step = the_step(state, command)
    which = expired(step, world)
    if which is None:
        raise Refused(f"Nothing of {step.id} has expired.")
    return expiry_events(run, step, which)


def expired(step: StepRun, world: World) -> str | None:
    """Which timer of a shown plan has run out. A click in time is looked up first: it counts by its own moment."""
    if not step.awaits_approval or step.rule is None:
        return None
    if step.met_at is not None:
        return "execution" if world.now >= step.met_at + step.rule.execution_expires else None
    over = step.expires_at is not None and world.now >= step.expires_at
    return "approval" if over and not step.offers else None


def expiry_events(run: Run, step: StepRun, which: str) -> tuple[Event, ...]:
    """An expired timer, and the step sent back."""
    gone = e.ApprovalExpired(
        run=run.id, step=step.id, attempt=step.attempt, which="execution" if which == "execution" else "approval"
    )
    reason = (
        "It was approved but could not start in time." if which == "execution" else "The time to approve it is over."
    )
    return (gone, _send_back(run, step, reason))


# --- going on all the same --------------------------------------------------------------------------------------------


def accept_risk(state: Incident | None, command: c.AcceptRisk, world: World) -> tuple[Event, ...]:
    """A plan that waits is shown under its rule and one approver more; what is done or only asked needs as many people's word."""
    incident, run, step = the_step(state, command)
    if step.state is not StepState.BLOCKED or not step.risks:
        raise Refused(f"{step.id} is {PLAIN[step.state]}: there is no risk to accept.", "Look at it with: dr show.")
    reason = text_of(command.reason, "The reason")
    person = command.actor.person
    assert person is not None
    accepted = e.RiskAccepted(
        run=run.id,
        step=step.id,
        attempt=step.attempt,
        person=person,
        reason=reason,
        risks=step.risks,
        proof=command.proof,
    )
    rule = step_rule(step, world)
    if step.definition.kind == "action" and step.applied_at is None:
        if step.plan is None:
            raise Refused(f"{step.id} has no plan that this risk belongs to.", "Look again first.")
        verdict = may(person, rule, incident, step, world)
        leads = (incident.roles.get("commander"), incident.roles.get("deputy"))
        if not verdict.eligible and person not in leads:
            raise Refused(verdict.reason)
        taken = tuple(dict.fromkeys((*step.accepted_risks, *step.risks)))
        return (accepted, show(incident, run, step, step.plan, world, taken))
    outcome: e.Outcome = "unproven" if step.definition.kind == "action" else "risk_accepted"
    completed = e.StepCompleted(
        run=run.id, step=step.id, attempt=step.attempt, outcome=outcome, finding=step.finding, result=dict(step.result)
    )
    rule = rule.more(world.plan.approvals.accept_risk.extra)
    return by_word(incident, run, step, command, rule, world, "accept the risk", reason, lambda: (accepted, completed))


def by_word(
    incident: Incident,
    run: Run,
    step: StepRun,
    command: c.AcceptRisk | c.Skip | c.Settle,
    rule: Rule,
    world: World,
    decision: str,
    reason: str,
    decided: Callable[[], tuple[Event, ...]],
) -> tuple[Event, ...]:
    """One person's word; as many distinct people as the rule requires must say the same before it is done."""
    person = command.actor.person
    verdict = may(person, rule, incident, step, world)
    if not verdict.eligible or person is None:
        raise Refused(verdict.reason)
    said = {voice.person for voice in step.voices if voice.decision == decision}
    able = eligible(rule, world.plan, requesters(step), incident.declarer)
    if person in said:
        left = world.names(p for p in able if p not in said)
        raise Refused(f"You have said {decision} already.", f"{rule.required - len(said)} more of {left}.")
    voice = e.VoiceGiven(
        run=run.id,
        step=step.id,
        attempt=step.attempt,
        person=person,
        decision=decision,
        reason=reason,
        proof=command.proof,
    )
    enough = len((said | {person}) & set(able)) >= rule.required
    return (voice, *decided()) if enough else (voice,)


def may_break_glass(world: World) -> frozenset[str]:
    """The people who may go on alone."""
    teams = world.plan.approvals.break_glass.allowed
    return frozenset(person for team in teams for person in members(world.plan, team))


def break_glass(state: Incident | None, command: c.BreakGlass, world: World) -> tuple[Event, ...]:
    """One person alone, from the plan's list, with a reason and the target typed, a few times an hour at most."""
    _incident, run, step, _rule = _the_shown_plan(state, command, world)
    glass = world.plan.approvals.break_glass
    person = command.actor.person
    if step.missing == 0:
        raise Refused("Nothing more is needed: it starts as soon as it can.")
    allowed = may_break_glass(world)
    if person is None or person not in allowed:
        raise Refused("You may not break the glass.", f"Those who may: {world.names(sorted(allowed))}.")
    if len(command.reason.strip()) < SHORTEST_GLASS_REASON:
        raise Refused(
            f"The reason needs at least {SHORTEST_GLASS_REASON} characters.", "Say why nobody can approve in time."
        )
    target = step.plan.target if step.plan else ""
    if command.target != target:
        raise Refused("The target typed is not the target of this plan.", f"Type exactly: {target}")
    if world.recent_glass >= glass.uses:
        raise Refused(
            f"You have broken the glass {world.recent_glass} times; the plan allows {glass.uses}.",
            "Have somebody else approve.",
        )
    broken = e.GlassBroken(
        run=run.id,
        step=step.id,
        attempt=step.attempt,
        person=person,
        reason=text_of(command.reason, "The reason"),
        target=target,
        digest=command.digest,
        proof=command.proof,
    )
    return (broken,)
