"""/dr update: a status update goes out."""

from bot.slack.answers import Answer
from bot.slack.controls import Control
from bot.slack.modals import update as form
from bot.slack.spoken import Said, Subcommand


def answer(said: Said) -> Answer:
    """With words, they are its current status and it goes out at once; else the draft is shown."""
    incident = said.incident()
    if said.words:
        return form.post(said.speaker, incident.id, incident.updates.number + 1, {"current_status": said.text()})
    form.refuse_over(incident)
    return Answer(opens=lambda: form.view(said.speaker, Control("update_now", incident.id)))


SUBCOMMAND = Subcommand(
    usage="update [TEXT…]",
    summary="Post a status update now; what you don't write, the bot drafts.",
    group="Updates",
    answer=answer,
    prose=True,
)
