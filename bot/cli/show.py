"""dr show: one incident as it stands, the plan of one step, or the timeline."""

from typing import Annotated

import typer
from rich.text import Text

from bot.cli import completion
from bot.cli.card import incident_card
from bot.cli.errors import WrongUsage
from bot.cli.follow import follow_progress, warning
from bot.cli.options import IncidentName, Json
from bot.cli.plan_view import plan_card
from bot.cli.session import Session, StepPlace
from bot.cli.step_line import step_block
from bot.cli.views import IncidentView, StepView, as_json
from bot.domain.event_lines import event_line
from bot.domain.incident import Incident
from bot.store.audit import export


def show(
    ctx: typer.Context,
    incident: IncidentName,
    step: Annotated[
        str | None,
        typer.Argument(metavar="[STEP]", help="One step alone, with its whole plan.", autocompletion=completion.steps),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Stay until it waits for people, or is over.")] = False,
    timeline: Annotated[bool, typer.Option("--timeline", help="Everything that happened, in order.")] = False,
    json: Json = False,
) -> None:
    """Show an incident: clocks, steps, and who is waited for.

    Example: dr show INC-7 --follow
    """
    if sum((step is not None, follow, timeline)) > 1:
        raise WrongUsage("Choose one: a step, --follow, or --timeline.")
    if follow and json:
        raise WrongUsage("--follow is for people: repeat dr show --json instead.")
    session = Session(ctx, as_json=json)
    if step is not None:
        show_step(session, session.place(incident, step))
        return
    found = session.incident(incident)
    if timeline:
        show_timeline(session, found)
    elif follow:
        follow_progress(session, found)
    elif json:
        session.out.data(as_json(IncidentView.of(found, session.plan, session.desk.now())))
    else:
        session.out.show(incident_card(found, session.words, warning(session, found)))


def show_step(session: Session, place: StepPlace) -> None:
    """The step with its whole plan, as an approver reads it."""
    if session.out.as_json:
        session.out.data(as_json(StepView.of(place.run, place.step)))
    else:
        session.out.show(step_block(place.run, place.step, session.words))
        if place.step.plan is not None:
            session.out.show(Text(), plan_card(place, session.words))


def show_timeline(session: Session, incident: Incident) -> None:
    """One line for each event; as JSON the lines of `dr audit export`."""
    if session.out.as_json:
        with session.services.database.read() as connection:
            session.out.data(list(export(connection, incident.id)))
        return
    words = session.words
    for recorded in session.desk.timeline(incident.id):
        session.out.say(event_line(recorded, words))
