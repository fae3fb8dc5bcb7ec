"""dr assign, severity, note, subscribe, acknowledge, mitigate, resolve, close, cancel, reopen: the incident as a whole."""

from enum import StrEnum
from typing import Annotated

import typer

from bot.cli import completion
from bot.cli.asking import answered
from bot.cli.options import IncidentName, Json, Key, Reason, RequestId, Who
from bot.cli.results import incident_result
from bot.cli.sections import Draft, DryRun, read_sections
from bot.cli.session import Session
from bot.domain import commands as c
from bot.domain.words import brief


class Role(StrEnum):
    COMMANDER = "commander"
    DEPUTY = "deputy"
    SCRIBE = "scribe"


def assign(
    ctx: typer.Context,
    incident: IncidentName,
    role: Annotated[Role, typer.Argument(help="The role.")],
    person: Annotated[
        str, typer.Argument(metavar="PERSON", help="Who takes it, or nobody.", autocompletion=completion.people)
    ],
    who: Who = None,
    key: Key = None,
    request_id: RequestId = None,
    json: Json = False,
) -> None:
    """Give a role to somebody.

    Example: dr assign INC-7 commander bob
    """
    session = Session(ctx, as_json=json)
    chosen = None if person == "nobody" else person
    command = c.Assign(role=role.value, person=chosen)
    after = session.give(session.speaker(who, key, request_id), "assign", session.incident(incident).id, command)
    result = {**incident_result(after), "roles": dict(after.roles)}
    session.out.answer(result, f"{session.words.name(chosen)} is {role.value} of {after.id}.")


def severity(
    ctx: typer.Context,
    incident: IncidentName,
    to: Annotated[str, typer.Argument(metavar="SEVERITY", autocompletion=completion.severities)],
    reason: Reason = None,
    who: Who = None,
    key: Key = None,
    request_id: RequestId = None,
    json: Json = False,
) -> None:
    """Change the severity.

    Raising it tells those who were not told yet.

    Example: dr severity INC-7 sev2 --reason "reads work again"
    """
    session = Session(ctx, as_json=json)
    command = c.SetSeverity(severity=to, reason=reason or "")
    after = session.give(session.speaker(who, key, request_id), "severity", session.incident(incident).id, command)
    session.out.answer(incident_result(after), f"{after.id} is {after.severity.upper()}.")


def note(
    ctx: typer.Context,
    incident: IncidentName,
    text: Annotated[list[str], typer.Argument(metavar="TEXT…", help="What is worth keeping.")],
    who: Who = None,
    key: Key = None,
    request_id: RequestId = None,
    json: Json = False,
) -> None:
    """Write something into the timeline.

    Example: dr note INC-7 the provider confirms an outage of us-west-2
    """
    session = Session(ctx, as_json=json)
    command = c.Note(text=" ".join(text))
    after = session.give(session.speaker(who, key, request_id), "note", session.incident(incident).id, command)
    session.out.answer(incident_result(after), f"Noted in {after.id}.")


def subscribe(
    ctx: typer.Context,
    incident: IncidentName,
    who: Who = None,
    key: Key = None,
    request_id: RequestId = None,
    json: Json = False,
) -> None:
    """Get the status updates by email.

    Example: dr subscribe INC-7
    """
    session = Session(ctx, as_json=json)
    speaker = session.speaker(who, key, request_id)
    after = session.give(speaker, "subscribe", session.incident(incident).id, c.Subscribe())
    session.out.answer(incident_result(after), f"Subscribed. The updates of {after.id} come by email.")


def acknowledge(
    ctx: typer.Context,
    incident: IncidentName,
    who: Who = None,
    key: Key = None,
    request_id: RequestId = None,
    json: Json = False,
) -> None:
    """Say that you have seen it. It is put on record; nobody is called, with or without it.

    Example: dr acknowledge INC-7
    """
    session = Session(ctx, as_json=json)
    speaker = session.speaker(who, key, request_id)
    after = session.give(speaker, "acknowledge", session.incident(incident).id, c.Acknowledge())
    session.out.answer(incident_result(after), f"Acknowledged. Look at it with: dr show {after.id}")


