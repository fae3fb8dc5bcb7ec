"""A made-up incident, half an hour old: what a template's author previews with."""

from datetime import UTC, datetime, timedelta

from bot.comms.view import View
from bot.domain import events as e
from bot.domain.approvals import rule_for
from bot.domain.changes import Change, Measurement, Plan
from bot.domain.evolve import fold
from bot.domain.plan import RecoveryPlan
from bot.domain.runbook import Runbook
from bot.domain.timeline import BOT, Event, Recorded

STREAM = "INC-7"
DECLARED_AT = datetime(2026, 11, 3, 2, 4, tzinfo=UTC)
WRITTEN = {  # sections that only an occasion knows
    "who": "Alice Adams",
    "step": "Promote the replica",
    "target": "customers-east",
    "reason": "Nobody else can be reached and the shop is down.",
}
MINUTE = timedelta(minutes=1)
RUNBOOK = Runbook.model_validate(
    {
        "runbook": "regional-failover",
        "title": "Fail over to the recovery region",
        "kind": "failover",
        "for": "postgres",
        "steps": [
            {"id": "assess_situation", "title": "Assess the situation", "manual": "Look.", "expected": "5m"},
            {"id": "promote_replica", "title": "Promote the replica", "action": "postgres.promote", "expected": "2m"},
            {"id": "check_health", "title": "Check the system's health", "check": "system.health", "expected": "5m"},
            {"id": "update_dns", "title": "Point DNS at the recovery region", "action": "route53.weights", "needs": []},
        ],
    }
)


def sample(plan: RecoveryPlan) -> View:
    """The incident in words of the given recovery plan, 30 minutes after its declare."""
    events = _events(plan)
    rows = [
        Recorded(STREAM, seq, DECLARED_AT + minutes * MINUTE, BOT, event, "", "")
        for seq, (minutes, event) in enumerate(events, start=1)
    ]
    incident = fold(rows)
    assert incident is not None
    return View(incident, plan, DECLARED_AT + 30 * MINUTE)


def _events(plan: RecoveryPlan) -> list[tuple[int, Event]]:
    """Minutes after the declare, and what happened."""
    person, approver = (list(plan.people) * 2)[:2]
    assess, promote, check, dns = ({"run": "R1", "step": step.id, "attempt": 1} for step in RUNBOOK.steps)
    return [
        (0, _declared(plan, person)),
        (1, _started(plan, person)),
        (1, e.StepReady(**assess)),
        (3, e.StepCompleted(**assess)),
        (3, e.StepReady(**promote)),
        (4, e.StepPlanned(**promote, generation=1, plan=_plan("postgres.promote"), digest="7f3a91c2")),
        (7, e.StepStarted(**promote, digest="7f3a91c2", token=f"{STREAM}/R1/promote_replica/1")),
        (8, e.StepCompleted(**promote, outcome="verified", finding="accepts writes")),
        (8, e.StepReady(**check)),
        (26, e.StepReady(**dns)),
        (27, _dns_planned(plan, dns, approver)),
        (28, e.StepStarted(**check, token=f"{STREAM}/R1/check_health/1")),
        (29, e.StepLooked(**check, finding="2 of 3 probes answer")),
    ]


def _declared(plan: RecoveryPlan, person: str) -> Event:
    system = next(iter(plan.systems))
    severity, meaning = next(iter(plan.severities.items()))
    objectives = plan.systems[system].objectives
    return e.IncidentDeclared(
        number=7,
        title="us-west-2 is down",
        severity=severity,
        systems=(system,),
        since=DECLARED_AT - 9 * MINUTE,
        description="The primary does not answer. The shop shows its maintenance page.",
        environment=next(iter(plan.environments)),
        commander=person,
        declarer=person,
        rto=objectives.rto,
        rpo=objectives.rpo,
        update_every=meaning.updates.every if meaning.updates else None,
        recovery_plan=plan.digest,
    )


def _started(plan: RecoveryPlan, person: str) -> Event:
    return e.RunStarted(
        run="R1",
        runbook=RUNBOOK,
        digest=RUNBOOK.digest,
        system=next(iter(plan.systems)),
        environment=next(iter(plan.environments)),
        requester=person,
        ungated=("assess_situation", "check_health"),
    )


def _dns_planned(plan: RecoveryPlan, where: dict[str, object], approver: str) -> Event:
    return e.StepPlanned(
        **where,
        generation=1,
        plan=_plan("route53.weights"),
        digest="91c27f3a",
        rule=rule_for(plan.approvals, None),
        waits_for=(approver,),
    )


def _plan(action: str) -> Plan:
    return Plan(
        action=action,
        summary="What the step would do",
        target="customers-east",
        changes=(Change(resource="customers-east", what="role", before="in recovery", after="accepts writes"),),
        measurements=(Measurement(name="data_loss", text="at most 8 min 19 s", value=499, unit="s"),)
        if action == "postgres.promote"
        else (),
    )
