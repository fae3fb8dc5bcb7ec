"""/dr resolve: it is over, and everyone is told."""

from bot.slack.answers import Answer
from bot.slack.controls import Control
from bot.slack.modals import resolve as form
from bot.slack.spoken import Said, Subcommand


def answer(said: Said) -> Answer:
    """With words, they say what ended it and it is resolved at once; else the draft is shown."""
    incident = said.incident()
    if said.words:
        return form.resolve(said.speaker, incident.id, {"resolution": said.text()})
    return Answer(opens=lambda: form.view(said.speaker, Control("resolve", incident.id)))


SUBCOMMAND = Subcommand(
    usage="resolve [TEXT…]",
    summary="Resolve the incident and tell everyone; what you don't write, the bot drafts.",
    group="Incident",
    answer=answer,
    prose=True,
)
