"""One run of the scenario with the bot cut off at one call, and what must hold after it."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from bot.domain import commands as c
from bot.domain.errors import NotRecorded
from bot.domain.incident import Incident
from bot.domain.transitions import RunState
from bot.store import deliveries
from bot.store.audit import Line
from tests.faults import invariants
from tests.faults.gate import Call, Fault, Phase, Trap
from tests.faults.people import People
from tests.faults.world import SYSTEM, World

SETTLED_WITHIN = 60.0
PAUSE = 0.08
PATIENCE = 30.0
T = TypeVar("T")


@dataclass
class Scenario:
    """A runbook to be carried out. `gated` is step -> approvals that it needs; `mails` how many people are told.

    `parts` is step -> the calls that make up its change, learned from a run that nothing disturbs; those that contain one
    of `again` are harmless to repeat.
    """

    runbook: str
    gated: Mapping[str, int]
    mails: int
    again: tuple[str, ...] = ()
    parts: dict[str, frozenset[str]] = field(default_factory=dict)

    def learn(self, ledger: Iterable[Call]) -> None:
        self.parts = {
            step: frozenset(c.place.what for c in ledger if c.step == step and c.applied) for step in self.gated
        }

    def happened(self, step: str, ledger: Iterable[Call]) -> bool:
        """Whether all of a step's change has taken effect by now."""
        return self.parts.get(step, frozenset()) <= {c.place.what for c in ledger if c.step == step and c.applied}


@dataclass
class Outcome:
    """What one run showed. `faults` is empty where every invariant held."""

    trap: Trap | None
    incident: str
    ledger: list[Call]
    lines: list[Line]
    people: People | None
    faults: list[str] = field(default_factory=list)
    sprung: bool = False
    seconds: float = 0.0
    settled_after: float = 0.0


def traps(ledger: Iterable[Call]) -> list[Trap]:
    """Both sides of every call of a recorded run."""
    return [Trap(call.place, phase) for call in ledger for phase in ("before", "after")]


def broken(ledger: Iterable[Call]) -> list[Trap]:
    """Every HTTP call without an answer and with an error for an answer; a change also after it has taken effect."""
    found: list[Trap] = []
    for call in ledger:
        if not call.place.what.startswith("smtp"):
            phases: tuple[Phase, ...] = ("before", "after") if call.step else ("before",)
            faults: tuple[Fault, ...] = ("close", "error")
            found += [Trap(call.place, phase, fault) for phase in phases for fault in faults]
    return found


def play(world: World, scenario: Scenario, trap: Trap | None) -> Outcome:
    """Carry the runbook out; the bot dies at the trap, is started again, and people see it through."""
    began = time.monotonic()
    world.restore()
    world.gate.reset(trap)
    people = world.people(lambda step: happened(world, scenario, incident.id, step))
    if not world.life.alive:
        world.restart()
    incident = people.declare(f"cut {trap}", SYSTEM)
    world.gate.has_intent = lambda step, token: has_intent(world, incident.id, step, token)
    people.give(incident.id, c.Start(runbook=scenario.runbook, system=SYSTEM), "alice")
    outcome = Outcome(trap, incident.id, world.gate.ledger, [], people)
    see_through(world, people, incident.id, outcome)
    outcome.ledger = list(world.gate.ledger)  # what people are told when it is over is another story
    world.gate.trap = world.gate.has_intent = None
    outcome.lines = invariants.exported(world.bot.database, incident.id)
    outcome.faults += judged(outcome, scenario)
    people.give(incident.id, c.Cancel(reason="the run is over"), "alice")
    quiet(world, incident.id)
    outcome.seconds = time.monotonic() - began
    return outcome


def happened(world: World, scenario: Scenario, incident_id: str, step: str) -> bool:
    """The truth about a step's change. What is not gated only has people told: that is recorded, or it is not."""
    if step in scenario.gated:
        return scenario.happened(step, list(world.gate.ledger))
    return patiently(lambda: any(f"/{step}/" in row.message.id for row in messages(world, incident_id)))


