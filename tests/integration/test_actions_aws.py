"""route53.weights and elbv2.weights against moto, in the bot's own context."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from bot.actions import elbv2, route53
from bot.actions.context import ContextFactory
from bot.domain.changes import Plan
from bot.domain.targets import DnsTarget, LoadBalancerTarget
from bot.engine.ports import Context, Notice, StepFacts, Unavailable
from bot.playground.aws import make_load_balancer, make_zone
from bot.playground.cloud import Clients

XMLNS = 'xmlns="https://route53.amazonaws.com/doc/2013-04-01/"'
CHANGE = (
    f"<GetChangeResponse {XMLNS}><ChangeInfo><Id>/change/C1</Id><Status>{{}}</Status>"
    "<SubmittedAt>2026-11-03T03:12:09Z</SubmittedAt></ChangeInfo></GetChangeResponse>"
)
LISTING = (
    f"<ListResourceRecordSetsResponse {XMLNS}><ResourceRecordSets>{{}}</ResourceRecordSets>"
    "<IsTruncated>false</IsTruncated><MaxItems>300</MaxItems></ListResourceRecordSetsResponse>"
)
RECORD = (
    "<ResourceRecordSet><Name>{Name}</Name><Type>{Type}</Type><SetIdentifier>{SetIdentifier}</SetIdentifier>"
    "<Weight>{Weight}</Weight><TTL>{TTL}</TTL><ResourceRecords><ResourceRecord><Value>{value}</Value></ResourceRecord>"
    "</ResourceRecords></ResourceRecordSet>"
)

Contexts = Callable[..., Context]


def nobody_is_told(_facts: StepFacts, _notices: tuple[Notice, ...]) -> None:
    raise AssertionError("nobody is told here")


@pytest.fixture
def clients(moto_url: str) -> Clients:
    return Clients(moto_url)


@pytest.fixture
def contexts(moto_url: str, step_facts: Callable[..., StepFacts], monkeypatch: pytest.MonkeyPatch) -> Contexts:
    """Makes the bot's own context for a step, on moto."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_url)
    factory = ContextFactory(now=lambda: datetime.now(UTC), notify=nobody_is_told, environ={})
    return lambda **changes: factory(step_facts(**changes))


@dataclass(frozen=True)
class Weighted:
    """One of the two actions on its target, and how its weights are read and set behind its back."""

    action: Any
    params: Any
    before: dict[str, int]
    after: dict[str, int]
    read: Callable[[], dict[str, int]]
    write: Callable[[dict[str, int]], None]


@pytest.fixture(params=["route53.weights", "elbv2.weights"])
def weighted(request: pytest.FixtureRequest, clients: Clients) -> Weighted:
    return dns(clients) if request.param == "route53.weights" else balancer(clients)


def dns(clients: Clients) -> Weighted:
    zone, client = make_zone(clients), clients.get("route53", "us-east-1")
    target = DnsTarget(zone=zone, name="shop.example.com", type="A", sets={"primary": "west", "recovery": "east"})

    def records() -> list[dict[str, Any]]:
        listed = client.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
        return [one for one in listed if one["Type"] == "A"]

    def write(weights: dict[str, int]) -> None:
        changes = [
            {"Action": "UPSERT", "ResourceRecordSet": one | {"Weight": weights[one["SetIdentifier"]]}}
            for one in records()
        ]
        client.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})

    return Weighted(
        action=route53.ACTION,
        params=route53.WeightsParameters(record=target, weights={"primary": 0, "recovery": 100}),
        before={"west": 100, "east": 0},
        after={"west": 0, "east": 100},
        read=lambda: {one["SetIdentifier"]: one["Weight"] for one in records()},
        write=write,
    )


def balancer(clients: Clients) -> Weighted:
    made, client = make_load_balancer(clients), clients.get("elbv2", "us-east-1")
    target = LoadBalancerTarget(name=made.name, region="us-east-1", listener=made.listener, groups=made.groups)
    names = {arn: name for name, arn in made.groups.items()}

    def read() -> dict[str, int]:
        [listener] = client.describe_listeners(ListenerArns=[made.listener])["Listeners"]
        groups = listener["DefaultActions"][-1]["ForwardConfig"]["TargetGroups"]
        return {names[group["TargetGroupArn"]]: group["Weight"] for group in groups}

    def write(weights: dict[str, int]) -> None:
        groups = [{"TargetGroupArn": made.groups[name], "Weight": weight} for name, weight in weights.items()]
        forward = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
        client.modify_listener(ListenerArn=made.listener, DefaultActions=[forward])

    return Weighted(
        action=elbv2.ACTION,
        params=elbv2.WeightsParameters(load_balancer=target, weights={"maintenance": 0, "shop": 100}),
        before={"maintenance": 100, "shop": 0},
        after={"maintenance": 0, "shop": 100},
        read=read,
        write=write,
    )


