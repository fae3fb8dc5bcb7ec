"""/dr replan: a new plan of a step, maybe with other parameters."""

import json

from bot.domain import commands as c
from bot.domain.choices import pairs
from bot.domain.model import JsonValue
from bot.slack.answers import Answer
from bot.slack.spoken import Said, Subcommand, Takes
from bot.slack.text import code


def answer(said: Said) -> Answer:
    """Approvals are void, and whoever asks becomes the requester."""
    incident, run, step = said.step()
    changes = {name: value_of(text) for name, text in pairs(said.all("set"))}
    said.speaker.give(incident.id, c.Replan(run=run.id, step=step.id, changes=changes))
    return Answer(text=f"A new plan of {code(step.id)} is made. You are its requester now.")


def value_of(text: str) -> JsonValue:
    """JSON where it is JSON, else text."""
    try:
        found: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return found


SUBCOMMAND = Subcommand(
    usage="replan STEP [--set NAME=VALUE]",
    summary="Ask for a new plan; approvals are void. A step that needs them may get other parameters.",
    group="Plan and approval",
    answer=answer,
    options={"set": Takes.TEXT},
)
