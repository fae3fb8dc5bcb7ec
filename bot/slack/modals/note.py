"""The form in which a note is written into the timeline."""

from bot.domain import commands as c
from bot.domain.errors import DRError
from bot.slack import blocks as b
from bot.slack.answers import Answer
from bot.slack.blocks import Block
from bot.slack.controls import Control
from bot.slack.front import Speaker
from bot.slack.requests import Submission, origin

CALLBACK = "note"


def view(speaker: Speaker, control: Control) -> Block:
    """The form."""
    text = b.text_input("text", lines=True, least=1)
    return b.modal(
        "Add a note",
        [b.field("What is worth keeping?", text, "note", hint="It stands in the timeline and in the review.")],
        callback_id=CALLBACK,
        submit="Add note",
        metadata=origin(speaker.caller, control).text(),
    )


def submitted(speaker: Speaker, sent: Submission) -> Answer:
    """Write it down."""
    after = speaker.give(sent.origin.about.incident, c.Note(text=sent.form.text("note")))
    return Answer(text=f"Noted in the timeline of *{after.id}*.")


def blame(_: DRError) -> str:
    return "note"
