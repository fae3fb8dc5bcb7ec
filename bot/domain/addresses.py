"""How people point at things: an incident is INC-7 or 7, a run R1, a step its id, its number, or how it begins, or R1/STEP."""

import re
from collections.abc import Iterable

from bot.domain.decisions.world import near, the_run
from bot.domain.errors import Refused
from bot.domain.incident import Incident, Run, StepRun
from bot.domain.words import either

INCIDENT = re.compile(r"(?:inc-)?0*([1-9][0-9]{0,9})", re.IGNORECASE)


def incident_id(text: str) -> str:
    """The incident that a person means; raises Refused for what can't be one."""
    found = INCIDENT.fullmatch(text.strip())
    if found is None:
        raise Refused(f"{text!r} is no incident.", "Write it like INC-7, or 7. List them with: dr list.")
    return f"INC-{found[1]}"


def find_run(incident: Incident, text: str | None) -> Run:
    """The run of that name, or the only one that is not over; raises Refused."""
    if text:
        return the_run(incident, text.upper())
    going = [run for run in incident.runs.values() if not run.is_over]
    if len(going) == 1:
        return going[0]
    if not going:
        raise Refused(f"{incident.id} has no run that goes on.", f"Start one: dr start {incident.id} RUNBOOK.")
    raise Refused(f"{incident.id} has several runs: {', '.join(run.id for run in going)}.", "Say which.")


def find_step(incident: Incident, text: str) -> tuple[Run, StepRun]:
    """The step that a person means, with its run; raises Refused, naming what comes near."""
    name, _, step = text.rpartition("/")
    runs = [the_run(incident, name.upper())] if name else list(incident.runs.values())
    found = _found(runs, step.strip())
    if len(found) == 1:
        return found[0]
    if found:
        places = either(f"{run.id}/{one.id}" for run, one in found)
        raise Refused(f"{incident.id} has several steps {step}.", f"Say which: {places}.")
    if not runs:
        raise Refused(f"{incident.id} has no run yet.", f"Start one: dr start {incident.id} RUNBOOK.")
    known = [one for run in runs for one in run.steps]
    raise Refused(f"{name.upper() or incident.id} has no step {step}.", near(step, known))


def _found(runs: Iterable[Run], text: str) -> list[tuple[Run, StepRun]]:
    """The steps of that id; else of that number, as the messages count; else whose id or title begins so."""
    places = [(run, number, step) for run in runs for number, step in enumerate(run.steps.values(), start=1)]
    begins = text.casefold()
    for fits in (
        [(run, step) for run, _, step in places if step.id == text],
        [(run, step) for run, number, step in places if str(number) == text],
        [(run, step) for run, _, step in places if text and _begins(step, begins)],
    ):
        if fits:
            return [(run, step) for run, step in fits if not run.stopped] or fits
    return []


def _begins(step: StepRun, text: str) -> bool:
    return step.id.casefold().startswith(text) or step.definition.title.casefold().startswith(text)
