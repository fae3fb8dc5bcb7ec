"""Fence by removing the rules that let clients reach the database port.

This stops new connections alone: EC2 lets connections that are open go on, for as long as they talk. So it is proven
only where the instance is also off. Undo puts the saved rules back.
"""

from typing import Any

from bot.actions.aws_errors import aws_change, aws_look, aws_writer
from bot.actions.postgres.fence_ec2_stop import OFF, read_instance
from bot.actions.postgres.fencing import (
    FenceParameters,
    Method,
    Place,
    called,
    fence_plan,
    is_fence,
    not_fenced,
    place_of,
    proven,
    taken_down,
    unfence_plan,
    unproven,
)
from bot.domain.changes import Change, Plan, Precondition, Settlement, Verdict
from bot.domain.model import JsonValue, Model
from bot.engine.ports import Context

REFUSALS = frozenset(
    {
        "InvalidGroup.NotFound",
        "InvalidGroupId.Malformed",
        "InvalidPermission.Duplicate",
        "InvalidPermission.Malformed",
        "InvalidPermission.NotFound",
        "RulesPerSecurityGroupLimitExceeded",
    }
)
ESTABLISHED = (
    "Connections that are open now are not cut: they may go on writing. This method alone can't be proven; "
    "ec2_stop can."
)
SOURCES = (
    ("IpRanges", "CidrIp"),
    ("Ipv6Ranges", "CidrIpv6"),
    ("PrefixListIds", "PrefixListId"),
    ("UserIdGroupPairs", "GroupId"),
)
Rule = dict[str, JsonValue]


class GroupFacts(Model):
    """The rules that admit the port, by security group, and how many network interfaces wear the group."""

    place: Place
    rules: dict[str, list[Rule]]
    interfaces: int
    instance_state: str | None


def observe(params: FenceParameters, context: Context) -> GroupFacts:
    """Read the groups of the instance and of the target; raises Unavailable."""
    instance = read_instance(params, context) if params.database.instance else {}
    groups = _groups(params, instance)
    client = context.aws("ec2", params.database.region)
    with aws_look(f"what the security groups {', '.join(groups)} admit"):
        described = client.describe_security_groups(GroupIds=groups)["SecurityGroups"]
        admitting = _admitting(described, params.database.port)
        interfaces = _count_interfaces(client, list(admitting)) if admitting else 0
    return GroupFacts(
        place=place_of(context),
        rules=admitting,
        interfaces=interfaces,
        instance_state=instance["State"]["Name"] if instance else None,
    )


def _groups(params: FenceParameters, instance: dict[str, Any]) -> list[str]:
    worn = {group["GroupId"] for group in instance.get("SecurityGroups", [])}
    worn |= {group["GroupId"] for card in instance.get("NetworkInterfaces", []) for group in card.get("Groups", [])}
    return sorted(worn | ({params.database.security_group} if params.database.security_group else set()))


def _admitting(described: list[dict[str, Any]], port: int) -> dict[str, list[Rule]]:
    found = {group["GroupId"]: [r for r in group["IpPermissions"] if _admits(r, port)] for group in described}
    return {group: rules for group, rules in found.items() if rules}


def _admits(rule: dict[str, Any], port: int) -> bool:
    if rule["IpProtocol"] == "-1":
        return True
    return rule["IpProtocol"] in ("tcp", "6") and int(rule["FromPort"]) <= port <= int(rule["ToPort"])


def _count_interfaces(client: Any, groups: list[str]) -> int:
    answer = client.describe_network_interfaces(Filters=[{"Name": "group-id", "Values": groups}])
    return len(answer["NetworkInterfaces"])


def plan(params: FenceParameters, facts: GroupFacts) -> Plan:
    """Remove every rule that admits the port, from one group: one group is one request."""
    group, rules = next(iter(facts.rules.items()), ("", []))
    names = ", ".join(facts.rules)
    one = Precondition(
        text=f"One security group alone admits port {params.database.port} (found {names}; else use ec2_stop)",
        holds=len(facts.rules) == 1,
    )
    return fence_plan(
        params,
        facts.place,
        changes=tuple(_change(name, rule, "admitted", "refused") for name in facts.rules for rule in facts.rules[name]),
        nothing_to_do=f"No security group admits port {params.database.port}.",
        desired={"group": group, "rules": []},
        saved={"group": group, "rules": [*rules]},
        locks=tuple(
            f"{facts.place.account or '-'}/{params.database.region}/security-group/{name}" for name in facts.rules
        ),
        warnings=_warnings(params, facts),
        preconditions=(one,),
        way_back="Undo puts the removed rules back, while no other server was promoted.",
    )


