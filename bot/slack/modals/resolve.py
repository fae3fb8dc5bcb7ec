"""The form with the drafted resolution."""

from bot.domain import commands as c
from bot.domain.errors import DRError
from bot.slack import blocks as b
from bot.slack import outcomes
from bot.slack.answers import Answer
from bot.slack.blocks import Block
from bot.slack.controls import Control
from bot.slack.drafting import PREFIX, fingerprints, inputs, resolution_draft, written
from bot.slack.front import Speaker
from bot.slack.modals.early import refuse_early
from bot.slack.modals.reasons import about
from bot.slack.requests import Submission, origin

CALLBACK = "resolve"


def view(speaker: Speaker, control: Control) -> Block:
    """The form with the draft of this moment; raises Refused where this person may not resolve it."""
    incident = speaker.incident(control.incident)
    refuse_early(speaker, incident, c.Resolve())
    drafted = resolution_draft(speaker, incident)
    small = b.context("Everyone who was told of it is told this. What you leave empty, the bot drafts.")
    return b.modal(
        f"Resolve {incident.id}",
        [b.section(about(incident, Control("resolve", incident.id))), *inputs(drafted), small],
        callback_id=CALLBACK,
        submit="Resolve",
        metadata=origin(speaker.caller, Control("resolve", incident.id), drafts=fingerprints(drafted)).text(),
    )


def submitted(speaker: Speaker, sent: Submission) -> Answer:
    """Resolve it."""
    return resolve(speaker, sent.origin.about.incident, written(sent.form, sent.origin.drafts))


def resolve(speaker: Speaker, incident_id: str, words: dict[str, str]) -> Answer:
    """Resolve with these sections written; the bot drafts the rest. Raises Refused."""
    before = speaker.incident(incident_id)
    text = speaker.front.desk.messages.message("resolution", before, speaker.now(), words)
    after = speaker.give(incident_id, c.Resolve(sections=words, text=text))
    return Answer(text=outcomes.resolved(after))


def blame(_: DRError) -> str:
    return f"{PREFIX}resolution"
