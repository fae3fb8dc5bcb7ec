"""/dr note: something worth keeping."""

from bot.domain import commands as c
from bot.slack.answers import Answer
from bot.slack.controls import Control
from bot.slack.modals import note as form
from bot.slack.spoken import Said, Subcommand


def answer(said: Said) -> Answer:
    """Write it into the timeline; without words, a form asks."""
    incident = said.incident()
    if not said.words:
        return Answer(opens=lambda: form.view(said.speaker, Control("note", incident.id)))
    after = said.speaker.give(incident.id, c.Note(text=said.text()))
    return Answer(text=f"Noted in the timeline of *{after.id}*.")


SUBCOMMAND = Subcommand(
    usage="note TEXT…", summary="Write something into the timeline.", group="Incident", answer=answer, prose=True
)