def _change(group: str, rule: Rule, before: str, after: str) -> Change:
    return Change(resource=f"security group {group}", what=shown(rule), before=before, after=after)


def shown(rule: Rule) -> str:
    """A rule in a line: `tcp 5432 from 10.0.0.0/8, sg-1`."""
    sources = ", ".join(str(entry.get(key)) for field, key in SOURCES for entry in _entries(rule, field))
    if rule["IpProtocol"] == "-1":
        return f"everything from {sources}"
    first, last = rule.get("FromPort"), rule.get("ToPort")
    return f"tcp {first if first == last else f'{first} to {last}'} from {sources}"


def _entries(rule: Rule, field: str) -> list[dict[str, JsonValue]]:
    found = rule.get(field)
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _warnings(params: FenceParameters, facts: GroupFacts) -> tuple[str, ...]:
    found = [ESTABLISHED]
    port = params.database.port
    rules = [rule for rules in facts.rules.values() for rule in rules]
    wide = [shown(rule) for rule in rules if (rule.get("FromPort"), rule.get("ToPort")) != (port, port)]
    if wide:
        found.append(f"These rules admit more than port {port}, and all of it ends: {'; '.join(wide)}.")
    if facts.interfaces > 1:
        found.append(f"{facts.interfaces} network interfaces wear this group; all of them lose these rules.")
    return tuple(found)


def undo(done: Plan, facts: GroupFacts) -> Plan:
    """Put back what is missing of the saved rules."""
    group = str(done.saved["group"])
    live = facts.rules.get(group, [])
    missing = [rule for rule in saved_rules(done) if rule not in live]
    changes = tuple(_change(group, rule, "refused", "admitted") for rule in missing)
    planned = unfence_plan(done, facts.place, changes, f"{group} has its rules already.")
    return planned.model_copy(update={"desired": {**planned.desired, "missing": [*missing]}})


def saved_rules(plan: Plan) -> list[Rule]:
    """The rules that a plan took away."""
    rules = plan.saved["rules"]
    return [rule for rule in rules if isinstance(rule, dict)] if isinstance(rules, list) else []


def apply(params: FenceParameters, plan: Plan, context: Context) -> dict[str, JsonValue]:
    """One request: remove the saved rules, or put them back for the undo."""
    group = str(plan.desired["group"])
    what = f"The removal of rules from {group}" if is_fence(plan) else f"The return of the rules of {group}"
    client = aws_writer("ec2", params.database.region, context, what)
    if is_fence(plan):
        with aws_change(what, REFUSALS):
            client.revoke_security_group_ingress(GroupId=group, IpPermissions=plan.saved["rules"])
    else:
        with aws_change(what, REFUSALS):
            client.authorize_security_group_ingress(GroupId=group, IpPermissions=plan.desired["missing"])
    return called(params, group=group)


def settle(params: FenceParameters, plan: Plan, context: Context) -> Settlement:
    """The rules are read again: gone, there, or partly."""
    group = str(plan.desired["group"])
    live = observe(params, context).rules.get(group, [])
    finding = f"{group} admits the port by {len(live)} rules."
    if live == plan.desired["rules"]:
        return Settlement(outcome="happened", finding=finding, result=called(params, group=group))
    if live == plan.saved["rules"]:
        return Settlement(outcome="not_happened", finding=finding)
    return Settlement(outcome="unknown", finding=finding)


def verify(params: FenceParameters, plan: Plan, context: Context) -> Verdict:
    """No rule may admit the port; and because open connections live on, only an instance that is off is proof."""
    facts = observe(params, context)
    admitted = [shown(rule) for rules in facts.rules.values() for rule in rules]
    if not is_fence(plan):
        back = facts.rules.get(str(plan.desired["group"])) == plan.desired["rules"]
        return taken_down(back, f"The port is admitted by: {'; '.join(admitted) or 'no rule'}.")
    if admitted:
        return not_fenced(params, f"Still admitted: {'; '.join(admitted)}.")
    if facts.instance_state in OFF:
        return proven(
            params,
            context.now(),
            f"No rule admits the port and the instance is {facts.instance_state}.",
            state=facts.instance_state,
        )
    return unproven(params, "no rule admits new connections, but those that were open may go on writing.")


METHOD = Method(observe, plan, apply, settle, verify, undo)
