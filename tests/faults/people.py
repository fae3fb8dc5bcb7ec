"""What people do in the scenario: declare, approve, settle by what the far side's ledger says, retry, until it is over."""

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, TypeVar

from bot.domain import commands as c
from bot.domain.errors import NotConfirmed, NotRecorded, Refused
from bot.domain.incident import Incident, Run, StepRun
from bot.domain.model import replace
from bot.domain.timeline import Actor
from bot.domain.transitions import StepState
from bot.engine.desk import Desk
from bot.engine.signatures import canonical_request, prove

DECLARER, REQUESTER = "alice", "alice"
APPROVERS = ("bob", "carol", "dave")
REPEATS = 150
LOOKED_FOR = 1.6  # seconds in which a probe may settle a call in doubt before people do
T = TypeVar("T")


@dataclass
class Word:
    """What was acknowledged to somebody: it must be found again."""

    person: str
    step: str
    digest: str
    attempt: int


@dataclass
class People:
    """Everybody who acts on one incident. `happened(step)` is the truth of the far side."""

    desk: Desk
    keys: Mapping[str, bytes]
    happened: Callable[[str], bool]
    numbers: Iterator[int] = field(default_factory=itertools.count)
    name: str = "people"
    words: list[Word] = field(default_factory=list)
    settled: list[tuple[str, str]] = field(default_factory=list)
    doubts: set[tuple[str, int]] = field(default_factory=set)
    unconfirmed: int = 0
    _doubted_since: dict[tuple[str, int], float] = field(default_factory=dict)

    def declare(self, title: str, system: str) -> Incident:
        command = c.Declare(actor=actor(DECLARER), number=0, title=title, severity="sev1", systems=(system,))
        key = self.key()
        return self._until_recorded(lambda: self.desk.declare(command, key=key))

    def give(self, incident: str, command: c.Command, person: str) -> Incident:
        """Give a command and repeat it under the same key until it is recorded; raises Refused."""
        said, key = replace(command, actor=actor(person)), self.key()
        return self._until_recorded(lambda: self.desk.give(incident, said, key=key))

    def key(self) -> str:
        return f"{self.name}-{next(self.numbers)}"

    def _until_recorded(self, work: Callable[[], T]) -> T:
        for _ in range(REPEATS):
            try:
                return work()
            except (NotRecorded, NotConfirmed):
                self.unconfirmed += 1
                time.sleep(0.2)
        raise AssertionError("the database never took the command")

    # --- one look around, and whatever has to be done ----------------------------------------------------------------

    def attend(self, incident_id: str) -> Incident:
        """Look at every step once and do what it waits for; the incident as it was seen."""
        incident = self._until_recorded(lambda: self.desk.find(incident_id))
        for run, step in incident.every_step():
            try:
                self._attend_step(incident, run, step)
            except Refused:
                continue  # the step has moved on between the look and the word
        return incident

    def _attend_step(self, incident: Incident, run: Run, step: StepRun) -> None:
        if step.awaits_approval:
            self._approve(incident, run, step)
        elif step.state is StepState.READY and step.definition.kind == "manual":
            self.give(incident.id, c.Done(run=run.id, step=step.id), REQUESTER)
        elif step.state is StepState.READY and step.waits_for_start:
            self.give(incident.id, c.Retry(run=run.id, step=step.id), REQUESTER)
        elif step.state is StepState.BLOCKED and step.risks:
            self.give(incident.id, c.AcceptRisk(run=run.id, step=step.id, reason="there is no other way"), APPROVERS[0])
        elif step.state in (StepState.BLOCKED, StepState.FAILED):
            self.give(incident.id, c.Retry(run=run.id, step=step.id, reason="again"), REQUESTER)
        elif step.state is StepState.IN_DOUBT:
            self._settle(incident, run, step)

    def _approve(self, incident: Incident, run: Run, step: StepRun) -> None:
        for person in APPROVERS[: len(step.approved_by) + step.missing]:
            if person in step.approved_by:
                continue
            offer = self.key()
            signed = canonical_request("approve", incident.id, f"{run.id}/{step.id}", step.digest, {}, offer)
            command = c.Approve(
                actor=actor(person),
                run=run.id,
                step=step.id,
                digest=step.digest,
                offer=offer,
                proof=prove(self.keys[person], signed),
            )
            self._until_recorded(partial(self.desk.give, incident.id, command, key=offer))
            self.words.append(Word(person, step.id, step.digest, step.attempt))

    def _settle(self, incident: Incident, run: Run, step: StepRun) -> None:
        """A probe is waited for; then people look at the far side and say what they see."""
        doubt = (step.id, step.attempt)
        self.doubts.add(doubt)
        since = self._doubted_since.setdefault(doubt, time.monotonic())
        if time.monotonic() - since < LOOKED_FOR:
            return
        outcome: Literal["happened", "not_happened"] = "happened" if self.happened(step.id) else "not_happened"
        spoken = {voice.person for voice in step.voices}
        for person in (*APPROVERS, "erin"):
            if person not in spoken:
                command = c.Settle(run=run.id, step=step.id, outcome=outcome, reason="I looked at the far side")
                self.give(incident.id, command, person)
                self.settled.append((step.id, outcome))
                return


def actor(person: str) -> Actor:
    return Actor(person=person, via="cli")