def planned(one: Weighted, context: Context) -> Plan:
    """The plan as the engine keeps it: through JSON."""
    plan = one.action.plan(one.params, one.action.observe(one.params, context))
    return Plan.model_validate(json.loads(plan.model_dump_json()))


def desired(plan: Plan) -> list[Any]:
    """The records that a plan for Route 53 wants."""
    records: Any = plan.desired["records"]
    return list(records.values())


def test_weights_move_there_and_back(weighted: Weighted, contexts: Contexts) -> None:
    """The plan is applied and read back; then nothing is left to do; undo restores what was."""
    action, params, context = weighted.action, weighted.params, contexts()
    plan = planned(weighted, context)
    assert {change.what.split()[0]: (int(change.before), int(change.after)) for change in plan.changes} == {
        name: (weighted.before[name], weighted.after[name]) for name in weighted.before
    }
    assert not plan.obstacles
    assert not plan.risks
    result = action.apply(params, plan, context)
    assert weighted.read() == weighted.after
    assert action.verify(params, plan, contexts(result=result)).holds is True
    again = action.plan(params, action.observe(params, context))
    assert again.is_empty
    back = action.undo(params, plan, action.observe(params, context))
    assert back.summary != plan.summary
    assert back.targets == plan.targets
    action.apply(params, back, context)
    assert weighted.read() == weighted.before
    undone = action.verify(params, back, contexts(result=result))
    assert undone.holds is True
    assert undone.evidence.get("status") != "INSYNC", "the id in the result is that of the change undone"
    assert action.undo(params, plan, action.observe(params, context)).is_empty


def test_settle_looks_at_the_world(weighted: Weighted, contexts: Contexts) -> None:
    """What the live weights equal says what happened; weights that are neither say nothing."""
    action, params, context = weighted.action, weighted.params, contexts()
    plan = planned(weighted, context)
    first, second = weighted.before
    untouched = action.settle(params, plan, context)
    assert untouched.outcome == "not_happened"
    assert f"{first} 100" in untouched.finding
    assert f"{second} 0" in untouched.finding
    weighted.write({first: 30, second: 70})
    between = action.settle(params, plan, context)
    assert between.outcome == "unknown"
    assert f"{first} 30" in between.finding
    assert action.verify(params, plan, context).holds is False
    weighted.write(weighted.after)
    assert action.settle(params, plan, context).outcome == "happened"
    assert action.verify(params, plan, context).holds is True


def test_settle_is_not_fooled_by_other_changes(clients: Clients, contexts: Contexts) -> None:
    """The right weights on records that lead elsewhere are not what was planned."""
    one, context = dns(clients), contexts()
    plan = planned(one, context)
    client = clients.get("route53", "us-east-1")
    west, east = desired(plan)
    elsewhere = east | {"ResourceRecords": [{"Value": "203.0.113.66"}]}
    batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record} for record in (west, elsewhere)]}
    client.change_resource_record_sets(HostedZoneId=one.params.record.zone, ChangeBatch=batch)
    assert one.read() == one.after
    assert one.action.settle(one.params, plan, context).outcome == "unknown"
    assert one.action.verify(one.params, plan, context).holds is False


def test_records_are_found_exactly(clients: Clients, contexts: Contexts) -> None:
    """Names before and after in the zone, other types and records without a set are none of ours."""
    one = dns(clients)
    client = clients.get("route53", "us-east-1")
    for name, kind, value in [
        ("a.example.com", "A", "192.0.2.1"),
        ("shop.example.com", "TXT", '"v=1"'),
        ("shop2.example.com", "A", "192.0.2.2"),
    ]:
        record = {"Name": name, "Type": kind, "TTL": 5, "ResourceRecords": [{"Value": value}]}
        batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
        client.change_resource_record_sets(HostedZoneId=one.params.record.zone, ChangeBatch=batch)
    assert set(route53.observe(one.params, contexts()).records) == {"west", "east"}


@pytest.mark.parametrize(
    "change", [{"zone": "ZNONE"}, {"name": "absent.example.com"}, {"sets": {"primary": "w", "recovery": "e"}}]
)
def test_missing_record_is_unavailable(clients: Clients, contexts: Contexts, change: dict[str, Any]) -> None:
    """A zone or record that is not there can't be planned for, and the error names it."""
    one = dns(clients)
    record = one.params.record.model_copy(update=change)
    params = one.params.model_copy(update={"record": record})
    named = change.get("zone") or change.get("name") or "identifier w"
    with pytest.raises(Unavailable, match="NoSuchHostedZone" if "zone" in change else str(named)):
        route53.observe(params, contexts())


def test_missing_listener_is_unavailable(clients: Clients, contexts: Contexts) -> None:
    """A listener that is not there can't be planned for."""
    one = balancer(clients)
    broken = one.params.load_balancer.model_copy(update={"listener": one.params.load_balancer.listener + "0"})
    params = one.params.model_copy(update={"load_balancer": broken})
    with pytest.raises(Unavailable, match="ListenerNotFound"):
        elbv2.observe(params, contexts())


