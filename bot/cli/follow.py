"""dr show --follow: the progress as it goes, until the bot has nothing more to do by itself."""

import time

from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from bot.cli.card import headline, incident_card, run_headline, steps
from bot.cli.lists import NOBODY_EXECUTES
from bot.cli.session import Session
from bot.domain.event_lines import event_line
from bot.domain.incident import Incident, Run, StepRun
from bot.domain.transitions import IncidentState, StepState
from bot.domain.words import Words

EVERY_SECONDS = 1.0
QUIET = frozenset({StepState.NOT_STARTED, StepState.COMPLETED, StepState.SKIPPED, StepState.CANCELED})


def follow_progress(session: Session, incident: Incident) -> None:
    """Redraw each second, or without a terminal add what happens; the whole card at the end."""
    if session.out.people.is_terminal:
        redraw(session, incident)
    else:
        add_lines(session, incident)
    end = session.desk.find(incident.id)
    session.out.show(Text(), incident_card(end, session.words, warning(session, end)))


def redraw(session: Session, incident: Incident) -> None:
    """What goes on now, in place; short, so that it fits on a screen."""
    with Live(console=session.out.people, auto_refresh=False, transient=True) as live:
        while True:
            incident = session.desk.find(incident.id)
            live.update(progress(incident, session.words), refresh=True)
            if is_still(session, incident):
                return
            time.sleep(EVERY_SECONDS)


def add_lines(session: Session, incident: Incident) -> None:
    """One line for each event, those of the past first."""
    seen = 0
    while True:
        words = session.words
        for recorded in session.desk.timeline(incident.id)[seen:]:
            session.out.say(event_line(recorded, words))
            seen = recorded.seq
        incident = session.desk.find(incident.id)
        if incident.seq == seen and is_still(session, incident):
            return
        time.sleep(EVERY_SECONDS)


def progress(incident: Incident, words: Words) -> RenderableType:
    """The incident's headline, and of each run the steps that are neither done nor still to come."""
    blocks: list[RenderableType] = [headline(incident, words)]
    for run in incident.runs.values():
        busy = [step for step in run.steps.values() if step.state not in QUIET]
        blocks += [Text(), run_headline(run), steps(run, words, busy)]
    return Group(*blocks)


def is_still(session: Session, incident: Incident) -> bool:
    """Whether nothing will happen without a person."""
    return bool(warning(session, incident)) or not moves(incident)


def warning(session: Session, incident: Incident) -> str:
    """What keeps the incident from moving, beside what it waits for."""
    return NOBODY_EXECUTES if moves(incident) and not session.desk.executors() else ""


def moves(incident: Incident) -> bool:
    """Whether the bot itself has something to do."""
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