def see_through(world: World, people: People, incident_id: str, outcome: Outcome) -> None:
    """Until the run is completed and the mails are out, at most a minute after the death."""
    deadline = time.monotonic() + SETTLED_WITHIN
    killed_at = 0.0
    while True:
        if world.gate.sprung.is_set() and not outcome.sprung:
            outcome.sprung, killed_at = True, time.monotonic()
            deadline = killed_at + SETTLED_WITHIN
            if not world.life.alive:
                world.restart()
        incident = people.attend(incident_id)
        if is_over(world, incident):
            outcome.settled_after = time.monotonic() - killed_at if killed_at else 0.0
            return
        if time.monotonic() > deadline:
            outcome.faults.append(f"I4 not settled within {SETTLED_WITHIN:g} s: {where_it_stands(incident)}")
            return
        time.sleep(PAUSE)


def quiet(world: World, incident_id: str) -> None:
    """Until everybody has been told that it is over, so that no mail falls into the next run."""
    deadline = time.monotonic() + SETTLED_WITHIN
    while not is_told(world, incident_id):
        assert time.monotonic() < deadline, f"{incident_id} never became quiet"
        time.sleep(PAUSE)


def is_over(world: World, incident: Incident) -> bool:
    return incident.runs["R1"].state is RunState.COMPLETED and is_told(world, incident.id)


def is_told(world: World, incident_id: str) -> bool:
    """Whether no message waits to be sent."""
    try:
        return all(row.state in ("sent", "failed") for row in messages(world, incident_id))
    except NotRecorded:
        return False  # the bot's database is away


def messages(world: World, incident_id: str) -> list[deliveries.Delivery]:
    """Everything that somebody was or is to be told."""
    with world.bot.database.read() as connection:
        return deliveries.of_stream(connection, incident_id)


def where_it_stands(incident: Incident) -> str:
    steps = [f"{step.id} {step.state} ({step.reason or step.finding})" for _, step in incident.every_step()]
    return "; ".join(steps)


def has_intent(world: World, incident_id: str, step: str, token: str) -> bool:
    """Whether the bot's record announces this change: the step's newest event of execution is its start.

    While the bot's database is away the call waits here for the answer.
    """
    started = False
    for line in patiently(lambda: invariants.exported(world.bot.database, incident_id)):
        data = invariants.of(line)
        if data.get("step") != step:
            continue
        if line["type"] in ("StepStarted", "UndoStarted"):
            started = not token or data["token"] == token
        elif line["type"] in ("StepApplied", "StepCompleted", "StepFailed", "StepSettled", "UndoApplied"):
            started = False
    return started


def patiently(work: Callable[[], T]) -> T:
    """A look at the bot's database, which may be away for some seconds."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return work()
        except NotRecorded:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def judged(outcome: Outcome, scenario: Scenario) -> list[str]:
    ledger, lines = outcome.ledger, outcome.lines
    mails = [call.detail for call in ledger if call.place.what == "smtp mail" and call.answered]
    return [
        *invariants.once(ledger, scenario.parts, scenario.again),
        *invariants.within_attempts(ledger, lines),
        *invariants.one_call_an_attempt(ledger),
        *invariants.intents(ledger),
        *invariants.results(lines),
        *invariants.approved(lines, scenario.gated),
        *invariants.words_kept(lines, outcome.people.words if outcome.people else ()),
        *invariants.mails_once(mails, scenario.mails),
        *_settlements(outcome),
    ]


def _settlements(outcome: Outcome) -> list[str]:
    """What can't be known was said: a doubt that stands in the timeline before its settlement."""
    doubted = {_place(line) for line in outcome.lines if line["type"] == "StepInDoubt"}
    settled = {_place(line) for line in outcome.lines if line["type"] == "StepSettled"}
    return [f"I4 {step} attempt {attempt} was settled without a doubt" for step, attempt in settled - doubted]


def _place(line: Line) -> tuple[str, int]:
    data = invariants.of(line)
    return str(data["step"]), int(data["attempt"])
