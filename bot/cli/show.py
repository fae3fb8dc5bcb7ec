"""dr show: one incident as it stands, its timeline, or its progress as it goes."""

import time
from typing import Annotated

import typer
from rich.live import Live

from bot.cli.card import incident_card
from bot.cli.errors import WrongUsage
from bot.cli.event_lines import event_line
from bot.cli.lists import NOBODY_EXECUTES
from bot.cli.options import IncidentName, Json
from bot.cli.session import Session
from bot.cli.views import IncidentView, as_json
from bot.domain.incident import Incident, Run, StepRun
from bot.domain.transitions import IncidentState, StepState
from bot.store.audit import export

EVERY_SECONDS = 1.0


def show(
    ctx: typer.Context,
    incident: IncidentName,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Stay until it waits for people, or is over.")] = False,
    timeline: Annotated[bool, typer.Option("--timeline", help="Everything that happened, in order.")] = False,
    json: Json = False,
) -> None:
    """Show an incident: clocks, steps, and who is waited for.

    Example: dr show INC-7 --follow
    """
    if follow and (json or timeline):
        raise WrongUsage("--follow is for people alone: repeat the command without it.")
    session = Session(ctx, as_json=json)
    found = session.incident(incident)
    if timeline:
        show_timeline(session, found)
    elif follow:
        follow_progress(session, found)
    elif json:
        session.out.data(as_json(IncidentView.of(found, session.plan, session.desk.now())))
    else:
        session.out.show(incident_card(found, session.words, warning(session, found)))


def warning(session: Session, incident: Incident) -> str:
    """What keeps the incident from moving, beside what it waits for."""
    return NOBODY_EXECUTES if moves(incident) and not session.desk.executors() else ""


def show_timeline(session: Session, incident: Incident) -> None:
    """One line for each event; as JSON the lines of `dr audit export`."""
    if session.out.as_json:
        with session.services.database.read() as connection:
            session.out.data([dict(line) for line in export(connection, incident.id)])
        return
    words = session.words
    for recorded in session.desk.timeline(incident.id):
        session.out.say(event_line(recorded, words))


def follow_progress(session: Session, incident: Incident) -> None:
    """Redraw the card each second, or without a terminal add what happened, until the bot has nothing more to do."""
    if session.out.people.is_terminal:
        with Live(console=session.out.people, auto_refresh=False, vertical_overflow="visible") as live:
            while True:
                incident = session.desk.find(incident.id)
                blocked = warning(session, incident)
                live.update(incident_card(incident, session.words, blocked), refresh=True)
                if blocked or not moves(incident):
                    return
                time.sleep(EVERY_SECONDS)
    seen = 0
    while True:
        words = session.words
        for recorded in session.desk.timeline(incident.id)[seen:]:
            session.out.say(event_line(recorded, words))
            seen = recorded.seq
        incident = session.desk.find(incident.id)
        if incident.seq == seen and (warning(session, incident) or not moves(incident)):
            return
        time.sleep(EVERY_SECONDS)


def moves(incident: Incident) -> bool:
    """Whether the bot itself has something to do, without a person."""
    ended = incident.state in (IncidentState.CLOSED, IncidentState.CANCELED)
    return not ended and any(step_moves(run, step) for run, step in incident.every_step())


def step_moves(run: Run, step: StepRun) -> bool:
    """Whether a step runs, or is about to be looked at, planned or started."""
    if step.state is StepState.RUNNING:
        return True
    if run.stopped or run.paused:
        return step.state is StepState.UNDOING and step.started_at is not None
    if step.awaits_approval:
        return step.missing == 0 or bool(step.offers)
    if step.state is StepState.READY:
        return step.definition.kind != "manual" and not step.waits_for_start
    return step.state is StepState.UNDOING
