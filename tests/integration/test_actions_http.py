"""http.request and the HTTP checks against a real server, in the bot's own context."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from bot.actions import http_healthy, http_journey, http_performance, http_request, system_health
from bot.actions.context import ContextFactory
from bot.actions.http_outcomes import REFUSED
from bot.domain.changes import Plan
from bot.domain.plan import EnvSecret
from bot.engine.ports import Context, NotApplied, Notice, OutcomeUnknown, StepFacts, Unavailable

GONE = "http://127.0.0.1:1/"  # nothing listens on port 1
CANARY = "canary-4711"
NAUGHTY = "' OR 1=1 -- <script>alert(1)</script> \u202e ﷽ \x00 *bold* <!channel> {{7*7}}"

Contexts = Callable[..., Context]


def nobody_is_told(_facts: StepFacts, _notices: tuple[Notice, ...]) -> None:
    raise AssertionError("nobody is told here")


@pytest.fixture
def contexts(httpserver: HTTPServer, step_facts: Callable[..., StepFacts]) -> Contexts:
    """Makes the bot's own context for a step that may ask the test's server and knows one secret."""

    def make(token: str = CANARY, **changes: Any) -> Context:
        environ = {"HOOK_TOKEN": token}
        factory = ContextFactory(now=lambda: datetime.now(UTC), notify=nobody_is_told, environ=environ)
        facts = step_facts(allow=(httpserver.url_for("/"), GONE), **changes)
        secrets = {"hook": EnvSecret.model_validate({"from": "env", "name": "HOOK_TOKEN"})}
        return factory(
            step_facts(environment_facts=facts.environment_facts.model_copy(update={"secrets": secrets}), **changes)
        )

    return make


@pytest.fixture
def request_to(httpserver: HTTPServer) -> Callable[..., http_request.RequestParameters]:
    """Makes the parameters of a request to the test's server."""

    def make(path: str = "/hook", **more: Any) -> http_request.RequestParameters:
        return http_request.RequestParameters.model_validate({"url": httpserver.url_for(path)} | more)

    return make


def planned(params: http_request.RequestParameters, context: Context) -> Plan:
    plan = http_request.plan(params, http_request.observe(params, context))
    return Plan.model_validate(json.loads(plan.model_dump_json()))


def seen(httpserver: HTTPServer, path: str = "/hook") -> list[Request]:
    return [request for request, _ in httpserver.log if request.path == path]


def test_request_is_sent_as_planned(httpserver: HTTPServer, contexts: Contexts, request_to: Any) -> None:
    """One POST carries the shown body and headers, the secret's value and the attempt's idempotency key."""
    httpserver.expect_request("/hook", method="POST").respond_with_json(
        {"id": 17, "echo": f"Bearer {CANARY}"}, status=202
    )
    params = request_to(
        headers={"X-Region": "us-west-2", "Authorization": {"secret": "hook"}}, body={"b": [1, None], "a": "ä"}
    )
    context = contexts()
    plan = planned(params, context)
    result = http_request.apply(params, plan, context)
    [request] = seen(httpserver)
    assert json.loads(request.get_data()) == {"a": "ä", "b": [1, None]}
    assert request.get_data().decode() in plan.changes[0].after
    assert request.headers["X-Region"] == "us-west-2"
    assert request.headers["Authorization"] == CANARY
    assert request.headers["Idempotency-Key"] == "INC-7/R1/the_step/1"
    assert request.headers["Content-Type"] == "application/json"
    assert result == {"status": 202, "answer": {"id": 17, "echo": "Bearer (secret)"}}
    assert CANARY not in plan.model_dump_json()
    verdict = http_request.verify(params, plan, contexts(result=result))
    assert verdict.holds is True
    assert "not checked" in verdict.finding


@pytest.mark.parametrize("status", sorted(REFUSED))
def test_refusal_proves_that_nothing_happened(
    httpserver: HTTPServer, contexts: Contexts, request_to: Any, status: int
) -> None:
    """A status of the table means not applied, and the error says why."""
    httpserver.expect_request("/hook").respond_with_data(NAUGHTY, status=status)
    params, context = request_to(), contexts()
    with pytest.raises(NotApplied, match=f"refused with {status}: {REFUSED[status]}"):
        http_request.apply(params, planned(params, context), context)
    assert len(seen(httpserver)) == 1


