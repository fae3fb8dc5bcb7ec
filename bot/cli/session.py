"""One command's way through the bot: open it, say who speaks, give the command, let go."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import typer

from bot.cli.output import Output
from bot.cli.services import Services
from bot.cli.speaker import Speaker, speaker
from bot.domain.addresses import find_run, find_step, incident_id
from bot.domain.commands import Command, Declare, StepCommand
from bot.domain.errors import NotConfirmed
from bot.domain.finding import Finding
from bot.domain.incident import Incident, Run, StepRun
from bot.domain.plan import RecoveryPlan
from bot.domain.words import Words
from bot.engine.desk import Desk
from bot.settings import Settings


@dataclass
class Opener:
    """Opens the bot at the first use, so that what needs no database asks for none. It is every context's `obj`."""

    build: Callable[[Settings], Services]
    examine: Callable[[Settings], Iterable[Finding]]

    @cached_property
    def settings(self) -> Settings:
        return Settings.read()

    @cached_property
    def services(self) -> Services:
        return self.build(self.settings)


def opener(ctx: typer.Context) -> Opener:
    """The opener behind a context."""
    found = ctx.find_object(Opener)
    assert found is not None
    return found


@dataclass(frozen=True)
class StepPlace:
    """A step at its place."""

    incident: Incident
    run: Run
    step: StepRun

    @property
    def looked_at(self) -> dict[str, Any]:
        """The fields of a word on this step as it was read here."""
        step = self.step
        return {"run": self.run.id, "step": step.id, "attempt": step.attempt, "generation": step.generation}

    @property
    def address(self) -> str:
        return f"{self.run.id}/{self.step.id}"


class Session:
    """What one command uses. `at` is the moment at which it looked."""

    def __init__(self, ctx: typer.Context, *, as_json: bool) -> None:
        self.services = opener(ctx).services
        ctx.call_on_close(self.services.close)
        self._typed = ctx.params
        self.out = Output(as_json=as_json)

    @property
    def desk(self) -> Desk:
        return self.services.desk

    @property
    def plan(self) -> RecoveryPlan:
        return self.desk.plan

    @property
    def words(self) -> Words:
        """Says things as of now."""
        return Words(self.plan, self.desk.now())

    def speaker(self, person: str | None, key: Path | None, request_id: str | None) -> Speaker:
        """Who speaks; raises WrongUsage, Refused."""
        return speaker(person, key, request_id, self.plan, self._typed)

    def incident(self, text: str) -> Incident:
        """The incident that a person names; raises Refused."""
        return self.desk.find(incident_id(text))

    def run(self, incident: str, run: str | None) -> tuple[Incident, Run]:
        """The run that a person names; raises Refused."""
        found = self.incident(incident)
        return found, find_run(found, run)

    def place(self, incident: str, step: str) -> StepPlace:
        """The step that a person names; raises Refused."""
        found = self.incident(incident)
        return StepPlace(found, *find_step(found, step))

    def give(self, speaker: Speaker, word: str, incident: str, command: Command) -> Incident:
        """Sign a command, check the signature, and record it; raises BadSignature, Refused, NotConfirmed, NotRecorded."""
        proof = speaker.sign(self.plan, word, incident, command)
        said = replace(command, actor=speaker.actor)
        if any(field.name == "proof" for field in fields(said)):
            said = replace(said, proof=proof)  # type: ignore[call-arg]
        step = f"{command.run}/{command.step}" if isinstance(command, StepCommand) else ""
        key = speaker.idempotency_key(word, incident, step)
        return self._confirmed(speaker, lambda: self.desk.give(incident, said, key=key))

    def give_step(self, speaker: Speaker, word: str, place: StepPlace, command: StepCommand) -> StepPlace:
        """The same for a step's command; the step as it stands afterwards."""
        after = self.give(speaker, word, place.incident.id, command)
        run = after.runs[place.run.id]
        return StepPlace(after, run, run.steps[place.step.id])

    def declare(self, speaker: Speaker, command: Declare) -> Incident:
        """Sign and declare."""
        speaker.sign(self.plan, "declare", "", command)
        said = replace(command, actor=speaker.actor)
        key = speaker.idempotency_key("declare", "", "")
        return self._confirmed(speaker, lambda: self.desk.declare(said, key=key))

    def _confirmed(self, speaker: Speaker, work: Callable[[], Incident]) -> Incident:
        try:
            return work()
        except NotConfirmed as doubt:
            again = f"To repeat it safely, add --request-id {speaker.request_id}."
            raise NotConfirmed(f"{doubt} {again}") from doubt