def mitigate(
    ctx: typer.Context,
    incident: IncidentName,
    who: Who = None,
    key: Key = None,
    request_id: RequestId = None,
    json: Json = False,
) -> None:
    """Say that users are served again: the recovery clock stops.

    Example: dr mitigate INC-7
    """
    session = Session(ctx, as_json=json)
    speaker = session.speaker(who, key, request_id)
    after = session.give(speaker, "mitigate", session.incident(incident).id, c.Mitigate())
    took = brief((after.mitigated_at or after.since) - after.since)
    session.out.answer(incident_result(after), f"{after.id} is mitigated after {took}. The recovery clock has stopped.")


def resolve(
    ctx: typer.Context,
    incident: IncidentName,
    text: Annotated[list[str] | None, typer.Argument(metavar="[TEXT…]", help="What ended it.")] = None,
    draft: Draft = None,
    dry_run: DryRun = False,
    who: Who = None,
    key: Key = None,
    request_id: RequestId = None,
    json: Json = False,
) -> None:
    """Resolve an incident and tell everyone.

    The parts that you don't write are drafted by the bot.

    Example: dr resolve INC-7 the database serves from us-east-1 --draft impact="16 orders were lost"
    """
    session = Session(ctx, as_json=json)
    before = session.incident(incident)
    messages = session.services.messages
    written = read_sections(draft, messages.sections("resolution"))
    sections = {**written, **({"resolution": " ".join(text)} if text else {})}
    message = messages.message("resolution", before, session.desk.now(), sections)
    if dry_run:
        session.out.answer({"id": before.id, "text": message}, message)
        return
    speaker = session.speaker(who, key, request_id)
    after = session.give(speaker, "resolve", before.id, c.Resolve(sections=sections, text=message))
    took = brief((after.mitigated_at or after.since) - after.since)
    session.out.answer(
        {**incident_result(after), "text": message}, message, "", f"{after.id} is resolved after {took}."
    )


def close(
    ctx: typer.Context,
    incident: IncidentName,
    who: Who = None,
    key: Key = None,
    request_id: RequestId = None,
    json: Json = False,
) -> None:
    """Close a resolved incident once its review is done.

    Example: dr close INC-7
    """
    session = Session(ctx, as_json=json)
    speaker = session.speaker(who, key, request_id)
    after = session.give(speaker, "close", session.incident(incident).id, c.Close())
    session.out.answer(incident_result(after), f"{after.id} is closed.")


def cancel(
    ctx: typer.Context,
    incident: IncidentName,
    reason: Reason = None,
    who: Who = None,
    key: Key = None,
    request_id: RequestId = None,
    json: Json = False,
) -> None:
    """Cancel an incident that was none.

    `dr stop` ends a run alone.

    Example: dr cancel INC-7 --reason "a false alarm of the probe"
    """
    session = Session(ctx, as_json=json)
    found = session.incident(incident)
    command = c.Cancel(reason=answered(f"Why is {found.id} canceled?", reason, "--reason TEXT"))
    after = session.give(session.speaker(who, key, request_id), "cancel", found.id, command)
    session.out.answer(incident_result(after), f"{after.id} is canceled.")


def reopen(
    ctx: typer.Context,
    incident: IncidentName,
    reason: Reason = None,
    who: Who = None,
    key: Key = None,
    request_id: RequestId = None,
    json: Json = False,
) -> None:
    """Open an incident again that was not over.

    Example: dr reopen INC-7 --reason "the errors are back"
    """
    session = Session(ctx, as_json=json)
    found = session.incident(incident)
    command = c.Reopen(reason=answered(f"Why is {found.id} opened again?", reason, "--reason TEXT"))
    after = session.give(session.speaker(who, key, request_id), "reopen", found.id, command)
    session.out.answer(incident_result(after), f"{after.id} is {after.state} again.")
