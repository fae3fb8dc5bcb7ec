"""route53.weights: move the weights of weighted DNS records, all in one change batch."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from bot.actions.accounts import account_of
from bot.actions.aws_errors import aws_change, aws_look, aws_writer
from bot.actions.route53_records import (
    REGION,
    RecordSet,
    leads_to,
    longest_ttl,
    read_records,
    records_of,
    spelled,
    weights_of,
    weights_text,
)
from bot.domain.changes import Change, Plan, Settlement, Verdict
from bot.domain.model import JsonValue, Model
from bot.domain.problems import Unfit
from bot.domain.targets import DnsTarget
from bot.engine.ports import Action, Context, Unavailable

NAME = "route53.weights"
REFUSALS = frozenset(
    {"InvalidChangeBatch", "InvalidInput", "NoSuchHealthCheck", "NoSuchHostedZone", "PriorRequestNotComplete"}
)
CONTROL_PLANE = (
    "This change goes through the Route 53 control plane, which lives in us-east-1 alone. If us-east-1 is impaired the "
    "change may not be accepted, although DNS keeps answering: then switch by health check instead."
)
SPREAD = {"INSYNC": "and all of its servers answer so", "PENDING": "but not all of its servers answer so yet"}
SPREAD_UNKNOWN = "but whether all of its servers answer so is not known, for the id of the change is not"


class WeightsParameters(Model):
    """The weighted records of one name, and the weight that each shall have (0 to 255)."""

    record: DnsTarget
    weights: Annotated[dict[str, Annotated[int, Field(ge=0, le=255)]], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_are_known(self) -> "WeightsParameters":
        unknown = sorted(set(self.weights) - set(self.record.sets))
        if unknown:
            known = ", ".join(sorted(self.record.sets))
            raise Unfit(f"the record has no set named {', '.join(unknown)}", f"it has {known}")
        if not any(self.weights.values()):
            raise Unfit(
                "every weight is 0, so Route 53 would answer with all of them alike", "give one a weight above 0"
            )
        return self

    @property
    def wanted(self) -> dict[str, int]:
        """The weight of each set identifier."""
        return {self.record.sets[name]: weight for name, weight in self.weights.items()}

    @property
    def label(self) -> str:
        """The record as people name it: `shop.example.com A`."""
        return f"{self.record.name} {self.record.type}"


class RecordFacts(Model):
    """Every weighted record of the name as Route 53 holds it, by set identifier."""

    account: str
    records: dict[str, RecordSet]


def observe(params: WeightsParameters, context: Context) -> RecordFacts:
    """Read the records; Unavailable where one is missing or has no weight."""
    records = read_records(params.record, context)
    for identifier in params.wanted:
        if "Weight" not in records.get(identifier, {}):
            raise Unavailable(
                f"Zone {params.record.zone} has no weighted record {params.label} with set identifier {identifier}. "
                "Correct the target in the recovery plan, or create the record."
            )
    return RecordFacts(account=account_of(context), records=records)


def plan(params: WeightsParameters, facts: RecordFacts) -> Plan:
    """The plan that leads from the live weights to the wanted ones; pure."""
    desired = {name: {**facts.records[name], "Weight": weight} for name, weight in params.wanted.items()}
    return _towards(params, facts, desired, f"Change the weights of {params.label}")


def undo(params: WeightsParameters, done: Plan, facts: RecordFacts) -> Plan:
    """The plan that leads back to the records as they were before; pure."""
    return _towards(params, facts, records_of(done.saved), f"Put the records of {params.label} back")


def _towards(params: WeightsParameters, facts: RecordFacts, desired: dict[str, RecordSet], summary: str) -> Plan:
    live = {name: facts.records[name] for name in desired}
    changes = tuple(_change(params, live[name], desired[name]) for name in desired if live[name] != desired[name])
    return Plan(
        action=NAME,
        summary=summary,
        target=params.record.name,
        account=facts.account,
        region=REGION,
        changes=changes,
        parameters=params.model_dump(mode="json", by_alias=True),
        nothing_to_do="" if changes else f"Route 53 already shows {weights_text(live)}.",
        targets=(
            f"{facts.account}/global/route53/{params.record.zone}/{spelled(params.record.name)}/{params.record.type}",
        ),
        desired={"records": dict(desired)},
        saved={"records": dict(live)},
        warnings=_warnings(facts, desired) if changes else (),
        way_back="Undo restores the records as they are now.",
    )


def _change(params: WeightsParameters, live: RecordSet, desired: RecordSet) -> Change:
    moved = {"Weight"} == {key for key in live.keys() | desired.keys() if live.get(key) != desired.get(key)}
    identifier = str(live["SetIdentifier"])
    return Change(
        resource=f"{params.label} in zone {params.record.zone}",
        what=f"{identifier} ({leads_to(desired)})" if moved else identifier,
        before=str(live["Weight"]) if moved else f"{live['Weight']} ({leads_to(live)})",
        after=str(desired["Weight"]) if moved else f"{desired['Weight']} ({leads_to(desired)})",
    )


def _warnings(facts: RecordFacts, desired: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    ttl = longest_ttl(desired)
    found = [CONTROL_PLANE]
    if ttl:
        found.append(f"Resolvers may give the old answer for {ttl} s after the change, and some clients for longer.")
    for name, record in desired.items():
        if "HealthCheckId" in record:
            found.append(
                f"{name} follows the health check {record['HealthCheckId']}: while that fails, Route 53 leaves it out."
            )
    others = {name: record for name, record in facts.records.items() if name not in desired}
    if others:
        found.append(f"Other records of this name keep their weight: {weights_text(others)}.")
    return tuple(found)


def apply(params: WeightsParameters, plan: Plan, context: Context) -> dict[str, JsonValue]:
    """Send one change batch with all records; the result holds the change's id."""
    desired = records_of(plan.desired)
    batch = {
        "Comment": f"DR Bot {context.facts.token}"[:256],
        "Changes": [{"Action": "UPSERT", "ResourceRecordSet": record} for record in desired.values()],
    }
    what = f"The change of {params.label}"
    client = aws_writer("route53", REGION, context, what)
    with aws_change(what, REFUSALS):
        answer = client.change_resource_record_sets(HostedZoneId=params.record.zone, ChangeBatch=batch)
    return {"change": answer["ChangeInfo"]["Id"], "weights": weights_of(desired)}


