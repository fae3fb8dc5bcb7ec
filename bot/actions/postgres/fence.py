"""postgres.fence: shut the old primary off, and prove it. To add a method is one file and one line here."""

from collections.abc import Mapping
from typing import Any

from bot.actions.postgres import fence_ec2_stop, fence_hook, fence_revoke_connect, fence_security_group
from bot.actions.postgres.earlier_steps import FENCE
from bot.actions.postgres.fence_ec2_stop import InstanceFacts
from bot.actions.postgres.fence_hook import HookFacts
from bot.actions.postgres.fence_revoke_connect import DoorFacts
from bot.actions.postgres.fence_security_group import GroupFacts
from bot.actions.postgres.fencing import FenceParameters, Method, MethodName
from bot.domain.changes import Plan, Settlement, Verdict
from bot.domain.model import JsonValue
from bot.engine.ports import Action, Context

FenceFacts = InstanceFacts | GroupFacts | DoorFacts | HookFacts

METHODS: Mapping[MethodName, Method[Any]] = {
    "ec2_stop": fence_ec2_stop.METHOD,
    "hook": fence_hook.METHOD,
    "revoke_connect": fence_revoke_connect.METHOD,
    "security_group": fence_security_group.METHOD,
}


def observe(params: FenceParameters, context: Context) -> FenceFacts:
    facts: FenceFacts = METHODS[params.method].observe(params, context)
    return facts


def plan(params: FenceParameters, facts: FenceFacts) -> Plan:
    return METHODS[params.method].plan(params, facts)


def apply(params: FenceParameters, plan: Plan, context: Context) -> dict[str, JsonValue]:
    return METHODS[params.method].apply(params, plan, context)


def settle(params: FenceParameters, plan: Plan, context: Context) -> Settlement:
    return METHODS[params.method].settle(params, plan, context)


def verify(params: FenceParameters, plan: Plan, context: Context) -> Verdict:
    return METHODS[params.method].verify(params, plan, context)


def undo(params: FenceParameters, done: Plan, facts: FenceFacts) -> Plan:
    return METHODS[params.method].undo(done, facts)


ACTION = Action(
    name=FENCE,
    summary="Shut the old PostgreSQL primary off, and prove it",
    params=FenceParameters,
    observe=observe,
    plan=plan,
    apply=apply,
    settle=settle,
    verify=verify,
    undo=undo,
)
