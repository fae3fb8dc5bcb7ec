"""Incidents as one person reads them: a line in a list, the card, a step's message."""

from collections.abc import Iterable

from bot.domain.durations import SECOND, format_duration
from bot.domain.incident import Incident, Run, StepRun
from bot.domain.waiting import waiting_line
from bot.domain.words import brief
from bot.slack.answers import Answer
from bot.slack.approving import step_link
from bot.slack.front import Speaker
from bot.slack.surfaces import Links, Message
from bot.slack.text import bold, safe
from bot.store import chat as rows
from bot.store.projections import IncidentRow


def seen_by(speaker: Speaker, found: Iterable[IncidentRow]) -> list[IncidentRow]:
    """Those that are no secret to them."""
    return [row for row in found if speaker.may_list(row)]


def incident_line(speaker: Speaker, row: IncidentRow) -> str:
    """`INC-7 · SEV1 · Customer Database · active · 9m of 1h · waiting for … #dr-7-customer-database`."""
    names = ", ".join(map(speaker.plan.title_of, row.systems))
    parts = [bold(row.id), safe(row.severity.upper()), safe(names), row.state]
    parts += ["drill"] if row.drill else []
    parts += [_clock(speaker, row)] if row.state == "active" else []
    waiting = waiting_line(speaker.incident(row.id), speaker.plan, titled=True) if row.waiting else ""
    parts += [f"waiting for {safe(waiting, 300)}" if waiting else safe(row.title, 300)]
    return " · ".join(filter(None, parts)) + _where(speaker, row.id)


def _clock(speaker: Speaker, row: IncidentRow) -> str:
    known = speaker.plan.systems
    objectives = [known[id_].objectives.rto for id_ in row.systems if id_ in known]
    used = max(speaker.now() - row.since, SECOND) // SECOND * SECOND
    return f"{brief(used)} of {format_duration(min(objectives))}" if objectives else ""


def _where(speaker: Speaker, incident_id: str) -> str:
    with speaker.front.desk.database.read() as connection:
        channel = rows.channel_of(connection, incident_id)
    return f" · <#{channel}>" if channel else ""


def messages(speaker: Speaker, incident: Incident) -> dict[str, Message]:
    """Every message that the incident's channel should show now."""
    desk, reconciler = speaker.front.desk, speaker.front.reconciler
    with desk.database.read() as connection:
        postings, now = rows.postings(connection, incident.id), desk.clock.now(connection)
    links = Links(to=lambda key: reconciler.link(incident.id, key))
    return dict(reconciler.paint(incident, postings, now, links))


def card(speaker: Speaker, incident: Incident) -> Answer:
    """The card."""
    return _as_answer(messages(speaker, incident)["card"])


def step_message(speaker: Speaker, incident: Incident, run: Run, step: StepRun) -> Answer:
    """A step's message, or the way to it where it has several parts; a step whose turn has not come is told in a line."""
    key = f"step/{run.id}/{step.id}"
    parts = [message for at, message in messages(speaker, incident).items() if at == key or at.startswith(f"{key}/")]
    if not parts:
        state = step.state.replace("_", " ")
        return Answer(text=f"{bold(step.definition.title)} of *{incident.id}* is {state}.")
    if len(parts) > 1:
        return Answer(
            text=f"{bold(step.definition.title)}: its plan is long. {step_link(speaker, incident, run, step)}"
        )
    return _as_answer(parts[0])


def _as_answer(message: Message) -> Answer:
    return Answer(text=message.text, blocks=message.blocks, controls=message.controls)
