"""What a decision may know besides the state: the moment, the recovery plan, the runbooks, what the actions declare."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from difflib import SequenceMatcher, get_close_matches
from typing import Any

from bot.domain.commands import StepCommand, StepWord
from bot.domain.errors import Refused
from bot.domain.events import ApprovalsVoided
from bot.domain.evolve import fold
from bot.domain.incident import Incident, Run, StepRun
from bot.domain.plan import RecoveryPlan
from bot.domain.runbook import Runbook
from bot.domain.timeline import BOT, Event, Recorded
from bot.domain.transitions import IncidentState, StepState
from bot.domain.words import either

MOST_NEAR = 5
PLAIN = {state: state.value.replace("_", " ") for state in StepState}


@dataclass(frozen=True)
class Traits:
    """What an action declares of itself."""

    gated: bool = True
    point_of_no_return: bool = False
    undoable: bool = False


@dataclass(frozen=True)
class World:
    """`recent_glass` counts the actor's break-glass uses within the recovery plan's period, in all incidents."""

    now: datetime
    plan: RecoveryPlan
    runbooks: Mapping[str, Runbook] = field(default_factory=dict)
    traits: Mapping[str, Traits] = field(default_factory=dict)
    recent_glass: int = 0

    def name(self, person: str | None) -> str:
        """A person's name for people."""
        known = self.plan.people.get(person or "")
        return known.name if known else person or "nobody"

    def names(self, people: Iterable[str]) -> str:
        """Several people's names for people."""
        return ", ".join(self.name(p) for p in people) or "nobody"


Decision = Callable[..., tuple[Event, ...]]


def imagine(state: Incident | None, events: Iterable[Event], now: datetime, stream: str = "") -> Incident | None:
    """The state that events would lead to; raises IllegalMove. Hashes are left empty: nothing is recorded."""
    seq = state.seq if state else 0
    stream = state.id if state else stream
    rows = (Recorded(stream, seq + i, now, BOT, event, "", "") for i, event in enumerate(events, start=1))
    return fold(rows, state)


def near(name: str, known: Iterable[str]) -> str:
    """What to say after an unknown name: every known one that comes nearest, or all in their order."""
    known = tuple(known)
    likeness = {
        close: SequenceMatcher(None, close, name).ratio() for close in get_close_matches(name, known, n=MOST_NEAR)
    }
    nearest = [one for one in known if likeness and likeness.get(one) == max(likeness.values())]
    return f"Did you mean {either(nearest)}?" if nearest else f"Known are: {', '.join(known) or 'none'}."


def the_incident(state: Incident | None) -> Incident:
    """The incident, or a refusal where there is none."""
    if state is None:
        raise Refused("There is no such incident.", "List them with: dr list.")
    return state


def going_on(state: Incident | None) -> Incident:
    """An incident in which runs may still move: not closed, not canceled."""
    incident = the_incident(state)
    if incident.state in (IncidentState.CLOSED, IncidentState.CANCELED):
        raise Refused(f"{incident.id} is {incident.state}.", "Reopen it first, if it is not over.")
    return incident


def the_run(incident: Incident, run: str) -> Run:
    """A run by its id."""
    if run not in incident.runs:
        raise Refused(f"{incident.id} has no run {run}.", near(run, incident.runs))
    return incident.runs[run]


def where(run: Run, step: StepRun) -> dict[str, Any]:
    """The fields that every event about a step has."""
    return {"run": run.id, "step": step.id, "attempt": step.attempt}


def voiding(run: Run, step: StepRun, reason: str) -> tuple[Event, ...]:
    """The line that says that what was approved is void, before it goes; none where nothing was."""
    given = step.awaits_approval and (step.vouched_by or step.offers)
    return (ApprovalsVoided(**where(run, step), reason=reason),) if given else ()


def refuse_stopped(run: Run) -> None:
    """Nothing new starts in a stopped run."""
    if run.stopped:
        raise Refused(f"{run.id} was stopped.", "Start the runbook again.")


def instead(step: StepRun) -> str:
    """What to do about a step that is under way."""
    if step.state is StepState.IN_DOUBT:
        return "Settle it: happened or not_happened."
    return "Wait until it has ended." if step.state in (StepState.RUNNING, StepState.UNDOING) else ""


def the_step(state: Incident | None, command: StepCommand) -> tuple[Incident, Run, StepRun]:
    """The step that a command speaks of, where runs may still move."""
    incident = going_on(state)
    run = the_run(incident, command.run)
    if command.step not in run.steps:
        raise Refused(f"{run.id} has no step {command.step}.", near(command.step, run.steps))
    return incident, run, run.steps[command.step]


def the_step_looked_at(state: Incident | None, command: StepWord) -> tuple[Incident, Run, StepRun]:
    """The same for a word on one attempt, which says nothing about the next one."""
    incident, run, step = the_step(state, command)
    if command.attempt in (None, step.attempt) and command.generation in (None, step.generation):
        return incident, run, step
    raise Refused(
        f"{step.id} has gone on since you looked at it: it is {PLAIN[step.state]}. Your word was not counted.",
        f"Look at it as it is now: dr show {incident.id} {step.id}.",
    )
