"""http.performance: a bounded number of requests, and how long the slowest of them took."""

import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from bot.actions.http_probes import Answer, ask, milliseconds
from bot.domain.changes import Verdict
from bot.domain.durations import Duration
from bot.domain.model import Model
from bot.domain.texts import Status, Url
from bot.engine.ports import Check, Context

TOTAL = timedelta(seconds=30)  # a look is short: after this no further request is begun
PATIENCE = timedelta(seconds=10)  # an answer that takes longer counts as none


class PerformanceParameters(Model):
    """How many requests, how many of them at a time, and what the 95th percentile may be."""

    url: Url
    p95: Duration
    requests: Annotated[int, Field(ge=1, le=500)] = 50
    concurrency: Annotated[int, Field(ge=1, le=10)] = 1
    expect: Status = 200


def look(params: PerformanceParameters, context: Context) -> Verdict:
    """Send the requests, each on a connection of its own; every one must be answered as expected."""
    answers = _measure(params, context)
    good = sorted(answer.took for answer in answers if answer.status == params.expect)
    failed = len(answers) - len(good)
    return Verdict(
        holds=len(good) == params.requests and percentile(good, 95) <= params.p95,
        finding=" ".join(_sentences(params, good, failed)),
        evidence={
            "requests": len(answers),
            "failed": failed,
            **{name: round(length.total_seconds(), 3) for name, length in _figures(good).items()},
        },
    )


def _measure(params: PerformanceParameters, context: Context) -> list[Answer]:
    deadline = time.monotonic() + TOTAL.total_seconds()

    def one(_number: int) -> Answer | None:
        return ask(params.url, context, within=PATIENCE) if time.monotonic() < deadline else None

    with ThreadPoolExecutor(max_workers=params.concurrency) as pool:
        return [answer for answer in pool.map(one, range(params.requests)) if answer is not None]


def percentile(ordered: Sequence[timedelta], percent: int) -> timedelta:
    """By nearest rank: the smallest value that so many percent of all do not exceed. `ordered` is not empty."""
    return ordered[math.ceil(len(ordered) * percent / 100) - 1]


def _figures(good: Sequence[timedelta]) -> dict[str, timedelta]:
    if not good:
        return {}
    return {"p50": percentile(good, 50), "p95": percentile(good, 95), "max": good[-1]}


def _sentences(params: PerformanceParameters, good: Sequence[timedelta], failed: int) -> list[str]:
    """First what is wrong, then the figures."""
    found = []
    if failed:
        found.append(f"{failed} of {params.requests} requests failed: no answer, or not {params.expect}.")
    if len(good) + failed < params.requests:
        found.append(f"Only {len(good) + failed} of {params.requests} requests fitted into {milliseconds(TOTAL)}.")
    if good:
        figures = ", ".join(f"{name} {milliseconds(length)}" for name, length in _figures(good).items())
        found.append(f"{len(good)} good answers: {figures}; p95 may be {milliseconds(params.p95)}.")
    return found


CHECK = Check(
    name="http.performance",
    summary="Measure how fast one URL answers",
    params=PerformanceParameters,
    look=look,
)