def test_unknown_account_is_refused(weighted: Weighted, contexts: Contexts) -> None:
    """An environment without an account can touch nothing in AWS."""
    context = contexts()
    bare = context.facts.environment_facts.model_copy(update={"account": None})
    with pytest.raises(Unavailable, match="names no account"):
        weighted.action.observe(weighted.params, contexts(environment_facts=bare))


def test_sign_in_before_the_forward_stays(clients: Clients, contexts: Contexts) -> None:
    """A sign-in with a client secret keeps its place; its secret is in no plan and left with AWS."""
    one, context = balancer(clients), contexts()
    client = clients.get("elbv2", "us-east-1")
    login = {
        "Issuer": "https://id.example.com",
        "AuthorizationEndpoint": "https://id.example.com/authorize",
        "TokenEndpoint": "https://id.example.com/token",
        "UserInfoEndpoint": "https://id.example.com/user",
        "ClientId": "shop",
    }
    groups = [{"TargetGroupArn": arn, "Weight": 50} for arn in one.params.load_balancer.groups.values()]
    client.modify_listener(
        ListenerArn=one.params.load_balancer.listener,
        DefaultActions=[
            {
                "Type": "authenticate-oidc",
                "Order": 1,
                "AuthenticateOidcConfig": login | {"ClientSecret": "canary-4711"},
            },
            {"Type": "forward", "Order": 2, "ForwardConfig": {"TargetGroups": groups}},
        ],
    )
    plan = planned(one, context)
    assert "canary-4711" not in plan.model_dump_json()
    actions: Any = plan.desired["actions"]
    assert actions[0] == {
        "Type": "authenticate-oidc",
        "Order": 1,
        "AuthenticateOidcConfig": login | {"UseExistingClientSecret": True},
    }
    elbv2.apply(one.params, plan, context)
    [listener] = client.describe_listeners(ListenerArns=[one.params.load_balancer.listener])["Listeners"]
    assert [action["Type"] for action in listener["DefaultActions"]] == ["authenticate-oidc", "forward"]
    assert one.read() == one.after


def test_group_without_targets_blocks(clients: Clients, contexts: Contexts) -> None:
    """A group that has no target can serve nobody: the precondition fails, and verify does too."""
    one, context = balancer(clients), contexts()
    shop = one.params.load_balancer.groups["shop"]
    clients.get("elbv2", "us-east-1").deregister_targets(TargetGroupArn=shop, Targets=[{"Id": "10.0.0.10", "Port": 80}])
    plan = planned(one, context)
    assert [obstacle.text for obstacle in plan.obstacles] == ["shop has at least one healthy target"]
    elbv2.apply(one.params, plan, context)
    verdict = elbv2.verify(one.params, plan, context)
    assert verdict.holds is False
    assert "targets of shop: no targets" in verdict.finding


def test_health_that_cannot_be_read_is_a_risk(clients: Clients, contexts: Contexts) -> None:
    """A group that AWS says nothing about leaves its health unknown, and the figure says why."""
    one, context = balancer(clients), contexts()
    groups = one.params.load_balancer.groups | {"shop": one.params.load_balancer.groups["shop"] + "0"}
    params = one.params.model_copy(
        update={"load_balancer": one.params.load_balancer.model_copy(update={"groups": groups})}
    )
    plan = elbv2.plan(params, elbv2.observe(params, context))
    assert [risk.name for risk in plan.risks] == ["shop_health_unknown"]
    [measured] = plan.measurements
    assert measured.value is None
    assert "TargetGroupNotFound" in measured.text


@pytest.mark.parametrize(("status", "holds"), [("PENDING", False), ("INSYNC", True)])
def test_dns_waits_until_its_servers_answer(
    clients: Clients,
    contexts: Contexts,
    httpserver: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
    status: str,
    holds: bool,
) -> None:
    """A change that is not yet on all of Route 53's servers does not hold (moto has no PENDING: a fake gives it)."""
    one = dns(clients)
    plan = planned(one, contexts())
    listed = "".join(RECORD.format(**record, value=record["ResourceRecords"][0]["Value"]) for record in desired(plan))
    for path, answer in {
        "/2013-04-01/change/C1": CHANGE.format(status),
        f"/2013-04-01/hostedzone/{one.params.record.zone}/rrset": LISTING.format(listed),
    }.items():
        httpserver.expect_request(path, method="GET").respond_with_data(answer, content_type="text/xml")
    monkeypatch.setenv("AWS_ENDPOINT_URL_ROUTE_53", httpserver.url_for("/").rstrip("/"))
    result = {"change": "/change/C1", "weights": {"west": 0, "east": 100}}
    verdict = route53.verify(one.params, plan, contexts(result=result))
    assert verdict.holds is holds
    assert verdict.evidence["status"] == status
    assert ("not all of its servers" in verdict.finding) is not holds
