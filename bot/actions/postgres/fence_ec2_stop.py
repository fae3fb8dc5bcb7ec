"""Fence by stopping the old primary's EC2 instance. Proven by its state `stopped` (or `terminated`) and by nothing less.

Undo starts the instance again. That is right only while no other server was promoted, and the plan says so.
"""

from typing import Any

from bot.actions.aws_errors import aws_change, aws_look, aws_writer
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
from bot.engine.ports import Context, Unavailable

OFF = frozenset({"stopped", "terminated"})
GOING_OFF = OFF | {"stopping", "shutting-down"}
GOING_ON = frozenset({"pending", "running"})
REFUSALS = frozenset(
    {
        "IncorrectInstanceState",
        "IncorrectState",
        "InvalidInstanceID.Malformed",
        "InvalidInstanceID.NotFound",
        "OperationNotPermitted",
        "UnsupportedOperation",
    }
)
GROUP_TAG = "aws:autoscaling:groupName"


class InstanceFacts(Model):
    """The instance as EC2 describes it. `reason` is why it last changed its state, in EC2's words."""

    place: Place
    instance: str
    state: str
    reason: str
    root: str
    group: str | None


def read_instance(params: FenceParameters, context: Context) -> dict[str, Any]:
    """EC2's description of the target's instance; raises Unavailable."""
    target = params.database
    client = context.aws("ec2", target.region)
    with aws_look(f"what state {target.instance} is in"):
        answer = client.describe_instances(InstanceIds=[target.instance])
    found = [instance for reservation in answer["Reservations"] for instance in reservation["Instances"]]
    if not found:
        raise Unavailable(f"There is no instance {target.instance} in {target.region}. Correct the target.")
    description: dict[str, Any] = found[0]
    return description


def observe(params: FenceParameters, context: Context) -> InstanceFacts:
    """Read the instance; raises Unavailable."""
    found = read_instance(params, context)
    tags = {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])}
    return InstanceFacts(
        place=place_of(context),
        instance=found["InstanceId"],
        state=found["State"]["Name"],
        reason=found.get("StateTransitionReason", ""),
        root=found.get("RootDeviceType", ""),
        group=tags.get(GROUP_TAG),
    )


def plan(params: FenceParameters, facts: InstanceFacts) -> Plan:
    """Stop it, unless it is off."""
    change = Change(resource=f"instance {facts.instance}", what="state", before=facts.state, after="stopped")
    return fence_plan(
        params,
        facts.place,
        changes=() if facts.state in OFF else (change,),
        nothing_to_do=f"{facts.instance} is {facts.state} already.",
        desired={"state": "stopped", "instance": facts.instance},
        saved={"state": "running"},
        locks=(f"{facts.place.account or '-'}/{params.database.region}/ec2/{facts.instance}",),
        warnings=_warnings(params, facts),
        preconditions=(Precondition(text="Its root device can be stopped (EBS)", holds=facts.root == "ebs"),),
        way_back="Undo starts the instance again, while no other server was promoted.",
    )


def _warnings(params: FenceParameters, facts: InstanceFacts) -> tuple[str, ...]:
    found = [
        f"This asks EC2 in {params.database.region}; while that region is impaired it may take long, or be refused."
    ]
    if facts.group:
        found.append(
            f"{facts.instance} belongs to the Auto Scaling group {facts.group}, which may start another in its place."
        )
    return tuple(found)


def undo(done: Plan, facts: InstanceFacts) -> Plan:
    """Start it again."""
    change = Change(resource=f"instance {facts.instance}", what="state", before=facts.state, after="running")
    changes = () if facts.state in GOING_ON else (change,)
    return unfence_plan(done, facts.place, changes, f"{facts.instance} is {facts.state} already.")


def apply(params: FenceParameters, plan: Plan, context: Context) -> dict[str, JsonValue]:
    """One request: stop, or start for the undo."""
    instance = str(plan.desired["instance"])
    what = f"The stop of {instance}" if is_fence(plan) else f"The start of {instance}"
    client = aws_writer("ec2", params.database.region, context, what)
    if is_fence(plan):
        with aws_change(what, REFUSALS):
            client.stop_instances(InstanceIds=[instance])
    else:
        with aws_change(what, REFUSALS):
            client.start_instances(InstanceIds=[instance])
    return called(params, instance=instance)


def settle(params: FenceParameters, plan: Plan, context: Context) -> Settlement:
    """A state on its way to the wanted one means that the call arrived; both calls do no harm twice."""
    state = observe(params, context).state
    wanted = GOING_OFF if is_fence(plan) else GOING_ON
    finding = f"{plan.desired['instance']} is {state}."
    if state not in wanted:
        return Settlement(outcome="not_happened", finding=finding)
    return Settlement(outcome="happened", finding=finding, result=called(params, instance=plan.desired["instance"]))


def verify(params: FenceParameters, plan: Plan, context: Context) -> Verdict:
    """Off is off. On its way there it may still write: should that last, it is unproven."""
    try:
        facts = observe(params, context)
    except Unavailable as error:
        if not is_fence(plan):
            raise
        return unproven(params, f"EC2 does not say what state {params.database.instance} is in.", error=str(error))
    said = f"{facts.instance} is {facts.state}"
    if not is_fence(plan):
        return taken_down(facts.state == "running", f"{said}.")
    if facts.state in OFF:
        return proven(
            params, context.now(), f"{said}.", instance=facts.instance, state=facts.state, reason=facts.reason
        )
    if facts.state in GOING_OFF:
        return unproven(params, f"{said}, not stopped.", instance=facts.instance, state=facts.state)
    return not_fenced(params, f"{said}, not stopped.", instance=facts.instance, state=facts.state)


METHOD = Method(observe, plan, apply, settle, verify, undo)
