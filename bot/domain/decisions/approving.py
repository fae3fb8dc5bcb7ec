"""Decisions about approvals: offered, judged, declined, withdrawn, expired."""

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.approvals import Rule, Standing, members
from bot.domain.decisions.gates import may
from bot.domain.decisions.incidents import text_of
from bot.domain.decisions.world import PLAIN, World, imagine, the_step, the_step_looked_at
from bot.domain.errors import Refused
from bot.domain.incident import Incident, Offer, Run, StepRun
from bot.domain.timeline import Event


def the_shown_plan(
    state: Incident | None, command: c.Approve | c.Decline | c.BreakGlass, world: World
) -> tuple[Incident, Run, StepRun, Rule]:
    incident, run, step = the_step(state, command)
    if not step.awaits_approval or step.rule is None:
        raise Refused(
            f"{step.id} is {PLAIN[step.state]}: there is nothing to approve.",
            f"Look at it with: dr show {incident.id} {run.id}/{step.id}",
        )
    if command.digest != step.digest:
        raise Refused(
            "The plan has changed since you saw it. Your answer was not counted.",
            "Look at the current plan, then answer again.",
        )
    if step.expires_at is not None and world.now >= step.expires_at:
        raise Refused("The time to approve this plan is over.", f"Make a fresh plan: dr retry {incident.id} {step.id}.")
    return incident, run, step, step.rule


def check_proven(command: c.Approve | c.BreakGlass) -> None:
    """Who clicks is known by Slack and looked up; anybody else has to sign."""
    if command.proof is None and command.actor.via != "slack":
        raise Refused("This needs a signature when it is not clicked.", "Say who you are: --as PERSON --key FILE.")


def approve(state: Incident | None, command: c.Approve, world: World) -> tuple[Event, ...]:
    """A click is only offered; a signature, checked already, counts at once if the recovery plan allows it."""
    check_proven(command)
    incident, run, step, rule = the_shown_plan(state, command, world)
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
    incident, run, step, rule = the_shown_plan(state, command, world)
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
    incident, run, step = the_step_looked_at(state, command)
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
