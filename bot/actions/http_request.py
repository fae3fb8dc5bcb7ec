"""http.request: one POST to a hook that somebody else operates, never repeated by itself."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Literal

import httpx
from pydantic import Field

from bot.actions.http_headers import filled, revealed, versions_in
from bot.actions.http_outcomes import expect_status, http_change
from bot.actions.http_probes import ask, check_permitted
from bot.domain.changes import Change, Plan, SecretVersion, Settlement, Verdict
from bot.domain.model import JsonValue, Model, canonical
from bot.domain.targets import HttpProbe, SecretHeader
from bot.domain.texts import HeaderName, HeaderText, Status, Url
from bot.engine.ports import Action, Context

NAME = "http.request"
IDEMPOTENCY = "Idempotency-Key"
ANSWER_LIMIT = 4_000  # characters kept of an answer, for later steps and for the record
NO_PROBE = "No probe says what became of it. Ask whoever operates the hook, then settle the step."


class RequestParameters(Model):
    """The request, the statuses that mean done, and a probe that tells later whether it has happened."""

    method: Literal["POST"] = "POST"
    url: Url
    headers: dict[HeaderName, HeaderText | SecretHeader] = Field(default_factory=dict)
    body: JsonValue = None
    expect: Annotated[tuple[Status, ...], Field(min_length=1)] = (200, 201, 202, 204)
    probe: HttpProbe | None = None


class RequestFacts(Model):
    """The versions of the secrets, and whether the probe says that it has happened already; None: it cannot say."""

    account: str
    secrets: tuple[SecretVersion, ...] = ()
    happened: bool | None = None
    finding: str = ""


def observe(params: RequestParameters, context: Context) -> RequestFacts:
    """Read the secrets' versions and ask the probe; Unavailable where the URL is not allowed."""
    check_permitted(params.url, context)
    versions = versions_in(params.headers, context)
    happened, finding = _probed(params, context)
    account = context.facts.environment_facts.account or "-"
    return RequestFacts(account=account, secrets=versions, happened=happened, finding=finding)


def _probed(params: RequestParameters, context: Context) -> tuple[bool | None, str]:
    if params.probe is None:
        return None, NO_PROBE
    answer = ask(params.probe.url, context)
    finding = f"The probe {params.probe.url} {answer.text}; {params.probe.expect} means that it has happened."
    return (None if answer.status is None else answer.status == params.probe.expect), finding


def plan(params: RequestParameters, facts: RequestFacts) -> Plan:
    """The request in words; empty where the probe says that it has happened already. Pure."""
    done = facts.happened is True
    return Plan(
        action=NAME,
        summary=f"Send one POST to {params.url}",
        target=httpx.URL(params.url).host,
        account=facts.account,
        changes=() if done else (_change(params, facts),),
        nothing_to_do=f"It has happened already. {facts.finding}" if done else "",
        targets=(f"{facts.account}/global/http/{params.url}",),
        parameters=params.model_dump(mode="json", by_alias=True),
        secrets=facts.secrets,
        warnings=() if params.probe else (f"If no answer comes back, nobody knows whether it happened. {NO_PROBE}",),
        way_back="A request cannot be taken back from here; the hook's operator knows the way back.",
    )


def _change(params: RequestParameters, facts: RequestFacts) -> Change:
    versions = {secret.name: secret.version for secret in facts.secrets}
    headers = [f"{name}: {_shown(value, versions)}" for name, value in params.headers.items()]
    body = [] if params.body is None else [f"body {canonical(params.body)}"]
    content = "; ".join([*headers, *body]) or "no body"
    return Change(resource=params.url, what=params.method, before="not sent", after=f"sent: {content}")


def _shown(value: str | SecretHeader, versions: Mapping[str, str]) -> str:
    return f"(secret {value.secret}, version {versions[value.secret]})" if isinstance(value, SecretHeader) else value


def apply(params: RequestParameters, plan: Plan, context: Context) -> dict[str, JsonValue]:
    """Send it once, under the attempt's idempotency key."""
    what = f"The request to {params.url}"
    secrets = revealed(what, params.url, plan, context)
    headers = filled(params.headers, secrets)
    headers[IDEMPOTENCY] = context.facts.token
    with http_change(what):
        response = _send(params, headers, context)
    expect_status(what, response.status_code, params.expect)
    return {"status": response.status_code, "answer": _answer(response, tuple(secrets.values()))}


def _send(params: RequestParameters, headers: Mapping[str, str], context: Context) -> httpx.Response:
    if params.body is None:
        return context.http(params.method, params.url, headers=headers)
    typed = {**headers, "Content-Type": "application/json"}
    return context.http(params.method, params.url, headers=typed, content=canonical(params.body).encode())


def _answer(response: httpx.Response, secrets: tuple[str, ...]) -> JsonValue:
    """The beginning of the answer, as JSON where it is some, without the secrets that a server may echo."""
    text = response.text
    if len(text) <= ANSWER_LIMIT:
        with suppress(ValueError):
            return _without(json.loads(text), secrets)
    return str(_without(text, secrets))[:ANSWER_LIMIT]


def _without(value: JsonValue, secrets: tuple[str, ...]) -> JsonValue:
    if isinstance(value, str):
        for secret in filter(None, secrets):
            value = value.replace(secret, "(secret)")
        return value
    if isinstance(value, list):
        return [_without(one, secrets) for one in value]
    if isinstance(value, dict):
        return {str(_without(name, secrets)): _without(one, secrets) for name, one in value.items()}
    return value


def settle(params: RequestParameters, _plan: Plan, context: Context) -> Settlement:
    """Only a probe that says yes settles it: one that says no may be early, for hooks often work on after answering."""
    happened, finding = _probed(params, context)
    return Settlement(outcome="happened" if happened else "unknown", finding=finding)


def verify(params: RequestParameters, _plan: Plan, context: Context) -> Verdict:
    """The probe says that it has happened; without one the hook's answer has to do, and that is said."""
    evidence: dict[str, JsonValue] = {"status": context.facts.result.get("status")}
    if params.probe is None:
        finding = "The hook answered as expected. Whether it did its work was not checked, for the step names no probe."
        return Verdict(holds=True, finding=finding, evidence=evidence)
    happened, finding = _probed(params, context)
    return Verdict(holds=happened, finding=finding, evidence=evidence | {"probe": params.probe.url})


ACTION = Action(
    name=NAME,
    summary="Send one POST to a hook, once, with an idempotency key",
    params=RequestParameters,
    observe=observe,
    plan=plan,
    apply=apply,
    settle=settle,
    verify=verify,
)
