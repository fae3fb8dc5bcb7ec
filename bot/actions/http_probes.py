"""One GET, as a check asks it: what was answered, and how fast."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import httpx

from bot.actions.allowed import check_allowed
from bot.actions.http_outcomes import in_words
from bot.engine.ports import Context


@dataclass(frozen=True)
class Answer:
    """What came back: the status, or None and why there is none."""

    status: int | None
    took: timedelta
    problem: str = ""

    @property
    def text(self) -> str:
        """In words, after the name of what was asked: `answered 200 after 41 ms`."""
        took = milliseconds(self.took)
        return (
            f"did not answer ({self.problem}, {took})"
            if self.status is None
            else f"answered {self.status} after {took}"
        )


def milliseconds(length: timedelta) -> str:
    """A length in whole milliseconds, so that just over a bound does not look like the bound."""
    return f"{length / timedelta(milliseconds=1):.0f} ms"


def ask(url: str, context: Context, *, within: timedelta | None = None) -> Answer:
    """GET the URL; no answer is an answer without a status, and Unavailable is raised where it may not be asked."""
    options: Mapping[str, float] = {} if within is None else {"timeout": within.total_seconds()}
    started = time.monotonic()
    try:
        status = context.http("GET", url, **options).status_code
    except httpx.HTTPError as error:
        return Answer(None, timedelta(seconds=time.monotonic() - started), in_words(error))
    return Answer(status, timedelta(seconds=time.monotonic() - started))


def check_permitted(url: str, context: Context) -> None:
    """Raise Unavailable where the environment does not let requests go to a URL."""
    policy = context.facts.environment_facts.http
    check_allowed(url, policy.allow if policy else ())
