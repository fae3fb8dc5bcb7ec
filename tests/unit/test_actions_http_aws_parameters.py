"""What the parameters of the AWS and HTTP actions accept, and how their figures are judged."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from bot.actions.elbv2_listener import judge
from bot.actions.http_journey import JourneyParameters
from bot.actions.http_outcomes import REFUSED, expect_status
from bot.actions.http_performance import PerformanceParameters, percentile
from bot.actions.http_probes import Answer, milliseconds
from bot.actions.registry import ACTIONS, CHECKS
from bot.actions.route53_records import spelled
from bot.actions.system_health import HealthParameters, passes, told
from bot.domain.targets import HealthProbe
from bot.engine.ports import NotApplied, OutcomeUnknown

URL = "https://shop.example.com/health"
RECORD = {"zone": "Z0SHOP", "name": "shop.example.com", "type": "A", "sets": {"primary": "west", "recovery": "east"}}
ARN = "arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/shop/2"
BALANCER = {
    "name": "shop",
    "region": "us-east-1",
    "listener": ARN.replace("targetgroup", "listener"),
    "groups": {"shop": ARN},
}

ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    ("route53.weights", {"record": RECORD, "weights": {"primary": 0, "recovery": 255}}),
    ("elbv2.weights", {"load_balancer": BALANCER, "weights": {"shop": 999}}),
    ("cloudwatch.enable_alarms", {"region": "us-east-1", "alarms": ["shop-5xx", "shop-latency"]}),
    (
        "http.request",
        {"method": "POST", "url": URL, "headers": {"X-A": "b", "Authorization": {"secret": "hook"}}, "body": [1]},
    ),
    ("notify.template", {"template": "initial_notification", "to": ["dr_team"]}),
    ("notify.page", {"team": "dr_team"}),
    ("system.health", {"health": [{"name": "orders", "url": URL, "expect": 200, "within": "2s"}], "hold": "15m"}),
    ("http.healthy", {"url": URL, "expect": 204, "within": "500ms"}),
    ("http.journey", {"steps": [{"get": URL}, {"post": URL, "body": {"a": 1}, "expect": 201, "contains": "ok"}]}),
    ("http.performance", {"url": URL, "p95": "500ms", "requests": 500, "concurrency": 10}),
]

REFUSED_PARAMETERS: list[tuple[str, dict[str, Any], str]] = [
    ("route53.weights", {"record": RECORD, "weights": {"primary": 0, "south": 1}}, "no set named south"),
    ("route53.weights", {"record": RECORD, "weights": {"primary": 0}}, "every weight is 0"),
    ("route53.weights", {"record": RECORD, "weights": {}}, "at least 1"),
    ("route53.weights", {"record": RECORD, "weights": {"primary": 256}}, "less than or equal to 255"),
    ("elbv2.weights", {"load_balancer": BALANCER, "weights": {"hsop": 1}}, "no group hsop"),
    ("elbv2.weights", {"load_balancer": BALANCER, "weights": {"shop": 0}}, "nobody would be served"),
    ("elbv2.weights", {"load_balancer": BALANCER, "weights": {"shop": 1000}}, "less than or equal to 999"),
    ("cloudwatch.enable_alarms", {"region": "us-east-1", "alarms": []}, "at least 1"),
    ("cloudwatch.enable_alarms", {"region": "us-east-1", "alarms": ["a", "b", "a"]}, "a is named more than once"),
    ("cloudwatch.enable_alarms", {"region": "us-east-1", "alarms": ["a" * 256]}, "at most 255"),
    ("http.request", {"method": "DELETE", "url": URL}, "POST"),
    ("http.request", {"url": "https://user:pw@example.com/"}, "user or a password"),
    ("http.request", {"url": URL, "headers": {"idempotency-key": "x"}}, "written by the bot itself"),
    ("http.request", {"url": URL, "headers": {"X A": "x"}}, "not a header's name"),
    ("http.request", {"url": URL, "headers": {"X-A": "x\r\nHost: evil"}}, "one line of ASCII"),
    ("http.request", {"url": URL, "expect": []}, "at least 1"),
    ("system.health", {"health": []}, "at least 1"),
    ("http.journey", {"steps": []}, "at least 1"),
    ("http.journey", {"steps": [{"expect": 200}]}, "either get or post"),
    ("http.journey", {"steps": [{"get": URL, "post": URL}]}, "either get or post"),
    ("http.journey", {"steps": [{"get": URL, "body": 1}]}, "a get has no body"),
    ("http.performance", {"url": URL, "p95": "500ms", "requests": 501}, "less than or equal to 500"),
    ("http.performance", {"url": URL, "p95": "500ms", "requests": 0}, "greater than or equal to 1"),
    ("http.performance", {"url": URL, "p95": "500ms", "concurrency": 11}, "less than or equal to 10"),
]


def parameters_of(name: str) -> type[BaseModel]:
    return (ACTIONS[name] if name in ACTIONS else CHECKS[name]).params


@pytest.mark.parametrize(("name", "given_parameters"), ACCEPTED, ids=[name for name, _ in ACCEPTED])
def test_parameters_survive_json(name: str, given_parameters: dict[str, Any]) -> None:
    """What a runbook writes is accepted, and comes back the same through JSON."""
    model = parameters_of(name)
    read = model.model_validate(given_parameters)
    assert model.model_validate_json(read.model_dump_json(by_alias=True)) == read


@pytest.mark.parametrize(("name", "wrong", "why"), REFUSED_PARAMETERS)
def test_wrong_parameters_are_refused(name: str, wrong: dict[str, Any], why: str) -> None:
    """What could not work or would do harm is refused, and the error says what is wrong."""
    with pytest.raises(ValidationError, match=why):
        parameters_of(name).model_validate(wrong)


def test_every_status_has_one_meaning() -> None:
    """Expected is done; what the table names is refused; everything else is unknown. A 5xx is never a refusal."""
    for status in range(100, 600):
        expect_status("The request", status, (status,))
        expected: type[Exception] = NotApplied if status in REFUSED else OutcomeUnknown
        with pytest.raises(expected, match=str(status)):
            expect_status("The request", status, (600,))
    assert max(REFUSED) < 500


@pytest.mark.parametrize(
    ("states", "serves"),
    [
        ({"healthy": 1, "unhealthy": 9}, True),
        ({"healthy": 1, "initial": 1}, True),
        ({"unhealthy": 2}, False),
        ({"draining": 1}, False),
        ({}, False),
        ({"initial": 1, "unhealthy": 1}, None),
        ({"unused": 2}, None),
        ({"unavailable": 1}, None),
    ],
)
def test_health_of_a_group(states: dict[str, int], serves: bool | None) -> None:
    """One healthy target serves, none does not, and what was not checked is unknown, never zero."""
    health = judge(Counter(states))
    assert health.serves is serves
    assert health.healthy == {True: 1, False: 0, None: None}[serves]
    assert all(state in health.states for state in states)


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=200), st.integers(1, 100))
def test_percentile_is_a_nearest_rank(lengths: list[int], percent: int) -> None:
    """It is one of the values, and the smallest that at least so many percent do not exceed."""
    ordered = sorted(timedelta(milliseconds=length) for length in lengths)
    found = percentile(ordered, percent)
    assert found in ordered
    assert sum(one <= found for one in ordered) * 100 >= percent * len(ordered)
    assert sum(one < found for one in ordered) * 100 < percent * len(ordered)


def test_percentile_of_hundred() -> None:
    """The 95th percentile of 1 to 100 is 95."""
    assert percentile([timedelta(seconds=second) for second in range(1, 101)], 95) == timedelta(seconds=95)


def test_just_over_the_bound_does_not_look_like_the_bound() -> None:
    """A slow answer is told in milliseconds beside what is allowed."""
    probe = HealthProbe(name="orders", url=URL, within=timedelta(seconds=2))
    late = Answer(200, timedelta(milliseconds=2004))
    assert not passes(probe, late)
    assert told(probe, late) == "orders answered 200 after 2004 ms; 2000 ms is allowed"
    assert milliseconds(timedelta(microseconds=41_600)) == "42 ms"


@pytest.mark.parametrize("name", ["shop.example.com", "Shop.Example.com.", "SHOP.EXAMPLE.COM"])
def test_domain_names_have_one_spelling(name: str) -> None:
    """Case and the dot at the end make no other name."""
    assert spelled(name) == "shop.example.com"


def test_wildcard_is_spelled_as_people_do() -> None:
    """Route 53 writes a star as an octal escape."""
    assert spelled("\\052.example.com.") == "*.example.com"


def test_defaults_are_modest() -> None:
    """Without more words: 50 requests one after the other, and a probe that holds at once."""
    performance = PerformanceParameters.model_validate({"url": URL, "p95": "1s"})
    assert (performance.requests, performance.concurrency) == (50, 1)
    assert HealthParameters.model_validate({"health": [{"name": "a", "url": URL}]}).hold is None
    assert JourneyParameters.model_validate({"steps": [{"get": URL}]}).steps[0].expect == 200
