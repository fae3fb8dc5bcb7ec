"""http.journey: a visitor's way through a site, step by step, in one session of cookies."""

from http.cookiejar import CookieJar
from typing import Annotated

import httpx
from pydantic import Field, model_validator

from bot.actions.http_outcomes import in_words
from bot.domain.changes import Verdict
from bot.domain.model import JsonValue, Model, canonical
from bot.domain.problems import Unfit
from bot.domain.texts import Status, Text, Url
from bot.engine.ports import Check, Context

LONGEST = 20


class JourneyStep(Model):
    """One request: `get` or `post` a URL. A check may be asked again, so post only what may happen twice."""

    get: Url | None = None
    post: Url | None = None
    body: JsonValue = None
    expect: Status = 200
    contains: Text | None = None

    @model_validator(mode="after")
    def _is_one_request(self) -> "JourneyStep":
        if (self.get is None) == (self.post is None):
            raise Unfit("a step of a journey is either get or post", "write one of them, with a URL")
        if self.get is not None and self.body is not None:
            raise Unfit("a get has no body", "leave the body out, or post it")
        return self

    @property
    def request(self) -> tuple[str, str]:
        """Method and URL."""
        return ("POST", self.post) if self.post is not None else ("GET", self.get or "")


class JourneyParameters(Model):
    """The steps, in order."""

    steps: Annotated[tuple[JourneyStep, ...], Field(min_length=1, max_length=LONGEST)]


def look(params: JourneyParameters, context: Context) -> Verdict:
    """Go the way once and stop at the first step that isn't as expected."""
    session = CookieJar()
    for number, step in enumerate(params.steps, start=1):
        problem = _problem(step, session, context)
        if problem:
            method, url = step.request
            return Verdict(
                holds=False,
                finding=f"Step {number} of {len(params.steps)}, {method} {url}: {problem}.",
                evidence={"passed": number - 1, "steps": len(params.steps)},
            )
    steps = len(params.steps)
    return Verdict(
        holds=True, finding=f"All {steps} steps are as expected.", evidence={"passed": steps, "steps": steps}
    )


def _problem(step: JourneyStep, session: CookieJar, context: Context) -> str:
    """What is wrong with the answer to a step, or nothing."""
    try:
        response = _send(step, session, context)
    except httpx.HTTPError as error:
        return f"no answer ({in_words(error)})"
    if response.status_code != step.expect:
        return f"answered {response.status_code}; {step.expect} is expected"
    if step.contains is not None and step.contains not in response.text:
        return f"the answer does not contain {step.contains!r}"
    return ""


def _send(step: JourneyStep, session: CookieJar, context: Context) -> httpx.Response:
    method, url = step.request
    if step.body is None:
        return context.http(method, url, cookies=session)
    headers = {"Content-Type": "application/json"}
    return context.http(method, url, cookies=session, headers=headers, content=canonical(step.body).encode())


CHECK = Check(
    name="http.journey",
    summary="Go a visitor's way through a site, in one session",
    params=JourneyParameters,
    look=look,
)
