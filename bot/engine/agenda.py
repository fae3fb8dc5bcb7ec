"""What an incident's state asks of the engine: jobs to do now, moments to wake up at. Pure; a function of the state alone.

A command's transaction enqueues the jobs and writes the moments that its events add, and drops the moments that they
remove. So nothing has to be remembered or canceled anywhere else, and the whole agenda can be made again from the state.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.cadence import next_update
from bot.domain.incident import Incident, Run, StepRun
from bot.domain.model import JsonValue
from bot.domain.transitions import IncidentState, StepState
from bot.engine.durable import Job

LOST_AFTER = timedelta(minutes=1)  # a job that has shown nothing by then is given again
STALLED_AFTER = timedelta(
    minutes=6
)  # longer than any call may take (a promotion waits for up to five): its job is dead


@dataclass(frozen=True)
class Wake:
    """A moment at which a job is to run. `at` is where it starts; looks move it on themselves."""

    at: datetime
    kind: str
    data: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True)
class Agenda:
    jobs: Mapping[str, Job] = field(default_factory=dict)
    wakes: Mapping[str, Wake] = field(default_factory=dict)


ANNOUNCEMENT = "initial_notification"
NOTHING = Agenda()


def agenda(incident: Incident | None) -> Agenda:
    """All jobs and moments that the state asks for."""
    if incident is None or incident.state in (IncidentState.CLOSED, IncidentState.CANCELED):
        return NOTHING
    jobs: dict[str, Job] = {}
    wakes: dict[str, Wake] = {}
    due = next_update(incident)
    if due is not None:
        wakes["update"] = Wake(due, "update", {"number": incident.updates.number + 1})
    if ANNOUNCEMENT not in incident.posted:
        jobs["announce"] = Job("announce", f"announce|{incident.id}", "messages", (incident.id,))
        wakes["announce"] = Wake(incident.declared_at + LOST_AFTER, "announce")
    for run, step in incident.every_step():
        for job in step_jobs(incident, run, step):
            jobs[job.id] = job
            wakes[again_key(job.name, run.id, step.id, *map(str, job.arguments[4:]))] = _in_case(job, step, incident)
        wakes.update(step_wakes(run, step))
    return Agenda(jobs, wakes)


def step_jobs(incident: Incident, run: Run, step: StepRun) -> Iterator[Job]:
    """The work that one step waits for, now."""
    if step.awaits_approval:
        yield from (_job("judge", incident, run, step, offer.id) for offer in step.offers)
        if step.missing == 0 and not run.is_held(step):
            yield _job("attempt", incident, run, step)
    elif run.is_held(step) or step.waits_for_start or step.definition.kind == "manual":
        return
    elif step.state is StepState.READY:
        asks_first = step.definition.kind == "action" and step.gated
        yield _job("plan" if asks_first else "attempt", incident, run, step)
    elif step.state is StepState.UNDOING and step.started_at is None:
        yield _job("plan", incident, run, step)


def _in_case(job: Job, step: StepRun, incident: Incident) -> Wake:
    """The same job again, should it be lost: it looks at the state first, so once too often does no harm."""
    since = step.met_at or step.ready_at or incident.declared_at
    return Wake(since + LOST_AFTER, job.name, {"arguments": list(job.arguments)})


def step_wakes(run: Run, step: StepRun) -> Iterator[tuple[str, Wake]]:
    """The moments that one step waits for."""
    where: dict[str, JsonValue] = {"run": run.id, "step": step.id, "attempt": step.attempt}
    name = f"{run.id}/{step.id}"
    if step.awaits_approval and step.rule is not None:
        expires = step.met_at + step.rule.execution_expires if step.met_at else step.expires_at
        if expires is not None:
            yield f"expire/{name}", Wake(expires, "expire", where)
    if step.started_at is None:
        return
    executing = step.state in (StepState.RUNNING, StepState.UNDOING)
    looking = step.definition.kind == "check" or step.applied_at is not None
    if step.state is StepState.IN_DOUBT or (executing and looking):
        since = step.applied_at or step.started_at
        yield look_key(run.id, step.id), Wake(since, "look", {**where, "doubt": step.state is StepState.IN_DOUBT})
    elif executing:
        yield f"stalled/{name}", Wake(step.started_at + STALLED_AFTER, "stalled", where)


def _job(name: str, incident: Incident, run: Run, step: StepRun, detail: str = "") -> Job:
    """The id changes whenever the step moves or its run is resumed, so that each occasion has its own job."""
    occasion = max(step.changed_seq, run.resumed_seq)
    parts = (name, incident.id, run.id, step.id, str(step.attempt), str(occasion), *([detail] if detail else []))
    arguments: tuple[JsonValue, ...] = (incident.id, run.id, step.id, step.attempt)
    return Job(name, "|".join(parts), queue_of(name), (*arguments, detail) if detail else arguments)


def again_key(name: str, run: str, step: str, *detail: str) -> str:
    """The moment that stands for a lost job: of one step each click, the `detail`, has its own."""
    return "/".join((name, run, step, *detail))


def queue_of(name: str) -> str:
    """The queue of a step's work: looks may hang, and must never keep an approved attempt waiting."""
    return "steps" if name in ("plan", "attempt") else "looks"


def look_key(run: str, step: str) -> str:
    """The moment of a step's next look."""
    return f"look/{run}/{step}"
