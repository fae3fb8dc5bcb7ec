"""system.health: every health probe of a system answers as expected and in time."""

from typing import Annotated

from pydantic import Field

from bot.actions.http_probes import Answer, ask, milliseconds
from bot.domain.changes import Verdict
from bot.domain.durations import Duration
from bot.domain.model import JsonValue, Model
from bot.domain.targets import HealthProbe
from bot.engine.ports import Check, Context


class HealthParameters(Model):
    """The probes, and for how long all of them must hold; the engine sees to `hold` by asking again."""

    health: Annotated[tuple[HealthProbe, ...], Field(min_length=1)]
    hold: Duration | None = None


def look(params: HealthParameters, context: Context) -> Verdict:
    """Ask every probe once, one after the other, also after one has failed."""
    answers = [(probe, ask(probe.url, context, within=probe.within)) for probe in params.health]
    failed = [told(probe, answer) for probe, answer in answers if not passes(probe, answer)]
    evidence: dict[str, JsonValue] = {
        probe.name: {"status": answer.status, "seconds": round(answer.took.total_seconds(), 3)}
        for probe, answer in answers
    }
    finding = "; ".join(failed or [told(probe, answer) for probe, answer in answers])
    return Verdict(holds=not failed, finding=f"{finding}.", evidence=evidence)


def passes(probe: HealthProbe, answer: Answer) -> bool:
    """Whether an answer has the probe's status and came in time."""
    return answer.status == probe.expect and answer.took <= probe.within


def told(probe: HealthProbe, answer: Answer) -> str:
    """The answer in words, with what was wrong about it."""
    if answer.status is not None and answer.status != probe.expect:
        return f"{probe.name} {answer.text}; {probe.expect} is expected"
    if answer.took > probe.within:
        return f"{probe.name} {answer.text}; {milliseconds(probe.within)} is allowed"
    return f"{probe.name} {answer.text}"


CHECK = Check(
    name="system.health",
    summary="Ask every health probe of a system",
    params=HealthParameters,
    look=look,
)
