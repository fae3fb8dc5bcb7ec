"""A listener's default actions and the health of the groups behind it, as read, compared and put into words."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, cast

from bot.actions.aws_errors import aws_look
from bot.domain.model import JsonValue, Model
from bot.engine.ports import Context, Unavailable

ListenerAction = dict[str, JsonValue]
"""One default action, complete but for secrets, in the form that modify_listener takes."""

UNDECIDED = frozenset({"initial", "unused", "unavailable"})  # not checked yet, or not checked at all


class GroupHealth(Model):
    """How many targets of a group are healthy. `serves` None: it can't be known; `states` says what was seen."""

    serves: bool | None
    healthy: int | None
    states: str


def read_actions(listener: str, region: str, context: Context) -> list[ListenerAction]:
    """The listener's default actions in their order; raises Unavailable where none of them forwards."""
    with aws_look(f"what the listener {listener} does"):
        answer = context.aws("elbv2", region).describe_listeners(ListenerArns=[listener])
    actions = [_complete(action) for action in answer["Listeners"][0]["DefaultActions"]]
    if not any(action["Type"] == "forward" for action in actions):
        raise Unavailable(
            f"The listener {listener} does not forward to target groups by default. "
            "Correct the listener in the recovery plan, or give it a forward action."
        )
    return sorted(actions, key=_order)


def _order(action: Mapping[str, Any]) -> int:
    return int(action.get("Order", 0))


def _complete(action: Mapping[str, Any]) -> ListenerAction:
    """In one spelling: groups sorted, weights written, and the client secret left with AWS."""
    complete = dict(action)
    if action["Type"] == "forward":
        arn = complete.pop("TargetGroupArn", None)
        config = dict(complete.get("ForwardConfig", {"TargetGroups": [{"TargetGroupArn": arn}]}))
        weights = {group["TargetGroupArn"]: int(group.get("Weight", 1)) for group in config["TargetGroups"]}
        complete["ForwardConfig"] = config | {"TargetGroups": _groups(weights)}
    if "AuthenticateOidcConfig" in complete:
        config = {key: value for key, value in complete["AuthenticateOidcConfig"].items() if key != "ClientSecret"}
        complete["AuthenticateOidcConfig"] = config | {"UseExistingClientSecret": True}
    return complete


def _groups(weights: Mapping[str, int]) -> list[JsonValue]:
    return [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in sorted(weights.items())]


def weights_of(actions: list[ListenerAction]) -> dict[str, int]:
    """The weight of each target group's ARN in the forward action."""
    return {group["TargetGroupArn"]: group["Weight"] for group in _forward(actions)["TargetGroups"]}


def _forward(actions: list[ListenerAction]) -> Mapping[str, Any]:
    forward = next(action for action in actions if action["Type"] == "forward")
    return cast(Mapping[str, Any], forward["ForwardConfig"])


def with_weights(actions: list[ListenerAction], weights: Mapping[str, int]) -> list[ListenerAction]:
    """The same actions, with these weights in the forward action; groups that aren't named keep theirs."""
    return _with_groups(actions, _groups(weights_of(actions) | dict(weights)))


def without_groups(actions: list[ListenerAction]) -> list[ListenerAction]:
    """The same actions but for the groups forwarded to: what a change of weights keeps."""
    return _with_groups(actions, [])


def _with_groups(actions: list[ListenerAction], groups: list[JsonValue]) -> list[ListenerAction]:
    config = {**_forward(actions), "TargetGroups": groups}
    return [action | {"ForwardConfig": config} if action["Type"] == "forward" else action for action in actions]


def is_sticky(actions: list[ListenerAction]) -> bool:
    """Whether clients stay on the group that they were sent to first."""
    return bool(_forward(actions).get("TargetGroupStickinessConfig", {}).get("Enabled"))


def read_health(group: str, region: str, context: Context) -> GroupHealth:
    """The health of a group's targets as the load balancer sees it; a failed look is unknown, and says why."""
    try:
        with aws_look("how they are"):
            answer = context.aws("elbv2", region).describe_target_health(TargetGroupArn=group)
    except Unavailable as error:
        return GroupHealth(serves=None, healthy=None, states=str(error))
    states = Counter(str(one["TargetHealth"]["State"]) for one in answer["TargetHealthDescriptions"])
    return judge(states)


def judge(states: Mapping[str, int]) -> GroupHealth:
    """What the targets' states mean: one healthy target serves; a state that no health check decided is unknown."""
    healthy = states.get("healthy", 0)
    undecided = any(state in UNDECIDED for state in states)
    text = ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "no targets"
    if healthy:
        return GroupHealth(serves=True, healthy=healthy, states=text)
    return GroupHealth(serves=None if undecided else False, healthy=None if undecided else 0, states=text)