@pytest.mark.parametrize("status", [203, 206, 301, 302, 303, 307, 308, 408, 409, 412, 500, 502, 503, 504, 599])
def test_other_statuses_prove_nothing(httpserver: HTTPServer, contexts: Contexts, request_to: Any, status: int) -> None:
    """Any other status leaves the outcome unknown, a redirect too: it is not followed, so nothing is sent twice."""
    httpserver.expect_request("/hook").respond_with_data(status=status, headers={"Location": "/elsewhere"})
    httpserver.expect_request("/elsewhere").respond_with_data("")
    params, context = request_to(), contexts()
    with pytest.raises(OutcomeUnknown, match=f"answered with {status} instead of 200, 201, 202 or 204"):
        http_request.apply(params, planned(params, context), context)
    assert len(httpserver.log) == 1


def test_expected_status_is_success_whatever_it_is(httpserver: HTTPServer, contexts: Contexts, request_to: Any) -> None:
    """A status that the step expects means done, even one that elsewhere is a refusal."""
    httpserver.expect_request("/hook").respond_with_data("gone already", status=410)
    params, context = request_to(expect=[410]), contexts()
    result = http_request.apply(params, planned(params, context), context)
    assert result == {"status": 410, "answer": "gone already"}


def test_large_answer_is_cut(httpserver: HTTPServer, contexts: Contexts, request_to: Any) -> None:
    """Of 10 MB of answer some thousand characters are kept."""
    httpserver.expect_request("/hook").respond_with_data(b"x" * 10_000_000)
    params, context = request_to(), contexts()
    answer = http_request.apply(params, planned(params, context), context)["answer"]
    assert answer == "x" * http_request.ANSWER_LIMIT


def test_naughty_answer_is_kept_as_text(httpserver: HTTPServer, contexts: Contexts, request_to: Any) -> None:
    """What a server answers is data: it comes back as it was sent."""
    httpserver.expect_request("/hook").respond_with_data(NAUGHTY.encode(), content_type="text/plain; charset=utf-8")
    params, context = request_to(), contexts()
    assert http_request.apply(params, planned(params, context), context)["answer"] == NAUGHTY


def test_url_that_is_not_allowed_is_not_asked(contexts: Contexts, step_facts: Callable[..., StepFacts]) -> None:
    """Outside the allow-list there is no plan; after it was narrowed nothing is sent."""
    params = http_request.RequestParameters(url="http://127.0.0.1:9/hook")
    with pytest.raises(Unavailable, match=r"http\.allow"):
        http_request.observe(params, contexts())
    plan = http_request.plan(params, http_request.RequestFacts(account="123456789012"))
    with pytest.raises(NotApplied, match="was not sent"):
        http_request.apply(params, plan, contexts())


def test_changed_secret_is_not_sent(httpserver: HTTPServer, contexts: Contexts, request_to: Any) -> None:
    """A secret whose version is not the approved one stops the request before it is sent."""
    params, context = request_to(headers={"Authorization": {"secret": "hook"}}), contexts()
    facts = http_request.observe(params, context)
    old = facts.model_copy(update={"secrets": tuple(s.model_copy(update={"version": "v1"}) for s in facts.secrets)})
    with pytest.raises(NotApplied, match="hook has changed"):
        http_request.apply(params, http_request.plan(params, old), context)
    assert not httpserver.log


@pytest.mark.parametrize("token", [f"{CANARY}\n", f"{CANARY}\u00e4"])
def test_secret_that_fits_into_no_header_is_not_sent(
    httpserver: HTTPServer, contexts: Contexts, request_to: Any, token: str
) -> None:
    """A line break or a letter beyond ASCII is refused before anything is sent, and the refusal does not quote it."""
    params, context = request_to(headers={"Authorization": {"secret": "hook"}}), contexts(token)
    with pytest.raises(NotApplied, match="secret hook does not fit into a header") as refusal:
        http_request.apply(params, planned(params, context), context)
    assert CANARY not in str(refusal.value)
    assert not httpserver.log


def test_unknown_secret_is_unavailable(contexts: Contexts, request_to: Any) -> None:
    """A header that names a secret which the environment lacks can't be planned."""
    with pytest.raises(Unavailable, match="nowhere"):
        http_request.observe(request_to(headers={"Authorization": {"secret": "nowhere"}}), contexts())


