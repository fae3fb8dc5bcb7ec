"""elbv2.weights: move the weights of the target groups that a listener forwards to."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from bot.actions.accounts import account_of
from bot.actions.aws_errors import aws_change, aws_writer
from bot.actions.elbv2_listener import (
    GroupHealth,
    ListenerAction,
    is_sticky,
    read_actions,
    read_health,
    weights_of,
    with_weights,
    without_groups,
)
from bot.domain.changes import Change, Measurement, Plan, Precondition, Risk, Settlement, Verdict
from bot.domain.model import JsonValue, Model, canonical
from bot.domain.problems import Unfit
from bot.domain.targets import LoadBalancerTarget
from bot.engine.ports import Action, Context

NAME = "elbv2.weights"
REFUSALS = frozenset(
    {
        "IncompatibleProtocols",
        "InvalidConfigurationRequest",
        "InvalidLoadBalancerAction",
        "ListenerNotFound",
        "TargetGroupAssociationLimit",
        "TargetGroupNotFound",
        "TooManyActions",
        "TooManyUniqueTargetGroupsPerLoadBalancer",
        "UnsupportedProtocol",
    }
)
STICKY = "The listener keeps clients on their target group for a while (stickiness); they move when that ends."


class WeightsParameters(Model):
    """The load balancer, and the weight (0 to 999) that each of its named target groups shall have."""

    load_balancer: LoadBalancerTarget
    weights: Annotated[dict[str, Annotated[int, Field(ge=0, le=999)]], Field(min_length=1)]

    @model_validator(mode="after")
    def _fits(self) -> "WeightsParameters":
        unknown = sorted(set(self.weights) - set(self.load_balancer.groups))
        if unknown:
            known = ", ".join(sorted(self.load_balancer.groups))
            raise Unfit(f"the load balancer has no group {', '.join(unknown)}", f"it has {known}")
        if not any(self.weights.values()):
            raise Unfit("every weight is 0, so nobody would be served", "give one group a weight above 0")
        return self

    @property
    def wanted(self) -> dict[str, int]:
        """The weight of each target group's ARN."""
        return {self.load_balancer.groups[name]: weight for name, weight in self.weights.items()}

    def name_of(self, arn: str) -> str:
        """What the plan calls a target group, else its ARN."""
        return next((name for name, known in self.load_balancer.groups.items() if known == arn), arn)


class ListenerFacts(Model):
    """The listener's default actions, and the health of every named group by name."""

    account: str
    actions: list[ListenerAction]
    health: dict[str, GroupHealth]


def observe(params: WeightsParameters, context: Context) -> ListenerFacts:
    """Read the listener and the health of the named groups."""
    balancer = params.load_balancer
    actions = read_actions(balancer.listener, balancer.region, context)
    health = {name: read_health(arn, balancer.region, context) for name, arn in balancer.groups.items()}
    return ListenerFacts(account=account_of(context), actions=actions, health=health)


def plan(params: WeightsParameters, facts: ListenerFacts) -> Plan:
    """The plan that leads from the live weights to the wanted ones; pure."""
    desired = with_weights(facts.actions, params.wanted)
    towards = _towards(params, facts, desired, f"Change where {params.load_balancer.name} sends traffic")
    if towards.is_empty:
        return towards
    receiving = _receiving(params, facts, desired)
    unknown = tuple(_unknown(name) for name, health in receiving.items() if health.serves is None)
    known = tuple(_serves(name, health) for name, health in receiving.items() if health.serves is not None)
    return towards.model_copy(update={"preconditions": known, "risks": unknown})


def undo(params: WeightsParameters, done: Plan, facts: ListenerFacts) -> Plan:
    """The plan that leads back to the listener's actions as they were before, healthy or not; pure."""
    return _towards(params, facts, _actions(done.saved), f"Send the traffic of {params.load_balancer.name} as before")


def _towards(params: WeightsParameters, facts: ListenerFacts, desired: list[ListenerAction], summary: str) -> Plan:
    balancer = params.load_balancer
    changes = _changes(params, facts.actions, desired)
    return Plan(
        action=NAME,
        summary=summary,
        target=balancer.name,
        account=facts.account,
        region=balancer.region,
        changes=changes,
        parameters=params.model_dump(mode="json", by_alias=True),
        nothing_to_do="" if changes else f"{balancer.name} already has {_shown(params, facts.actions)}.",
        targets=(f"{facts.account}/{balancer.region}/elbv2/{balancer.listener}",),
        desired={"actions": list(desired)},
        saved={"actions": list(facts.actions)},
        warnings=_warnings(facts, desired) if changes else (),
        measurements=tuple(_measured(*one) for one in _receiving(params, facts, desired).items()),
        way_back="Undo restores the listener's default actions as they are now.",
    )


