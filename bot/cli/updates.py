"""dr update, snooze: the status updates."""

from typing import Annotated

import typer

from bot.cli.asking import answered
from bot.cli.options import IncidentName, Json, Key, Reason, RequestId, Who
from bot.cli.sections import Draft, DryRun, read_sections
from bot.cli.session import Session
from bot.domain.cadence import missed_updates, next_update
from bot.domain.commands import DraftUpdate, PostUpdate, SnoozeUpdate
from bot.domain.incident import Incident
from bot.domain.model import replace
from bot.domain.words import length_of


def update(
    ctx: typer.Context,
    incident: IncidentName,
    draft: Draft = None,
    later: Annotated[
        bool, typer.Option("--later", help="Keep the words for the next update, and post nothing now.")
    ] = False,
    dry_run: DryRun = False,
    who: Who = None,
    key: Key = None,
    request_id: RequestId = None,
    json: Json = False,
) -> None:
    """Post a status update now.

    The bot drafts every section that you don't write; the next one moves accordingly.

    Example: dr update INC-7 --draft current_status="The database in us-east-1 has taken over."
    """
    session = Session(ctx, as_json=json)
    before = session.incident(incident)
    sections = read_sections(draft, session.services.messages.sections("status_update"))
    if later:
        speaker = session.speaker(who, key, request_id)
        after = session.give(speaker, "update", before.id, DraftUpdate(sections=sections))
        session.out.answer(update_result(after, ""), f"Kept for the next update, {due(session, after)}.")
        return
    text, written = drafted(session, with_sections(before, sections))
    if dry_run:
        session.out.answer(update_result(before, text), text)
        return
    command = PostUpdate(number=before.updates.number + 1, text=text, sections=written)
    after = session.give(session.speaker(who, key, request_id), "update", before.id, command)
    said = f"Update {after.updates.number} of {after.id} is posted. The next is {due(session, after)}."
    session.out.answer(update_result(after, after.updates.last_text), after.updates.last_text, "", said)


def with_sections(incident: Incident, sections: dict[str, str]) -> Incident:
    """The incident as if these words had been written for its next update."""
    drafted = {**incident.updates.draft, **sections}
    return replace(incident, updates=replace(incident.updates, draft=drafted))


def drafted(session: Session, incident: Incident) -> tuple[str, dict[str, str]]:
    """The update as it would go out now, with what was missed if it is late."""
    now, moment, every = session.desk.now(), next_update(incident), incident.updates.every
    missed = missed_updates(moment, every, now) if moment and every else 0
    return session.services.messages.update(incident, now, missed)


def due(session: Session, incident: Incident) -> str:
    """When the next one is due, in words."""
    moment = next_update(incident)
    return f"due {session.words.clock(moment)}" if moment else "not planned"


def update_result(incident: Incident, text: str) -> dict[str, object]:
    """What became of the updates."""
    moment = next_update(incident)
    due_at = moment.isoformat().replace("+00:00", "Z") if moment else None
    return {"id": incident.id, "posted": incident.updates.number, "next_due": due_at, "text": text}


def snooze(
    ctx: typer.Context,
    incident: IncidentName,
    length: Annotated[str, typer.Argument(metavar="LENGTH", help="How long from now: 15m.")],
    reason: Reason = None,
    who: Who = None,
    key: Key = None,
    request_id: RequestId = None,
    json: Json = False,
) -> None:
    """Put the next status update off.

    Example: dr snooze INC-7 15m --reason "the promotion ends in ten minutes"
    """
    session = Session(ctx, as_json=json)
    found = session.incident(incident)
    until = session.desk.now() + length_of(length)
    why = answered("Why does the update wait?", reason, "--reason TEXT")
    command = SnoozeUpdate(until=until, reason=why)
    after = session.give(session.speaker(who, key, request_id), "snooze", found.id, command)
    session.out.answer(update_result(after, ""), f"The next update of {after.id} is {due(session, after)}.")