@pytest.mark.parametrize(
    ("status", "outcome", "holds"), [(204, "happened", True), (404, "unknown", False), (500, "unknown", False)]
)
def test_only_a_yes_of_the_probe_settles(
    httpserver: HTTPServer, contexts: Contexts, request_to: Any, status: int, outcome: str, holds: bool
) -> None:
    """A probe that says yes settles that it happened; one that says no may be early."""
    httpserver.expect_request("/done", method="GET").respond_with_data(status=status)
    params = request_to(probe={"url": httpserver.url_for("/done"), "expect": 204})
    plan = Plan(action="http.request", summary="", target="")
    settlement = http_request.settle(params, plan, contexts())
    assert settlement.outcome == outcome
    assert f"answered {status}" in settlement.finding
    assert http_request.verify(params, plan, contexts()).holds is holds
    assert not seen(httpserver)


def test_probe_that_holds_makes_the_plan_empty(httpserver: HTTPServer, contexts: Contexts, request_to: Any) -> None:
    """What has happened already is not asked for again."""
    httpserver.expect_request("/done").respond_with_data(status=200)
    params = request_to(probe={"url": httpserver.url_for("/done")})
    plan = planned(params, contexts())
    assert plan.is_empty
    assert "answered 200" in plan.nothing_to_do
    assert not seen(httpserver)


def test_without_a_probe_nobody_knows(contexts: Contexts, request_to: Any) -> None:
    """Without a probe settling is for a person."""
    plan = Plan(action="http.request", summary="", target="")
    assert http_request.settle(request_to(), plan, contexts()).outcome == "unknown"


def probes(httpserver: HTTPServer, *paths: str, **within: str) -> system_health.HealthParameters:
    """Probes of these paths, with time enough for an answer unless said otherwise."""
    health = [
        {"name": f"probe {path}", "url": httpserver.url_for(path), "within": within.get(path[1:], "10s")}
        for path in paths
    ]
    return system_health.HealthParameters.model_validate({"health": health})


def slow(_request: Request) -> Response:
    time.sleep(0.4)
    return Response("late")


def test_system_is_healthy_when_every_probe_is(httpserver: HTTPServer, contexts: Contexts) -> None:
    """All probes answering as expected and in time is healthy, with each probe's figures."""
    httpserver.expect_request("/a").respond_with_data("")
    httpserver.expect_request("/b").respond_with_data("")
    verdict = system_health.look(probes(httpserver, "/a", "/b"), contexts())
    assert verdict.holds is True
    assert verdict.finding.startswith("probe /a answered 200 after ")
    assert set(verdict.evidence) == {"probe /a", "probe /b"}


def test_the_probe_that_fails_is_named(httpserver: HTTPServer, contexts: Contexts) -> None:
    """Wrong status, slowness and no answer are each told with their figures, and the healthy one is not."""
    httpserver.expect_request("/good").respond_with_data("")
    httpserver.expect_request("/bad").respond_with_data("", status=503)
    httpserver.expect_request("/slow").respond_with_handler(slow)
    verdict = system_health.look(probes(httpserver, "/good", "/bad", "/slow", slow="200ms"), contexts())
    assert verdict.holds is False
    assert "probe /bad answered 503 after" in verdict.finding
    assert "200 is expected" in verdict.finding
    assert "probe /slow did not answer" in verdict.finding
    assert "/good" not in verdict.finding


def test_server_that_is_gone_is_not_healthy(contexts: Contexts) -> None:
    """A refused connection is a measured no, not an unknown."""
    params = system_health.HealthParameters.model_validate({"health": [{"name": "shop", "url": GONE}]})
    verdict = system_health.look(params, contexts())
    assert verdict.holds is False
    assert "shop did not answer ([Errno 111] Connection refused" in verdict.finding


def test_probe_that_may_not_be_asked_is_unknown(contexts: Contexts) -> None:
    """What the environment does not allow to ask can't be known."""
    params = http_healthy.HealthyParameters(url="http://127.0.0.1:9/")
    with pytest.raises(Unavailable, match=r"http\.allow"):
        http_healthy.look(params, contexts())


