"""The card's line on data: the objective, what was measured, what the plan quotes, and until then how fresh the replica is."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.comms.closing_draft import measured_loss, quote_of
from bot.comms.view import said
from bot.comms.words import spell
from bot.domain.changes import Measurement
from bot.domain.incident import StepRun
from bot.slack.rich import Line, Words, joined, line, strong
from bot.slack.surfaces.scene import Scene
from bot.slack.text import cut

LONGEST = 300


def data_clock(scene: Scene) -> Line:
    """`Data objective 5 min · quoted at most 8 min 19 s: last heartbeat here 03:01:12Z, … · beyond`."""
    rpo = scene.incident.rpo
    steps = [step for _, step in scene.incident.every_step()]
    objective = line(strong("Data"), f" objective {spell(rpo)}" if rpo else " objective: nothing is lost")
    measured = [loss for step in steps if (loss := measured_loss(step)) is not None]
    lost = timedelta(seconds=max(measured, default=0.0))
    found = line(f"measured: {spell(lost)} lost (", _verdict(lost, rpo), ")") if measured else ()
    quoted = next((quote for step in reversed(steps) if (quote := _quote(step))), None)
    known = (
        _quoted(quoted, rpo) if quoted else next((text for step in reversed(steps) for text in _fresh(scene, step)), ())
    )
    return joined(" · ", (objective, found, known))


def _quote(step: StepRun) -> Measurement | None:
    """What the shown plan quotes; below an undo's plan, what was quoted before."""
    return quote_of(step.plan) or quote_of(step.done_plan)


def _quoted(quote: Measurement, rpo: timedelta) -> Line:
    text = f"quoted {cut(said(quote.text).rstrip('.'), LONGEST)}"
    return line(text) if quote.value is None else line(f"{text} (", _verdict(timedelta(seconds=quote.value), rpo), ")")


def _verdict(loss: timedelta, rpo: timedelta) -> str | Words:
    return strong("beyond") if loss > rpo else "within"


def _fresh(scene: Scene, step: StepRun) -> Iterator[Line]:
    """What a check of the replica has found: the risk that it names, or the last heartbeat."""
    for risk in (*step.risks, *step.accepted_risks):
        if risk.name.startswith("data_loss"):
            yield line(cut(risk.text, LONGEST))
    beat = step.evidence.get("heartbeat")
    if isinstance(beat, str):
        yield line("last heartbeat ", scene.at(datetime.fromisoformat(beat), seconds=True))
