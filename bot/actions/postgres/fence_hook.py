"""Fence through a hook that somebody else operates, proven by the hook's probe.

The bot does not know what the hook did, so it has no undo: whoever operates the hook takes the fence down.
"""

import json

import httpx

from bot.actions.http_headers import filled, revealed, versions_in
from bot.actions.http_outcomes import expect_status, http_change, in_words
from bot.actions.http_probes import check_permitted
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
from bot.domain.changes import Change, Plan, Precondition, SecretVersion, Settlement, Verdict
from bot.domain.model import JsonValue, Model
from bot.domain.targets import FenceHook
from bot.engine.ports import Context, NotApplied, Unavailable

ACCEPTED = (200, 201, 202, 204)


class HookFacts(Model):
    """What the probe answered; None where it did not answer."""

    place: Place
    status: int | None
    problem: str = ""
    secrets: tuple[SecretVersion, ...] = ()


def hook_of(params: FenceParameters) -> FenceHook:
    """The target's hook, which the parameters require for this method."""
    if params.database.fence_hook is None:  # pragma: no cover  # the parameters refuse it
        raise Unavailable(f"{params.database.name} has no fence_hook.")
    return params.database.fence_hook


def observe(params: FenceParameters, context: Context) -> HookFacts:
    """Ask the probe. Raises Unavailable where the bot may not go there, or a secret is missing."""
    hook = hook_of(params)
    check_permitted(hook.url, context)
    secrets = versions_in(hook.headers, context)
    place = place_of(context)
    try:
        status = context.http("GET", hook.probe.url).status_code
    except httpx.HTTPError as error:
        return HookFacts(place=place, status=None, problem=in_words(error), secrets=secrets)
    return HookFacts(place=place, status=status, secrets=secrets)


def plan(params: FenceParameters, facts: HookFacts) -> Plan:
    """One POST, unless the probe says that the fence stands."""
    hook = hook_of(params)
    fenced = facts.status == hook.probe.expect
    change = Change(resource=params.database.name, what=f"fence, by POST to {hook.url}", before="open", after="shut")
    planned = fence_plan(
        params,
        facts.place,
        changes=() if fenced else (change,),
        nothing_to_do=f"The probe {hook.probe.url} says that it is fenced already.",
        desired={"url": hook.url},
        saved={},
        warnings=("What the hook does is not known to the bot; only its probe proves that it worked.",),
        way_back="There is no undo by the bot: who operates the hook takes the fence down.",
    )
    return planned.model_copy(update={"secrets": facts.secrets})


def undo(done: Plan, facts: HookFacts) -> Plan:
    """A plan that can't be carried out, so that nobody takes the fence for gone."""
    change = Change(resource=done.target, what="fence", before="shut", after="open")
    by_hand = Precondition(
        text="The bot can undo it (it can't: ask who operates the hook, then skip this)", holds=False
    )
    planned = unfence_plan(done, facts.place, (change,), "")
    return planned.model_copy(update={"preconditions": (*planned.preconditions, by_hand)})


def apply(params: FenceParameters, plan: Plan, context: Context) -> dict[str, JsonValue]:
    """One POST with an idempotency key."""
    if not is_fence(plan):
        raise NotApplied("Nothing was sent: the bot can't take down a hook's fence. Ask who operates the hook.")
    hook = hook_of(params)
    what = f"POST {hook.url}"
    headers = filled(hook.headers, revealed(what, hook.url, plan, context))
    headers |= {"content-type": "application/json", "idempotency-key": context.facts.token}
    with http_change(what):
        answer = context.http("POST", hook.url, headers=headers, content=json.dumps(_body(params, context)))
    expect_status(what, answer.status_code, ACCEPTED)
    return called(params, status=answer.status_code)


def _body(params: FenceParameters, context: Context) -> dict[str, JsonValue]:
    facts, target = context.facts, params.database
    return {
        "token": facts.token,
        "incident": facts.incident,
        "system": facts.system,
        "environment": facts.environment,
        "region": target.region,
        "host": target.host,
        "port": target.port,
        "database": target.database,
    }


def settle(params: FenceParameters, plan: Plan, context: Context) -> Settlement:
    """The probe can say that it happened; that it did not happen nobody can say, for the hook may be slow."""
    verdict = verify(params, plan, context)
    if verdict.holds:
        return Settlement(outcome="happened", finding=verdict.finding, result=called(params))
    return Settlement(outcome="unknown", finding=verdict.finding)


def verify(params: FenceParameters, plan: Plan, context: Context) -> Verdict:
    """The probe's expected status is the proof."""
    probe = hook_of(params).probe
    facts = observe(params, context)
    if not is_fence(plan):
        return taken_down(facts.status != probe.expect, f"The probe answered {facts.status or facts.problem}.")
    if facts.status is None:
        return unproven(params, "the hook's probe does not answer.", problem=facts.problem)
    if facts.status == probe.expect:
        return proven(params, context.now(), f"The probe answered {facts.status}.", status=facts.status)
    return not_fenced(params, f"The probe answered {facts.status}, not {probe.expect}.", status=facts.status)


METHOD = Method(observe, plan, apply, settle, verify, undo)
