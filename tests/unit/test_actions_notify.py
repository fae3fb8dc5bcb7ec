"""Whom notify.template and notify.page tell, and that each is told once."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from bot.actions import notify
from bot.domain.changes import Plan
from bot.domain.plan import RecoveryPlan
from bot.engine.ports import Notice, StepFacts, Unavailable

Facts = Callable[..., StepFacts]


class Told:
    """Stands in for the bot's context: it keeps what it is asked to tell."""

    def __init__(self, facts: StepFacts) -> None:
        self.facts = facts
        self.notices: list[Notice] = []

    def notify(self, notices: tuple[Notice, ...]) -> None:
        self.notices.extend(notices)


def planned(context: Any, **parameters: Any) -> Plan:
    params = notify.TemplateParameters.model_validate({"template": "initial_notification"} | parameters)
    plan = notify.plan_template(params, notify.observe_template(params, context))
    return Plan.model_validate(json.loads(plan.model_dump_json()))


def people(plan: Plan) -> Any:
    return plan.desired["people"]


def test_severity_says_who_is_told(step_facts: Facts) -> None:
    """Without `to` everybody whom the matrix names for the severity is told, each once."""
    assert people(planned(Told(step_facts(severity="sev1")))) == ["erin", "alice", "bob", "carol"]
    assert people(planned(Told(step_facts(severity="sev3")))) == ["bob", "carol"]


def test_severity_without_recipients_tells_nobody(step_facts: Facts) -> None:
    """Where the matrix names nobody the plan is empty and says so."""
    plan = planned(Told(step_facts(severity="sev4")))
    assert plan.is_empty
    assert plan.nothing_to_do == "The recovery plan's notifications name nobody for sev4."


def test_to_names_teams_and_people(step_facts: Facts) -> None:
    """`to` takes the place of the matrix, and a person in two of its teams is told once."""
    plan = planned(Told(step_facts()), to=["operations_team", "dr_team", "erin"])
    assert people(plan) == ["bob", "carol", "alice", "erin"]


def test_unknown_team_is_unavailable(step_facts: Facts) -> None:
    """A team that the recovery plan does not know can't be told, and the error names it."""
    with pytest.raises(Unavailable, match="no team or person opps"):
        planned(Told(step_facts()), to=["dr_team", "opps"])


def test_who_was_told_is_not_told_again(step_facts: Facts) -> None:
    """Who has this very template is left out; who has another is not."""
    told = {"initial_notification": frozenset({"alice", "bob"}), "resolution": frozenset({"carol"})}
    assert people(planned(Told(step_facts(told=told)))) == ["erin", "carol"]
    everybody = {"initial_notification": frozenset({"alice", "bob", "carol", "erin"})}
    plan = planned(Told(step_facts(told=everybody)))
    assert plan.is_empty
    assert plan.nothing_to_do == "All have been told already: Erin Evans, Alice Adams, Bob Brown, Carol Chen."


def test_drill_tells_its_participants_alone(step_facts: Facts, recovery_plan: RecoveryPlan) -> None:
    """In a drill nobody but the participants of a drill in this very environment is told."""
    only_dr_team = recovery_plan.model_copy(update={"drills": {"failover": recovery_plan.drills["failover"]}})
    staging = {"drill": True, "environment": "staging", "recovery_plan": only_dr_team}
    assert people(planned(Told(step_facts(**staging)))) == ["alice", "bob"]
    left_out = planned(Told(step_facts(**staging)), to=["executive_team"])
    assert left_out.is_empty
    assert "none of Erin Evans takes part in a drill in staging" in left_out.nothing_to_do


def test_drill_elsewhere_tells_nobody(step_facts: Facts, recovery_plan: RecoveryPlan) -> None:
    """A drill in an environment for which the plan has no drill tells nobody: closed by default."""
    plan = planned(Told(step_facts(drill=True, environment="production")))
    assert plan.is_empty
    assert planned(Told(step_facts(drill=True, recovery_plan=recovery_plan.model_copy(update={"drills": {}})))).is_empty


def test_notice_is_known_by_attempt_and_person(step_facts: Facts) -> None:
    """Applied twice, the same notices are recorded under the same ids, so that each is sent once."""
    context: Any = Told(step_facts())
    plan = planned(context, to=["dr_team"])
    params = notify.TemplateParameters(template="initial_notification")
    result = notify.apply(params, plan, context)
    notify.apply(params, plan, context)
    assert [notice.id for notice in context.notices] == [
        "INC-7/R1/the_step/1/alice",
        "INC-7/R1/the_step/1/bob",
        "INC-7/R1/the_step/1/alice",
        "INC-7/R1/the_step/1/bob",
    ]
    assert {notice.template for notice in context.notices} == {"initial_notification"}
    assert result == {"template": "initial_notification", "people": ["alice", "bob"]}


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        ((), "not_happened"),
        (("alice",), "unknown"),
        (("alice", "bob"), "happened"),
        (("alice", "bob", "erin"), "happened"),
    ],
)
def test_settle_by_who_was_told(step_facts: Facts, told: tuple[str, ...], outcome: str) -> None:
    """After a crash the timeline says who was told: all, some or none."""
    plan = planned(Told(step_facts()), to=["dr_team"])
    context: Any = Told(step_facts(told={"initial_notification": frozenset(told)}))
    settled = notify.settle(notify.TemplateParameters(template="initial_notification"), plan, context)
    assert settled.outcome == outcome
    assert settled.finding.endswith(" of Alice Adams, Bob Brown.")


@pytest.mark.parametrize(
    ("severity", "finding"),
    [
        ("sev3", "All have been told already: Bob Brown, Carol Chen."),
        ("sev4", "The recovery plan's notifications name nobody for sev4."),
    ],
)
def test_nobody_left_is_told_apart_from_somebody_told(step_facts: Facts, severity: str, finding: str) -> None:
    """Where nobody was left to tell, the finding says why instead of an empty list of deliveries."""
    context: Any = Told(step_facts(severity=severity, told={"initial_notification": frozenset({"bob", "carol"})}))
    plan = planned(context)
    verdict = notify.verify(notify.TemplateParameters(template="initial_notification"), plan, context)
    assert verdict.holds is True
    assert verdict.finding == finding


def test_page_goes_to_the_team(step_facts: Facts) -> None:
    """A page goes to the team's members, and those who were paged already are left out."""
    context: Any = Told(step_facts(told={"page": frozenset({"alice"})}))
    params = notify.PageParameters(team="dr_team")
    plan = notify.plan_page(params, notify.observe_page(params, context))
    assert people(plan) == ["bob"]
    assert "by email" in plan.summary
    notify.apply(params, plan, context)
    assert [(notice.person, notice.template) for notice in context.notices] == [("bob", "page")]
    verdict = notify.verify(params, plan, context)
    assert verdict.holds is True
    assert verdict.finding.startswith("Recorded for delivery to Bob Brown.")


def test_telling_people_needs_no_approval() -> None:
    """Messages change nothing that matters, and the same message again is harmless."""
    for action in (notify.TEMPLATE, notify.PAGE_TEAM):
        assert not action.gated
        assert action.repeatable
