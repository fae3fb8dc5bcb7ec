"""The form with the drafted status update."""

from bot.domain import commands as c
from bot.domain.errors import DRError, Refused
from bot.domain.incident import Incident
from bot.slack import blocks as b
from bot.slack import outcomes
from bot.slack.answers import Answer
from bot.slack.blocks import Block
from bot.slack.controls import Control
from bot.slack.drafting import PREFIX, fingerprints, inputs, update_draft, written
from bot.slack.front import Speaker
from bot.slack.modals.reasons import about
from bot.slack.requests import Submission, origin
from bot.slack.text import escape

CALLBACK = "update"


def view(speaker: Speaker, control: Control) -> Block:
    """The form with the draft of this moment; raises Refused where no more updates go out."""
    incident = speaker.incident(control.incident)
    refuse_over(incident)
    text, drafted = update_draft(speaker, incident, {})
    number = incident.updates.number + 1
    shown = inputs(drafted) or [b.section(escape(text))]
    small = b.context("It goes into the channel and to everyone who subscribed. What you leave empty, the bot drafts.")
    return b.modal(
        f"Status update {number}",
        [b.section(about(incident, Control("update_now", incident.id))), *shown, small],
        callback_id=CALLBACK,
        submit="Post update",
        metadata=origin(speaker.caller, _numbered(control, number), drafts=fingerprints(drafted)).text(),
    )


def _numbered(control: Control, number: int) -> Control:
    """The form is for one update: who submits it after another one went out is told so."""
    return Control("update_now", control.incident, detail=str(number))


def refuse_over(incident: Incident) -> None:
    """Raises Refused for an incident that has no more updates."""
    if not incident.is_open:
        raise Refused(f"{incident.id} is {incident.state}: no more status updates.", "Reopen it, if it is not over.")


def submitted(speaker: Speaker, sent: Submission) -> Answer:
    """Post it."""
    control = sent.origin.about
    return post(speaker, control.incident, int(control.detail), written(sent.form, sent.origin.drafts))


def post(speaker: Speaker, incident_id: str, number: int, words: dict[str, str]) -> Answer:
    """Post an update of this number with these sections written; the bot drafts the rest. Raises Refused."""
    text, parts = update_draft(speaker, speaker.incident(incident_id), words)
    after = speaker.give(incident_id, c.PostUpdate(number=number, text=text, sections=parts))
    return Answer(text=outcomes.posted(after, speaker))


def blame(_: DRError) -> str:
    return f"{PREFIX}current_status"
