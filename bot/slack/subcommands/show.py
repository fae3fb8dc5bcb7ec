"""/dr show, /dr status: an incident as it stands, or one step with its whole plan; only to the person who asks."""

from bot.slack.answers import Answer
from bot.slack.listing import card, step_message
from bot.slack.spoken import Said, Subcommand
from bot.slack.subcommands import list_incidents


def answer(said: Said) -> Answer:
    """The card, or a step's message. Outside of an incident's channel, and with nothing named, the list."""
    if said.incident_id is None:
        return list_incidents.answer(said)
    if not said.words:
        return card(said.speaker, said.incident())
    incident, run, step = said.only_step()
    return step_message(said.speaker, incident, run, step)


SUBCOMMAND = Subcommand(
    usage="show [STEP]",
    summary="Show the incident: clocks, roles, who is waited for; or one step with its plan.",
    group="Look",
    answer=answer,
)
