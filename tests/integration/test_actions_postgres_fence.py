"""postgres.fence: every method, up, proven, down again."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pytest_httpserver import HTTPServer

from bot.actions.context import ContextFactory
from bot.actions.postgres import fence, promote
from bot.actions.postgres.connect_grants import from_json
from bot.actions.postgres.fencing import FenceParameters
from bot.actions.postgres.promote_plan import PromoteParameters
from bot.domain.changes import Plan
from bot.domain.plan import Environment
from bot.domain.targets import PostgresTarget
from bot.domain.timeline import moment
from bot.engine.ports import Context, Earlier, NotApplied, OutcomeUnknown, StepFacts, Unavailable
from bot.playground.aws import WEST, Machine, make_machine
from bot.playground.cloud import ACCOUNT, Clients, mark_stopped, start_cloud
from bot.playground.pair import DATABASE, Pair
from bot.playground.processes import Processes
from tests.integration.postgres_world import World, nobody_is_told

Contexts = Callable[..., Context]
ACTION = fence.ACTION
ENVIRON = {"HOOK_KEY": "canary"}


def planned(params: FenceParameters, context: Context) -> Plan:
    return ACTION.plan(params, ACTION.observe(params, context))


def undone(params: FenceParameters, done: Plan, context: Context) -> Plan:
    assert ACTION.undo is not None
    return ACTION.undo(params, done, ACTION.observe(params, context))


# --- revoke_connect, on a real pair ---


@pytest.fixture
def world(pg_pair: Pair, step_facts: Callable[..., StepFacts]) -> World:
    return World(pg_pair, step_facts)


@pytest.fixture
def doors(world: World) -> FenceParameters:
    return FenceParameters(database=world.primary, method="revoke_connect")


def without_superusers(pair: Pair) -> None:
    """The last thing that a superuser does on this primary."""
    pair.primary.execute("ALTER ROLE postgres NOLOGIN")


def wait_until_proven(world: World, doors: FenceParameters, plan: Plan, context: Context) -> None:
    """A session that was ended takes a moment to go."""
    world.wait_until(lambda: ACTION.verify(doors, plan, context).holds is True)


def assert_shut_out(pair: Pair, user: str, password: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        pair.primary.connect(DATABASE, user, password)


def test_revoke_connect_keeps_everybody_out(world: World, doors: FenceParameters) -> None:
    """Owner and application get out and stay out, and without superusers that is a proof."""
    roles, context = world.pair.roles, world.context()
    session = world.pair.as_shop(world.pair.primary)
    plan = planned(doors, context)
    assert {change.what for change in plan.changes} == {"CONNECT of shop", "CONNECT of shop_owner", "sessions"}
    assert plan.obstacles == ()
    without_superusers(world.pair)
    ACTION.apply(doors, plan, context)
    wait_until_proven(world, doors, plan, context)
    with pytest.raises(psycopg.OperationalError):
        session.execute(
            "INSERT INTO orders (uuid, customer_id, product_id, quantity) VALUES (gen_random_uuid(), 1, 1, 1)"
        )
    assert_shut_out(world.pair, roles.shop.user, roles.shop.password)
    assert_shut_out(world.pair, roles.owner.user, roles.owner.password)
    verdict = ACTION.verify(doors, plan, context)
    assert (verdict.holds, verdict.evidence["proven_at"]) == (True, moment(world.clock))
    assert ACTION.settle(doors, plan, context).outcome == "happened"
    assert planned(doors, context).nothing_to_do == "Nobody has CONNECT on customers, and nobody is in it."
    ACTION.apply(doors, plan, context)


def test_superuser_leaves_it_unproven(world: World, doors: FenceParameters) -> None:
    """A superuser who may log in is named, in the plan and as the risk."""
    context = world.context()
    plan = planned(doors, context)
    ACTION.apply(doors, plan, context)
    verdict = ACTION.verify(doors, plan, context)
    assert (verdict.holds, verdict.evidence["proven_at"], verdict.risks[0].name) == (None, None, "fence_unproven")
    assert "superusers may still connect: postgres." in verdict.risks[0].text
    assert any("postgres" in warning for warning in plan.warnings)


def test_revoke_connect_is_undone_from_what_it_saved(world: World, doors: FenceParameters) -> None:
    """The undo grants exactly what was taken; everybody gets in again."""
    context = world.context()
    before = world.pair.primary.value("SELECT datacl::text FROM pg_database WHERE datname = 'customers'")
    done = planned(doors, context)
    ACTION.apply(doors, done, context)
    plan = undone(doors, done, context)
    assert {change.what for change in plan.changes} == {"CONNECT of shop", "CONNECT of shop_owner"}
    assert plan.obstacles == ()
    ACTION.apply(doors, plan, context)
    assert ACTION.verify(doors, plan, context).holds is True
    assert ACTION.settle(doors, plan, context).outcome == "happened"
    after = world.pair.primary.value("SELECT datacl::text FROM pg_database WHERE datname = 'customers'")
    assert sorted(after.strip("{}").split(",")) == sorted(before.strip("{}").split(","))
    assert undone(doors, done, context).nothing_to_do


def test_refused_change_of_the_grants_changes_none(world: World, doors: FenceParameters) -> None:
    """A role that has gone since the plan was made: what the same attempt granted before it is taken back."""
    primary, context = world.pair.primary, world.context()
    primary.execute("CREATE ROLE visitor LOGIN; GRANT CONNECT ON DATABASE customers TO visitor")
    done = planned(doors, context)
    ACTION.apply(doors, done, context)
    plan = undone(doors, done, context)
    assert [change.what for change in plan.changes][-1] == "CONNECT of visitor"
    primary.execute("DROP ROLE visitor")
    shut = primary.value("SELECT datacl::text FROM pg_database WHERE datname = 'customers'")
    with pytest.raises(NotApplied, match="Nothing was changed"):
        ACTION.apply(doors, plan, context)
    assert primary.value("SELECT datacl::text FROM pg_database WHERE datname = 'customers'") == shut


def test_second_attempt_remembers_what_the_first_one_took(world: World, doors: FenceParameters) -> None:
    """The bot died between taking the grants and ending the sessions: the retry ends them, and forgets no grant."""
    first, roles = planned(doors, world.context()), ("shop", "shop_owner")
    with world.pair.as_shop(world.pair.primary):
        world.pair.primary.execute(f"REVOKE CONNECT ON DATABASE customers FROM {', '.join(roles)}")
        context = world.context(saved=first.saved)
        second = planned(doors, context)
        assert [change.what for change in second.changes] == ["sessions"]
        without_superusers(world.pair)
        ACTION.apply(doors, second, context)
    evidence = ACTION.verify(doors, second, context).evidence
    assert sorted(grant.name for grant in from_json(evidence["grants"])) == sorted(roles)
    back = undone(doors, second, world.context(saved=second.saved))
    assert {change.what for change in back.changes} == {f"CONNECT of {role}" for role in roles}


def test_fence_is_not_taken_down_after_a_promotion(world: World, doors: FenceParameters) -> None:
    """Once the run has promoted a server, the undo has an obstacle."""
    done = planned(doors, world.context())
    ACTION.apply(doors, done, world.context())
    promoted = Earlier("promote_replica", "postgres.promote", "verified", world.clock, {}, {})
    assert [obstacle.holds for obstacle in undone(doors, done, world.context(promoted)).obstacles] == [False]


def test_server_that_stopped_answering_proves_nothing(world: World, doors: FenceParameters) -> None:
    """A refused connection is no proof of a fence."""
    context = world.context()
    plan = planned(doors, context)
    ACTION.apply(doors, plan, context)
    world.pair.primary.kill()
    verdict = ACTION.verify(doors, plan, context)
    assert (verdict.holds, verdict.evidence["proven_at"], verdict.risks[0].name) == (None, None, "fence_unproven")
    with pytest.raises(Unavailable):
        planned(doors, context)


def test_without_the_rights_the_plan_has_obstacles(world: World, doors: FenceParameters) -> None:
    """A role that may neither revoke nor end sessions is told so before anybody approves, and refused if it tries."""
    plan = planned(doors, world.context())
    world.pair.primary.execute("REVOKE shop_owner FROM dr_bot; REVOKE pg_signal_backend FROM dr_bot")
    assert len(planned(doors, world.context()).obstacles) == 2
    with pytest.raises(NotApplied, match="may not revoke CONNECT"):
        ACTION.apply(doors, plan, world.context())
    assert ACTION.settle(doors, plan, world.context()).outcome == "not_happened"


def test_planned_switchover_loses_nothing_and_lets_the_clients_in(world: World, doors: FenceParameters) -> None:
    """The standby receives the revoked grants too; promoting it gives them back, and nothing is lost."""
    context = world.context()
    done = planned(doors, context)
    without_superusers(world.pair)
    result = ACTION.apply(doors, done, context)
    evidence = ACTION.verify(doors, done, context).evidence
    earlier = Earlier("fence_primary", "postgres.fence", "verified", world.clock, result, evidence)
    world.wait_until(lambda: not world.plan(earlier).risks)
    params, context = PromoteParameters(database=world.replica), world.context(earlier)
    plan = promote.ACTION.plan(params, promote.observe(params, context))
    assert plan.risks == ()
    assert {m.name: m.value for m in plan.measurements}["data_loss"] == 0
    assert {change.what for change in plan.changes} == {"role", "timeline", "CONNECT of shop", "CONNECT of shop_owner"}
    promote.apply(params, plan, context)
    assert promote.verify(params, plan, context).holds is True
    world.pair.as_shop(world.pair.standby).close()


def test_accepted_risk_still_lets_the_clients_in(world: World, doors: FenceParameters) -> None:
    """A fence that is never proven completes without evidence; its result tells the promotion what was revoked."""
    world.beat()
    context = world.context()
    result = ACTION.apply(doors, planned(doors, context), context)
    earlier = Earlier("fence_primary", "postgres.fence", "unproven", world.clock, result, {})
    plan = world.plan(earlier)
    assert [risk.name for risk in plan.risks] == ["fence_unproven", "data_loss_unknown"]
    assert {"CONNECT of shop", "CONNECT of shop_owner"} < {change.what for change in plan.changes}


# --- AWS ---


@pytest.fixture
def clients(moto_url: str) -> Clients:
    return Clients(moto_url)


@pytest.fixture
def machine(clients: Clients) -> Machine:
    return make_machine(clients, WEST, "customers-west")


@pytest.fixture
def contexts(moto_url: str, step_facts: Callable[..., StepFacts], monkeypatch: pytest.MonkeyPatch) -> Contexts:
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_url)
    factory = ContextFactory(now=lambda: datetime.now(UTC), notify=nobody_is_told, environ=ENVIRON)
    return lambda **changes: factory(step_facts(**changes))


def west(method: str, **target: Any) -> FenceParameters:
    database = {"kind": "postgres", "region": WEST, "host": "customers-west.internal", "database": "customers"}
    return FenceParameters.model_validate({"database": {**database, "user": "dr_bot", **target}, "method": method})


def state_of(clients: Clients, machine: Machine) -> str:
    [found] = clients.get("ec2", WEST).describe_instances(InstanceIds=[machine.instance])["Reservations"]
    return str(found["Instances"][0]["State"]["Name"])


def test_ec2_stop_is_proven_by_the_state(clients: Clients, machine: Machine, contexts: Contexts) -> None:
    """The instance is stopped, and its state is the proof; the undo starts it again."""
    params, context = west("ec2_stop", instance=machine.instance), contexts()
    plan = planned(params, context)
    assert [(c.before, c.after) for c in plan.changes] == [("running", "stopped")]
    assert plan.targets == (
        f"{ACCOUNT}/{WEST}/postgres/customers-west.internal:5432",
        f"{ACCOUNT}/{WEST}/ec2/{machine.instance}",
    )
    assert plan.obstacles == ()
    assert ACTION.verify(params, plan, context).holds is False
    assert ACTION.settle(params, plan, context).outcome == "not_happened"
    ACTION.apply(params, plan, context)
    verdict = ACTION.verify(params, plan, context)
    assert (verdict.holds, verdict.evidence["state"]) == (True, "stopped")
    assert verdict.evidence["proven_at"]
    assert ACTION.settle(params, plan, context).outcome == "happened"
    assert planned(params, context).is_empty
    assert ACTION.verify(params, planned(params, context), context).holds is True

    back = undone(params, plan, context)
    ACTION.apply(params, back, context)
    assert ACTION.verify(params, back, context).holds is True
    assert state_of(clients, machine) == "running"


def test_ec2_that_is_stopping_proves_nothing_yet(
    processes: Processes, tmp_path: Path, contexts: Contexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An instance on its way to stopped may still write: unproven, until it is off."""
    cloud = start_cloud(processes, tmp_path, hypervisor=True)
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud)
    machine = make_machine(Clients(cloud), WEST, "customers-west")
    params, context = west("ec2_stop", instance=machine.instance), contexts()
    plan = planned(params, context)
    ACTION.apply(params, plan, context)
    verdict = ACTION.verify(params, plan, context)
    assert (verdict.holds, verdict.evidence["state"], verdict.risks[0].name) == (None, "stopping", "fence_unproven")
    assert ACTION.settle(params, plan, context).outcome == "happened"
    mark_stopped(cloud, WEST, machine.instance)
    assert ACTION.verify(params, plan, context).holds is True


