"""cloudwatch.enable_alarms against moto, in the bot's own context."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pytest_httpserver import HTTPServer

from bot.actions import cloudwatch
from bot.actions.context import ContextFactory
from bot.domain.changes import Plan
from bot.engine.ports import Context, Notice, OutcomeUnknown, StepFacts, Unavailable
from bot.playground.cloud import Clients

REGION = "us-east-1"
PARAMS = cloudwatch.AlarmsParameters(region=REGION, alarms=("shop-5xx", "shop-latency", "shop-down"))
BEFORE = {"shop-5xx": False, "shop-latency": True, "shop-down": False}
AFTER = dict.fromkeys(BEFORE, True)


def nobody_is_told(_facts: StepFacts, _notices: tuple[Notice, ...]) -> None:
    raise AssertionError("nobody is told here")


@pytest.fixture
def context(moto_url: str, step_facts: Callable[..., StepFacts], monkeypatch: pytest.MonkeyPatch) -> Context:
    """The bot's own context for a step, on moto."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_url)
    return ContextFactory(now=lambda: datetime.now(UTC), notify=nobody_is_told, environ={})(step_facts())


@pytest.fixture
def alarms(moto_url: str) -> Any:
    """A client for an account with three alarms, of which one is enabled and one is made of the others."""
    client = Clients(moto_url).get("cloudwatch", REGION)
    for name in ("shop-5xx", "shop-latency"):
        client.put_metric_alarm(
            AlarmName=name,
            ActionsEnabled=BEFORE[name],
            Namespace="Shop",
            MetricName=name,
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
    put_composite_alarm(moto_url)
    return client


def put_composite_alarm(moto_url: str) -> None:
    """moto has no such operation: a metric alarm with a rule, which boto3 would not send, becomes a composite one."""
    form = {"Action": "PutMetricAlarm", "AlarmName": "shop-down", "AlarmRule": "ALARM(shop-5xx) OR ALARM(shop-latency)"}
    scope = f"AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/monitoring/aws4_request"
    made = httpx.post(moto_url, data=form | {"ActionsEnabled": "false"}, headers={"Authorization": scope}, timeout=30)
    made.raise_for_status()


def enabled(client: Any) -> dict[str, bool]:
    listed = client.describe_alarms(AlarmNames=list(BEFORE), AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    return {one["AlarmName"]: one["ActionsEnabled"] for one in listed["MetricAlarms"] + listed["CompositeAlarms"]}


def kept(plan: Plan) -> Plan:
    """The plan as the engine keeps it: through JSON."""
    return Plan.model_validate(json.loads(plan.model_dump_json()))


def planned(context: Context) -> Plan:
    return kept(cloudwatch.plan(PARAMS, cloudwatch.observe(PARAMS, context)))


def test_alarms_are_enabled_and_exactly_those_disabled_again(alarms: Any, context: Context) -> None:
    """What was disabled is enabled and read back; undo leaves alone what was enabled before."""
    plan = planned(context)
    assert [change.what for change in plan.changes] == ["actions of shop-5xx", "actions of shop-down"]
    assert not plan.obstacles
    assert cloudwatch.apply(PARAMS, plan, context) == {"enabled": {"shop-5xx": True, "shop-down": True}}
    assert enabled(alarms) == AFTER
    assert cloudwatch.verify(PARAMS, plan, context).holds is True
    assert planned(context).is_empty
    back = kept(cloudwatch.undo(PARAMS, plan, cloudwatch.observe(PARAMS, context)))
    cloudwatch.apply(PARAMS, back, context)
    assert enabled(alarms) == BEFORE
    assert cloudwatch.verify(PARAMS, back, context).holds is True
    assert cloudwatch.undo(PARAMS, plan, cloudwatch.observe(PARAMS, context)).is_empty


def test_undo_leaves_out_what_is_gone(alarms: Any, context: Context) -> None:
    """An alarm that was deleted since acts no more, so the others can still be put back."""
    plan = planned(context)
    cloudwatch.apply(PARAMS, plan, context)
    alarms.delete_alarms(AlarmNames=["shop-5xx"])
    back = cloudwatch.undo(PARAMS, plan, cloudwatch.observe(PARAMS, context))
    assert back.desired == {"enabled": {"shop-down": False}}


def test_settle_looks_at_what_the_plan_changes(alarms: Any, context: Context) -> None:
    """All changed is happened, none changed is not, and anything between says nothing."""
    plan = planned(context)
    alarms.disable_alarm_actions(AlarmNames=["shop-latency"])  # somebody else's doing, no part of the plan
    assert cloudwatch.settle(PARAMS, plan, context).outcome == "not_happened"
    alarms.enable_alarm_actions(AlarmNames=["shop-5xx"])
    between = cloudwatch.settle(PARAMS, plan, context)
    assert between.outcome == "unknown"
    assert "shop-5xx enabled, shop-down disabled" in between.finding
    alarms.enable_alarm_actions(AlarmNames=["shop-down"])
    assert cloudwatch.settle(PARAMS, plan, context).outcome == "happened"
    assert cloudwatch.verify(PARAMS, plan, context).holds is False, "the one that was enabled must still be"


def test_unknown_name_is_an_obstacle(alarms: Any, context: Context) -> None:
    """A name that CloudWatch does not know blocks the step, for the call would ignore it without a word."""
    params = cloudwatch.AlarmsParameters(region=REGION, alarms=("shop-5xx", "shop-latnecy"))
    plan = cloudwatch.plan(params, cloudwatch.observe(params, context))
    assert [obstacle.text for obstacle in plan.obstacles] == ["CloudWatch in us-east-1 has an alarm named shop-latnecy"]
    elsewhere = cloudwatch.AlarmsParameters(region="us-west-2", alarms=("shop-5xx",))
    assert cloudwatch.plan(elsewhere, cloudwatch.observe(elsewhere, context)).obstacles


def test_alarm_deleted_meanwhile_does_not_hold(alarms: Any, context: Context) -> None:
    """The call succeeds without an alarm, so only reading back can tell that it is not there."""
    plan = planned(context)
    alarms.delete_alarms(AlarmNames=["shop-5xx"])
    cloudwatch.apply(PARAMS, plan, context)
    verdict = cloudwatch.verify(PARAMS, plan, context)
    assert verdict.holds is False
    assert "shop-5xx not there" in verdict.finding
    assert cloudwatch.settle(PARAMS, plan, context).outcome == "unknown"


def test_alarm_without_data_is_told(alarms: Any, context: Context) -> None:
    """An alarm in INSUFFICIENT_DATA can be enabled, but the plan and the finding say that it tells nothing yet."""
    alarms.set_alarm_state(AlarmName="shop-latency", StateValue="INSUFFICIENT_DATA", StateReason="a new region")
    alarms.set_alarm_state(AlarmName="shop-5xx", StateValue="ALARM", StateReason="a bad night")
    plan = planned(context)
    [warning] = plan.warnings
    assert "INSUFFICIENT_DATA" in warning
    assert [name for name in BEFORE if name in warning] == ["shop-latency"]
    assert [measured.text for measured in plan.measurements] == ["in state ALARM: shop-5xx"]
    cloudwatch.apply(PARAMS, plan, context)
    verdict = cloudwatch.verify(PARAMS, plan, context)
    assert verdict.holds is True
    assert "No data to judge yet: shop-latency." in verdict.finding


def test_call_is_sent_once_and_its_failure_claims_nothing(
    alarms: Any, context: Context, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that proves nothing is an unknown outcome after one request, and no ground for a look."""
    plan = planned(context)
    httpserver.expect_request("/").respond_with_data("broken", status=500)
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", httpserver.url_for("/").rstrip("/"))
    with pytest.raises(OutcomeUnknown, match="alarms in us-east-1 was not confirmed"):
        cloudwatch.apply(PARAMS, plan, context)
    assert len(httpserver.log) == 1
    with pytest.raises(Unavailable, match="alarms in us-east-1 are enabled"):
        cloudwatch.settle(PARAMS, plan, context)
