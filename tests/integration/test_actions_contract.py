"""What every action does in a world where all is done already: it plans nothing, and a dry look changes nothing."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import psycopg
import pytest
from pytest_httpserver import HTTPServer

from bot.actions.context import ContextFactory
from bot.actions.registry import ACTIONS, CHECKS
from bot.domain.plan import RecoveryPlan
from bot.domain.targets import PostgresTarget
from bot.engine.ports import Context, Notice, Secret, StepFacts
from bot.playground.aws import EAST, WEST, make_alarm, make_load_balancer, make_machine, make_zone
from bot.playground.cloud import Clients
from bot.playground.pair import Pair
from tests.integration.postgres_world import World

Facts = dict[str, Any]
Done = tuple[dict[str, Any], Facts]


class OnlyLooking:
    """A context through which nothing can be changed: the one that a dry run and a look need."""

    def __init__(self, real: Context) -> None:
        self._real = real

    @property
    def facts(self) -> StepFacts:
        return self._real.facts

    def now(self) -> datetime:
        return self._real.now()

    def aws(self, service: str, region: str, *, mutating: bool = False) -> Any:
        assert not mutating, "a look asked for a client that changes things"
        return self._real.aws(service, region)

    def secret(self, name: str) -> Secret:
        return self._real.secret(name)

    def postgres(
        self, target: PostgresTarget, *, user: str | None = None, password: str | None = None
    ) -> psycopg.Connection[Any]:
        connection = self._real.postgres(target, user=user, password=password)
        connection.execute("SET default_transaction_read_only = on")
        return connection

    def http(self, method: str, url: str, **options: Any) -> httpx.Response:
        assert method in ("GET", "HEAD"), "a look sent something that may change things"
        return self._real.http(method, url, **options)

    def changed(self) -> None:
        raise AssertionError("a look changed something")

    def notify(self, notices: tuple[Notice, ...]) -> None:
        raise AssertionError("a look told somebody")


@pytest.fixture
def in_aws(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> Clients:
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_url)
    return Clients(moto_url)


def enabled_alarm(request: pytest.FixtureRequest) -> Done:
    make_alarm(request.getfixturevalue("in_aws"))
    return {"region": EAST, "alarms": ["customers-east-cpu"]}, {}


def weighted_record(request: pytest.FixtureRequest) -> Done:
    zone = make_zone(request.getfixturevalue("in_aws"))
    record = {"zone": zone, "name": "shop.example.com", "type": "A", "sets": {"primary": "west", "recovery": "east"}}
    return {"record": record, "weights": {"primary": 100, "recovery": 0}}, {}


def listener(request: pytest.FixtureRequest) -> Done:
    made = make_load_balancer(request.getfixturevalue("in_aws"))
    target = {"name": made.name, "region": EAST, "listener": made.listener, "groups": made.groups}
    return {"load_balancer": target, "weights": {"maintenance": 100, "shop": 0}}, {}


def hook(request: pytest.FixtureRequest) -> Done:
    server: HTTPServer = request.getfixturevalue("httpserver")
    server.expect_request("/state").respond_with_data("done")
    url, probe = server.url_for("/hook"), {"url": server.url_for("/state"), "expect": 200}
    return {"method": "POST", "url": url, "probe": probe}, {"allow": (server.url_for("/"),)}


def told(request: pytest.FixtureRequest) -> Done:
    recovery_plan: RecoveryPlan = request.getfixturevalue("recovery_plan")
    everybody = frozenset(recovery_plan.people)
    return {"template": "initial_notification"}, {"told": {"initial_notification": everybody}}


def paged(request: pytest.FixtureRequest) -> Done:
    recovery_plan: RecoveryPlan = request.getfixturevalue("recovery_plan")
    return {"team": "dr_team"}, {"told": {"page": frozenset(recovery_plan.people)}}


def stopped_machine(request: pytest.FixtureRequest) -> Done:
    clients: Clients = request.getfixturevalue("in_aws")
    instance = make_machine(clients, WEST, "customers-west").instance
    clients.get("ec2", WEST).stop_instances(InstanceIds=[instance])
    database = {"kind": "postgres", "region": WEST, "host": "west.internal", "database": "customers", "user": "dr_bot"}
    return {"database": {**database, "instance": instance}, "method": "ec2_stop"}, {}


def primary(request: pytest.FixtureRequest) -> Done:
    pair: Pair = request.getfixturevalue("pg_pair")
    world = World(pair, request.getfixturevalue("step_facts"))
    request.getfixturevalue("monkeypatch").setenv("BOT_PASSWORD", pair.roles.bot.password)
    return {"database": world.primary.model_dump(mode="json")}, {
        "environment_facts": world.context().facts.environment_facts
    }


DONE: dict[str, Callable[[pytest.FixtureRequest], Done]] = {
    "cloudwatch.enable_alarms": enabled_alarm,
    "elbv2.weights": listener,
    "http.request": hook,
    "notify.page": paged,
    "notify.template": told,
    "postgres.fence": stopped_machine,
    "postgres.promote": primary,
    "route53.weights": weighted_record,
}


def test_every_action_has_its_world() -> None:
    """Whoever adds an action adds the world in which nothing is left for it to do."""
    assert set(DONE) == set(ACTIONS)
    assert not set(ACTIONS) & set(CHECKS)


@pytest.mark.parametrize("name", list(ACTIONS))
def test_nothing_to_do_is_seen_by_looking_alone(
    name: str, request: pytest.FixtureRequest, step_facts: Callable[..., StepFacts]
) -> None:
    """Where all is done the plan is empty and says why; it is pure, and the look that it rests on changed nothing."""
    parameters, changes = DONE[name](request)
    factory = ContextFactory(now=lambda: datetime.now(UTC), notify=lambda _facts, _notices: None, environ=os.environ)
    context = OnlyLooking(factory(step_facts(**changes)))
    action = ACTIONS[name]
    params = action.params.model_validate(parameters)
    facts = action.observe(params, context)
    plan = action.plan(params, facts)
    assert plan.is_empty
    assert plan.nothing_to_do
    assert plan.action == name
    assert action.plan(params, facts) == plan
