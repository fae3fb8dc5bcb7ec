"""dr start, stop, pause, resume: the runs of an incident."""

from collections.abc import Iterable
from typing import Annotated

import typer

from bot.cli import completion
from bot.cli.errors import WrongUsage
from bot.cli.options import IncidentName, Json, Key, Reason, RequestId, RunName, Who
from bot.cli.session import Session
from bot.domain.choices import read_input, the_runbook, the_system
from bot.domain.commands import Pause, Resume, Start, Stop
from bot.domain.incident import Incident
from bot.domain.model import JsonValue
from bot.domain.runbook import Runbook


def start(
    ctx: typer.Context,
    incident: IncidentName,
    runbook: Annotated[str, typer.Argument(metavar="RUNBOOK", autocompletion=completion.runbooks)],
    system: Annotated[
        str | None,
        typer.Option(
            metavar="S", help="Which of the incident's systems, if several.", autocompletion=completion.systems
        ),
    ] = None,
    given: Annotated[
        list[str] | None, typer.Option("--input", metavar="NAME=VALUE", help="A value that the runbook asks for.")
    ] = None,
    who: Who = None,
    key: Key = None,
    request_id: RequestId = None,
    json: Json = False,
) -> None:
    """Start a runbook: from then on its steps come up one after another.

    Example: dr start INC-7 regional-failover --as alice --key ~/.ssh/id_ed25519
    """
    session = Session(ctx, as_json=json)
    speaker = session.speaker(who, key, request_id)
    before = session.incident(incident)
    inputs = read_inputs(the_runbook(session.desk.runbooks, runbook), given or ())
    place = the_system(session.plan, before, runbook, system)
    after = session.give(speaker, "start", before.id, Start(runbook=runbook, system=place, inputs=inputs))
    run = [run for run in after.runs.values() if run.runbook.id == runbook and run.system == place][-1]
    result = {"id": after.id, "run": run.id, "runbook": runbook, "system": place, "state": run.state.value}
    said = f"Started {run.id}: {run.runbook.title} for {place}, {len(run.steps)} steps."
    session.out.answer(result, said, f"Follow it with: dr show {after.id} --follow")


def read_inputs(runbook: Runbook, given: Iterable[str]) -> dict[str, JsonValue]:
    """The values as the runbook's inputs read them; raises WrongUsage, Refused."""
    inputs: dict[str, JsonValue] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals:
            raise WrongUsage(f"{pair!r} is no input: write it like NAME=VALUE.")
        inputs[name] = read_input(runbook, name, value)
    return inputs


def stop(
    ctx: typer.Context,
    incident: IncidentName,
    run: RunName = None,
    reason: Reason = None,
    who: Who = None,
    key: Key = None,
    request_id: RequestId = None,
    json: Json = False,
) -> None:
    """Stop a run: what has not begun is canceled, what runs goes on to its end.

    `dr cancel` ends the incident.

    Example: dr stop INC-7 R1 --reason "wrong runbook"
    """
    session = Session(ctx, as_json=json)
    found, place = session.run(incident, run)
    speaker = session.speaker(who, key, request_id)
    answer(session, session.give(speaker, "stop", found.id, Stop(run=place.id, reason=reason or "")), place.id)


def pause(
    ctx: typer.Context,
    incident: IncidentName,
    run: RunName = None,
    reason: Reason = None,
    who: Who = None,
    key: Key = None,
    request_id: RequestId = None,
    json: Json = False,
) -> None:
    """Pause a run: nothing new begins until it is resumed.

    Example: dr pause INC-7
    """
    session = Session(ctx, as_json=json)
    found, place = session.run(incident, run)
    speaker = session.speaker(who, key, request_id)
    answer(session, session.give(speaker, "pause", found.id, Pause(run=place.id, reason=reason or "")), place.id)


def resume(
    ctx: typer.Context,
    incident: IncidentName,
    run: RunName = None,
    who: Who = None,
    key: Key = None,
    request_id: RequestId = None,
    json: Json = False,
) -> None:
    """Resume a run that was paused.

    Example: dr resume INC-7
    """
    session = Session(ctx, as_json=json)
    found, place = session.run(incident, run)
    speaker = session.speaker(who, key, request_id)
    answer(session, session.give(speaker, "resume", found.id, Resume(run=place.id)), place.id)


def answer(session: Session, after: Incident, run: str) -> None:
    """What has become of a run."""
    state = after.runs[run].state.value
    session.out.answer({"id": after.id, "run": run, "state": state}, f"{run} of {after.id} is {state}.")
