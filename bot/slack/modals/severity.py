"""The form in which the severity is changed."""

from bot.domain import commands as c
from bot.domain.errors import DRError
from bot.slack import blocks as b
from bot.slack.answers import NOTHING, Answer
from bot.slack.blocks import Block, Choice
from bot.slack.controls import Control
from bot.slack.front import Speaker
from bot.slack.requests import Submission, origin

CALLBACK = "severity"


def view(speaker: Speaker, control: Control) -> Block:
    """The form, at the present severity."""
    incident = speaker.incident(control.incident)
    choices = [Choice(f"{id_.upper()}: {severity.title}", id_) for id_, severity in speaker.plan.severities.items()]
    hint = "Raising it tells those who were not told yet."
    return b.modal(
        "Change the severity",
        [
            b.field("Severity", b.select("choice", choices, initial=incident.severity), "severity", hint=hint),
            b.field("Why?", b.text_input("text", lines=True), "reason", optional=True),
        ],
        callback_id=CALLBACK,
        submit="Change severity",
        metadata=origin(speaker.caller, control).text(),
    )


def submitted(speaker: Speaker, sent: Submission) -> Answer:
    """Change it."""
    command = c.SetSeverity(severity=sent.form.chosen("severity"), reason=sent.form.text("reason"))
    speaker.give(sent.origin.about.incident, command)
    return NOTHING


def blame(error: DRError) -> str:
    return "reason" if "reason" in str(error) else "severity"
