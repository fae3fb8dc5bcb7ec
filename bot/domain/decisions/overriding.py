"""Decisions to go on all the same: risks accepted, several people's word, glass broken."""

from collections.abc import Callable, Iterator, Mapping

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.approvals import Rule, barred, eligible, members
from bot.domain.changes import risks_fingerprint
from bot.domain.decisions.approving import check_proven, the_shown_plan
from bot.domain.decisions.gates import may, requesters, step_rule
from bot.domain.decisions.incidents import text_of
from bot.domain.decisions.world import PLAIN, World, the_step_looked_at
from bot.domain.errors import Refused
from bot.domain.incident import ACCEPT_RISK, Incident, Run, StepRun
from bot.domain.timeline import Event
from bot.domain.transitions import StepState

SHORTEST_GLASS_REASON = 20


def accept_risk(state: Incident | None, command: c.AcceptRisk, world: World) -> tuple[Event, ...]:
    """A step that has not begun is planned anew, by an executor, under its rule and one approver more.

    What is done or only asked needs as many people's word.
    """
    incident, run, step = the_step_looked_at(state, command)
    if step.state is not StepState.BLOCKED or not step.risks:
        raise Refused(
            f"{step.id} is {PLAIN[step.state]}: there is no risk to accept.", _without_risk(incident, run, step)
        )
    if command.shown not in (None, risks_fingerprint(step.risks)):
        raise Refused(
            f"The risks of {step.id} have changed since you read them. Nothing was accepted.",
            f"Read what is at risk now: dr show {incident.id} {step.id}.",
        )
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
        verdict = may(person, rule, incident, step, world)
        leads = (incident.roles.get("commander"), incident.roles.get("deputy"))
        if not verdict.eligible and person not in leads:
            raise Refused(verdict.reason)
        return (accepted, e.StepReady(run=run.id, step=step.id, attempt=step.attempt, keeps_risks=True))
    outcome: e.Outcome = "unproven" if step.definition.kind == "action" else "risk_accepted"
    completed = e.StepCompleted(
        run=run.id, step=step.id, attempt=step.attempt, outcome=outcome, finding=step.finding, result=dict(step.result)
    )
    rule = rule.more(world.plan.approvals.accept_risk.extra)
    return by_word(incident, run, step, command, rule, world, ACCEPT_RISK, reason, lambda: (accepted, completed))


def _without_risk(incident: Incident, run: Run, step: StepRun) -> str:
    """What to do about a step that names no risk."""
    place = f"{incident.id} {run.id}/{step.id}"
    if step.state is not StepState.BLOCKED:
        return f"Look at it with: dr show {place}"
    return f"Look again with: dr retry {place}. To go on without it: dr skip {place}"


def by_word(
    incident: Incident,
    run: Run,
    step: StepRun,
    command: c.SharedWord,
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
    voided = tuple(_voided(run, step, decision, command.gone))
    said = {voice.person for voice in step.voices if voice.decision == decision} - command.gone.keys()
    able = eligible(rule, world.plan, requesters(step), incident.declarer)
    if person in said:
        left = world.names(p for p in able if p not in said)
        raise Refused(
            "You have said so already, and it counts.", f"Waiting for {rule.required - len(said)} more of {left}."
        )
    voice = voice_of(run, step, person, command, decision, reason)
    enough = len({person, *_counting(said, able, rule, incident, step, world)}) >= rule.required
    return (*voided, voice, *decided()) if enough else (*voided, voice)


def _voided(run: Run, step: StepRun, decision: str, gone: Mapping[str, str]) -> Iterator[Event]:
    for voice in step.voices:
        if voice.decision == decision and voice.person in gone:
            where = {"run": run.id, "step": step.id, "attempt": step.attempt}
            yield e.VoiceVoided(**where, person=voice.person, decision=decision, reason=gone[voice.person])


def _counting(
    said: set[str], able: tuple[str, ...], rule: Rule, incident: Incident, step: StepRun, world: World
) -> set[str]:
    """Whose earlier word counts still: nobody's who has left the plan.

    Who is in the team by its Slack group was looked up when they spoke, maybe by another replica.
    """
    team = world.plan.teams.get(rule.approvers)
    if team is None or team.slack_group is None:
        return said & set(able)
    return (said & world.plan.people.keys()) - barred(rule, requesters(step), incident.declarer)


def voice_of(run: Run, step: StepRun, person: str, command: c.SharedWord, decision: str, reason: str) -> Event:
    """One person's word, with the proof that it is theirs."""
    return e.VoiceGiven(
        run=run.id,
        step=step.id,
        attempt=step.attempt,
        person=person,
        decision=decision,
        reason=reason,
        proof=command.proof,
    )


def may_break_glass(world: World) -> frozenset[str]:
    """The people who may go on alone."""
    teams = world.plan.approvals.break_glass.allowed
    return frozenset(person for team in teams for person in members(world.plan, team))


def break_glass(state: Incident | None, command: c.BreakGlass, world: World) -> tuple[Event, ...]:
    """One person alone, from the plan's list, with a reason and the target typed, a few times an hour at most."""
    check_proven(command)
    _incident, run, step, _rule = the_shown_plan(state, command, world)
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