def test_ec2_that_is_silent_proves_nothing(
    machine: Machine, contexts: Contexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where EC2 does not answer the fence is unproven, and a call that never left was not applied."""
    params = west("ec2_stop", instance=machine.instance)
    plan = planned(params, contexts())
    monkeypatch.setenv("AWS_ENDPOINT_URL_EC2", "http://127.0.0.1:1")
    verdict = ACTION.verify(params, plan, contexts())
    assert (verdict.holds, verdict.risks[0].name) == (None, "fence_unproven")
    with pytest.raises(NotApplied):
        ACTION.apply(params, plan, contexts())
    with pytest.raises(Unavailable):
        planned(params, contexts())


def test_fence_reaches_no_other_account(clients: Clients, machine: Machine, contexts: Contexts) -> None:
    """Credentials of another account than the environment's are not used to change anything."""
    params = west("ec2_stop", instance=machine.instance)
    plan = planned(params, contexts())
    for account in ("999999999999", None):
        drill = contexts(environment="staging", environment_facts=Environment(account=account))
        with pytest.raises(NotApplied, match="account"):
            ACTION.apply(params, plan, drill)
    assert state_of(clients, machine) == "running"


def test_security_group_shuts_the_door_but_proves_nothing(
    clients: Clients, machine: Machine, contexts: Contexts
) -> None:
    """The rules go and are put back from what was saved; connections that are open leave the fence unproven."""
    params, context = west("security_group", instance=machine.instance), contexts()
    ec2 = clients.get("ec2", WEST)

    def rules() -> Any:
        return ec2.describe_security_groups(GroupIds=[machine.security_group])["SecurityGroups"][0]["IpPermissions"]

    before = rules()
    plan = planned(params, context)
    assert [(c.what, c.before, c.after) for c in plan.changes] == [("tcp 5432 from 10.0.0.0/8", "admitted", "refused")]
    assert plan.obstacles == ()
    assert ACTION.verify(params, plan, context).holds is False
    ACTION.apply(params, plan, context)
    assert rules() == []
    assert ACTION.settle(params, plan, context).outcome == "happened"
    verdict = ACTION.verify(params, plan, context)
    assert (verdict.holds, verdict.evidence["proven_at"], verdict.risks[0].name) == (None, None, "fence_unproven")

    back = undone(params, plan, context)
    ACTION.apply(params, back, context)
    assert ACTION.verify(params, back, context).holds is True
    assert rules() == before

    ACTION.apply(params, plan, context)
    ec2.stop_instances(InstanceIds=[machine.instance])
    assert ACTION.verify(params, plan, context).holds is True


def test_two_groups_that_admit_are_an_obstacle(clients: Clients, machine: Machine, contexts: Contexts) -> None:
    """One request changes one group, so two that admit the port are refused before approval; wide rules are named."""
    ec2 = clients.get("ec2", WEST)
    wide = ec2.create_security_group(GroupName="wide", Description="wide")["GroupId"]
    everything = {"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535, "IpRanges": [{"CidrIp": "10.1.0.0/16"}]}
    ec2.authorize_security_group_ingress(GroupId=wide, IpPermissions=[everything])
    plan = planned(west("security_group", instance=machine.instance, security_group=wide), contexts())
    assert [obstacle.holds for obstacle in plan.obstacles] == [False]
    assert any("tcp 0 to 65535 from 10.1.0.0/16" in warning for warning in plan.warnings)


# --- hook ---


def hooked(server: HTTPServer) -> FenceParameters:
    probe = {"url": server.url_for("/state"), "expect": 200}
    hook = {"url": server.url_for("/fence"), "probe": probe, "headers": {"X-Key": {"secret": "hook_key"}}}
    return west("hook", fence_hook=hook)


@pytest.fixture
def hook_context(contexts: Contexts, httpserver: HTTPServer) -> Context:
    environment = Environment.model_validate(
        {
            "account": ACCOUNT,
            "http": {"allow": [httpserver.url_for("/")]},
            "secrets": {"hook_key": {"from": "env", "name": "HOOK_KEY"}},
        }
    )
    return contexts(environment_facts=environment)


def test_hook_is_proven_by_its_probe(httpserver: HTTPServer, hook_context: Context) -> None:
    """One POST with the idempotency key and the secret header; the probe's status is the proof."""
    httpserver.expect_ordered_request("/state").respond_with_data(status=404)
    httpserver.expect_ordered_request("/fence", method="POST").respond_with_data(status=202)
    httpserver.expect_ordered_request("/state").respond_with_data(status=404)
    httpserver.expect_ordered_request("/state").respond_with_data(status=200)
    params = hooked(httpserver)
    plan = planned(params, hook_context)
    ACTION.apply(params, plan, hook_context)
    posted = httpserver.log[1][0]
    assert (posted.headers["Idempotency-Key"], posted.headers["X-Key"]) == ("INC-7/R1/the_step/1", "canary")
    assert posted.get_json()["host"] == "customers-west.internal"
    assert ACTION.verify(params, plan, hook_context).holds is False
    assert ACTION.verify(params, plan, hook_context).holds is True
    assert "canary" not in plan.model_dump_json()


@pytest.mark.parametrize(("status", "outcome"), [(403, NotApplied), (500, OutcomeUnknown), (409, OutcomeUnknown)])
def test_hook_that_refuses(
    httpserver: HTTPServer, hook_context: Context, status: int, outcome: type[Exception]
) -> None:
    """A refusal that proves itself is NotApplied; any other answer leaves it unknown, and so does its probe."""
    httpserver.expect_request("/state").respond_with_data(status=404)
    httpserver.expect_request("/fence", method="POST").respond_with_data(status=status)
    params = hooked(httpserver)
    plan = planned(params, hook_context)
    with pytest.raises(outcome):
        ACTION.apply(params, plan, hook_context)
    assert ACTION.settle(params, plan, hook_context).outcome == "unknown"


@pytest.mark.parametrize("key", ["canary-hook\n", "canary-hook\u00e4"])
def test_hook_whose_secret_fits_into_no_header_is_not_called(
    httpserver: HTTPServer, hook_context: Context, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """A line break or a letter beyond ASCII is refused before anything is sent, and the refusal does not quote it."""
    httpserver.expect_request("/state").respond_with_data(status=404)
    monkeypatch.setitem(ENVIRON, "HOOK_KEY", key)
    params = hooked(httpserver)
    with pytest.raises(NotApplied, match="secret hook_key does not fit into a header") as refusal:
        ACTION.apply(params, planned(params, hook_context), hook_context)
    assert "canary" not in str(refusal.value)
    assert {request.path for request, _ in httpserver.log} == {"/state"}


def test_hook_whose_secret_has_changed_is_not_called(httpserver: HTTPServer, hook_context: Context) -> None:
    """A secret whose version is not the approved one stops the fence before it is sent."""
    httpserver.expect_request("/state").respond_with_data(status=404)
    params = hooked(httpserver)
    plan = planned(params, hook_context)
    old = plan.model_copy(update={"secrets": tuple(s.model_copy(update={"version": "v1"}) for s in plan.secrets)})
    with pytest.raises(NotApplied, match="hook_key has changed"):
        ACTION.apply(params, old, hook_context)
    assert {request.path for request, _ in httpserver.log} == {"/state"}


def test_hook_has_no_way_back(httpserver: HTTPServer, hook_context: Context) -> None:
    """The undo of a hook can't be carried out, and nothing is sent if somebody tries."""
    httpserver.expect_request("/state").respond_with_data(status=404)
    params = hooked(httpserver)
    back = undone(params, planned(params, hook_context), hook_context)
    assert back.obstacles
    with pytest.raises(NotApplied):
        ACTION.apply(params, back, hook_context)
    assert {request.path for request, _ in httpserver.log} == {"/state"}


@pytest.mark.parametrize("method", ["ec2_stop", "security_group", "hook"])
def test_method_needs_what_it_acts_on(method: str) -> None:
    """Parameters without the method's target are refused when they are read."""
    with pytest.raises(ValueError, match="to the target"):
        west(method)


def test_target_is_a_postgres_target() -> None:
    """The parameters hold a whole database."""
    assert isinstance(west("revoke_connect").database, PostgresTarget)