def _changes(
    params: WeightsParameters, live: list[ListenerAction], desired: list[ListenerAction]
) -> tuple[Change, ...]:
    resource = f"{params.load_balancer.name}, listener {params.load_balancer.listener}"
    before, after = _weights(params, live), _weights(params, desired)
    changes = [
        Change(
            resource=resource,
            what=name,
            before=str(before.get(name, "not forwarded to")),
            after=str(after.get(name, "not forwarded to")),
        )
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]
    rest_before, rest_after = (canonical(without_groups(actions)) for actions in (live, desired))
    if rest_before != rest_after:
        changes.append(Change(resource=resource, what="default actions", before=rest_before, after=rest_after))
    return tuple(changes)


def _warnings(facts: ListenerFacts, desired: list[ListenerAction]) -> tuple[str, ...]:
    kept = [str(action["Type"]) for action in desired if action["Type"] != "forward"]
    found = [f"The listener's other default actions stay as they are: {', '.join(kept)}."] if kept else []
    return (*found, STICKY) if is_sticky(facts.actions) else tuple(found)


def _receiving(
    params: WeightsParameters, facts: ListenerFacts, desired: list[ListenerAction]
) -> dict[str, GroupHealth]:
    """The named groups that would get traffic."""
    weights = weights_of(desired)
    return {name: facts.health[name] for name, arn in params.load_balancer.groups.items() if weights.get(arn)}


def _unknown(name: str) -> Risk:
    return Risk(
        name=f"{name}_health_unknown",
        text=f"Whether any target of {name} is healthy is not known: traffic sent there may be served by nobody.",
    )


def _serves(name: str, health: GroupHealth) -> Precondition:
    return Precondition(text=f"{name} has at least one healthy target", holds=health.serves)


def _measured(name: str, health: GroupHealth) -> Measurement:
    return Measurement(
        name=f"healthy_{name}", text=f"targets of {name}: {health.states}", value=health.healthy, unit="targets"
    )


def _weights(params: WeightsParameters, actions: list[ListenerAction]) -> dict[str, int]:
    return {params.name_of(arn): weight for arn, weight in weights_of(actions).items()}


def _shown(params: WeightsParameters, actions: list[ListenerAction]) -> str:
    return ", ".join(f"{name} {weight}" for name, weight in sorted(_weights(params, actions).items()))


def _actions(state: Mapping[str, Any]) -> list[ListenerAction]:
    return list(state["actions"])


def apply(params: WeightsParameters, plan: Plan, context: Context) -> dict[str, JsonValue]:
    """Set the listener's default actions, all of them, in one request."""
    balancer = params.load_balancer
    desired = _actions(plan.desired)
    what = f"The change of {balancer.name}"
    client = aws_writer("elbv2", balancer.region, context, what)
    with aws_change(what, REFUSALS):
        client.modify_listener(ListenerArn=balancer.listener, DefaultActions=desired)
    return {"listener": balancer.listener, "weights": {**_weights(params, desired)}}


def settle(params: WeightsParameters, plan: Plan, context: Context) -> Settlement:
    """Compare the listener's default actions with the desired and the saved ones."""
    live = _live(params, context)
    finding = f"{params.load_balancer.name} shows {_shown(params, live)}"
    if live == _actions(plan.desired):
        result: dict[str, JsonValue] = {"weights": {**_weights(params, live)}}
        return Settlement(outcome="happened", finding=f"{finding}: changed.", result=result)
    if live == _actions(plan.saved):
        return Settlement(outcome="not_happened", finding=f"{finding}: not changed.")
    return Settlement(outcome="unknown", finding=f"{finding}: neither the planned state nor the one before.")


def _live(params: WeightsParameters, context: Context) -> list[ListenerAction]:
    return read_actions(params.load_balancer.listener, params.load_balancer.region, context)


def verify(params: WeightsParameters, plan: Plan, context: Context) -> Verdict:
    """The listener has the desired actions, and no group that receives traffic is known to serve nobody."""
    balancer = params.load_balancer
    live = _live(params, context)
    weights = _weights(params, live)
    health = {
        params.name_of(arn): read_health(arn, balancer.region, context)
        for arn, weight in weights_of(live).items()
        if weight
    }
    finding = f"{balancer.name} shows {_shown(params, live)}"
    if live != _actions(plan.desired):
        finding += ", which is not what was planned"
    states = "; ".join(f"targets of {name}: {one.states}" for name, one in health.items())
    return Verdict(
        holds=live == _actions(plan.desired) and all(one.serves is not False for one in health.values()),
        finding=f"{finding}; {states}.",
        evidence={"weights": {**weights}, "targets": {name: one.states for name, one in health.items()}},
    )


ACTION = Action(
    name=NAME,
    summary="Move the weights of a load balancer's target groups",
    params=WeightsParameters,
    observe=observe,
    plan=plan,
    apply=apply,
    settle=settle,
    verify=verify,
    undo=undo,
)