@pytest.mark.parametrize(("status", "expect", "holds"), [(200, 200, True), (204, 204, True), (200, 204, False)])
def test_url_is_healthy_when_it_answers_as_expected(
    httpserver: HTTPServer, contexts: Contexts, status: int, expect: int, holds: bool
) -> None:
    """The status decides."""
    httpserver.expect_request("/").respond_with_data(status=status)
    params = http_healthy.HealthyParameters(url=httpserver.url_for("/"), expect=expect)
    verdict = http_healthy.look(params, contexts())
    assert verdict.holds is holds
    assert verdict.evidence["status"] == status


def journey(httpserver: HTTPServer, *steps: dict[str, Any]) -> http_journey.JourneyParameters:
    urls = [{key: httpserver.url_for(v) if key in ("get", "post") else v for key, v in step.items()} for step in steps]
    return http_journey.JourneyParameters.model_validate({"steps": urls})


def needs_session(request: Request) -> Response:
    return Response("orders: 3" if request.cookies.get("session") == "s1" else "sign in", status=200)


def test_journey_keeps_its_session(httpserver: HTTPServer, contexts: Contexts) -> None:
    """A cookie set by one step is sent with the next, and each look begins anew."""
    httpserver.expect_request("/login", method="POST", json={"user": "probe"}).respond_with_data(
        "", status=201, headers={"Set-Cookie": "session=s1; Path=/"}
    )
    httpserver.expect_request("/orders").respond_with_handler(needs_session)
    login = {"post": "/login", "body": {"user": "probe"}, "expect": 201}
    orders = {"get": "/orders", "contains": "orders: 3"}
    assert http_journey.look(journey(httpserver, login, orders), contexts()).holds is True
    alone = http_journey.look(journey(httpserver, orders), contexts())
    assert alone.holds is False
    assert "does not contain 'orders: 3'" in alone.finding


def test_journey_ends_at_the_first_wrong_step(httpserver: HTTPServer, contexts: Contexts) -> None:
    """The step that is not as expected is named, and those after it are not gone."""
    for path, status in {"/a": 200, "/b": 500, "/c": 200}.items():
        httpserver.expect_request(path).respond_with_data(status=status)
    verdict = http_journey.look(journey(httpserver, {"get": "/a"}, {"get": "/b"}, {"get": "/c"}), contexts())
    assert verdict.holds is False
    assert verdict.finding == f"Step 2 of 3, GET {httpserver.url_for('/b')}: answered 500; 200 is expected."
    assert [request.path for request, _ in httpserver.log] == ["/a", "/b"]


def test_journey_without_an_answer_fails(contexts: Contexts) -> None:
    """No answer is told as such."""
    verdict = http_journey.look(http_journey.JourneyParameters.model_validate({"steps": [{"get": GONE}]}), contexts())
    assert verdict.holds is False
    assert "no answer ([Errno 111] Connection refused" in verdict.finding


def measured(httpserver: HTTPServer, **more: Any) -> http_performance.PerformanceParameters:
    base = {"url": httpserver.url_for("/"), "p95": "5s", "requests": 8, "concurrency": 4}
    return http_performance.PerformanceParameters.model_validate(base | more)


def test_performance_sends_so_many_requests(httpserver: HTTPServer, contexts: Contexts) -> None:
    """As many requests as asked for are sent, and the figures are told."""
    httpserver.expect_request("/").respond_with_data("")
    verdict = http_performance.look(measured(httpserver), contexts())
    assert verdict.holds is True
    assert len(httpserver.log) == 8
    assert verdict.evidence["requests"] == 8
    assert {"p50", "p95", "max"} <= set(verdict.evidence)


def test_performance_beyond_the_bound_fails(httpserver: HTTPServer, contexts: Contexts) -> None:
    """A 95th percentile over the bound does not hold."""
    httpserver.expect_request("/").respond_with_handler(slow)
    verdict = http_performance.look(measured(httpserver, p95="300ms", requests=3), contexts())
    assert verdict.holds is False
    assert "p95 may be 300 ms" in verdict.finding


def test_performance_counts_failures(httpserver: HTTPServer, contexts: Contexts) -> None:
    """One request that fails is one too many, however fast the others are."""
    httpserver.expect_ordered_request("/").respond_with_data("", status=500)
    for _ in range(3):
        httpserver.expect_ordered_request("/").respond_with_data("")
    verdict = http_performance.look(measured(httpserver, requests=4, concurrency=1), contexts())
    assert verdict.holds is False
    assert verdict.evidence["failed"] == 1
    assert "1 of 4 requests failed" in verdict.finding
