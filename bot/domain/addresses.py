"""How people point at things: an incident is INC-7 or 7, a run R1, a step its id or R1/STEP."""

import re

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
    found = [run for run in runs if step in run.steps]
    found = [run for run in found if not run.stopped] or found
    if len(found) == 1:
        return found[0], found[0].steps[step]
    if found:
        places = either(f"{run.id}/{step}" for run in found)
        raise Refused(f"{incident.id} has {step} in several runs.", f"Say which: {places}.")
    if not runs:
        raise Refused(f"{incident.id} has no run yet.", f"Start one: dr start {incident.id} RUNBOOK.")
    known = [one for run in runs for one in run.steps]
    raise Refused(f"{name.upper() or incident.id} has no step {step}.", near(step, known))
