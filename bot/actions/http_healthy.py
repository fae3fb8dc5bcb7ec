"""http.healthy: one URL answers as expected and in time."""

from datetime import timedelta

from bot.actions.http_probes import ask
from bot.actions.system_health import passes, told
from bot.domain.changes import Verdict
from bot.domain.durations import Duration
from bot.domain.model import Model
from bot.domain.targets import HealthProbe
from bot.domain.texts import Status, Url
from bot.engine.ports import Check, Context


class HealthyParameters(Model):
    """The URL, the status that it must answer with, and how fast."""

    url: Url
    expect: Status = 200
    within: Duration = timedelta(seconds=5)


def look(params: HealthyParameters, context: Context) -> Verdict:
    """Ask once."""
    probe = HealthProbe(name=params.url, url=params.url, expect=params.expect, within=params.within)
    answer = ask(probe.url, context, within=probe.within)
    return Verdict(
        holds=passes(probe, answer),
        finding=f"{told(probe, answer)}.",
        evidence={"status": answer.status, "seconds": round(answer.took.total_seconds(), 3)},
    )


CHECK = Check(name="http.healthy", summary="Ask one URL", params=HealthyParameters, look=look)