def settle(params: WeightsParameters, plan: Plan, context: Context) -> Settlement:
    """Compare the live records with the desired and the saved ones."""
    live = _live(params, plan, context)
    finding = f"Route 53 shows {weights_text(live)}"
    if live == records_of(plan.desired):
        return Settlement(outcome="happened", finding=f"{finding}: changed.", result={"weights": weights_of(live)})
    if live == records_of(plan.saved):
        return Settlement(outcome="not_happened", finding=f"{finding}: not changed.")
    return Settlement(outcome="unknown", finding=f"{finding}: neither the planned state nor the one before.")


def _live(params: WeightsParameters, plan: Plan, context: Context) -> dict[str, RecordSet]:
    records = observe(params, context).records
    return {name: records[name] for name in records_of(plan.desired)}


def verify(params: WeightsParameters, plan: Plan, context: Context) -> Verdict:
    """The change is in sync on Route 53's servers and the live records are the desired ones.

    It does not wait for the old TTL: that would cost recovery time and prove nothing about clients.
    """
    change = _change_id(plan, context)
    status = _status(change, context) if change else "unknown"
    live = _live(params, plan, context)
    ttl = longest_ttl(records_of(plan.saved))
    evidence: dict[str, JsonValue] = {"change": change, "status": status, "weights": weights_of(live), "old_ttl": ttl}
    return Verdict(
        holds=live == records_of(plan.desired) and status != "PENDING",
        finding=_finding(live, plan, status, ttl),
        evidence=evidence,
    )


def _finding(live: Mapping[str, RecordSet], plan: Plan, status: str, ttl: int) -> str:
    shown = f"Route 53 shows {weights_text(live)}"
    if live != records_of(plan.desired):
        return f"{shown}, which is not what was planned."
    clients = f" Not proven: that clients have moved; resolvers may keep the old answer for {ttl} s." if ttl else ""
    return f"{shown}, {SPREAD.get(status, SPREAD_UNKNOWN)}.{clients}"


def _change_id(plan: Plan, context: Context) -> str | None:
    """The change that apply sent, if what it returned belongs to this plan and not to the one that this undoes."""
    result = context.facts.result
    ours = result.get("weights") == weights_of(records_of(plan.desired))
    return str(result["change"]) if ours and result.get("change") else None


def _status(change: str, context: Context) -> str:
    with aws_look(f"whether the change {change} is in sync"):
        answer = context.aws("route53", REGION).get_change(Id=change)
    return str(answer["ChangeInfo"]["Status"])


ACTION = Action(
    name=NAME,
    summary="Move the weights of weighted DNS records in Route 53",
    params=WeightsParameters,
    observe=observe,
    plan=plan,
    apply=apply,
    settle=settle,
    verify=verify,
    undo=undo,
)
