"""/dr acknowledge: somebody has seen it."""

from bot.domain import commands as c
from bot.slack.answers import Answer
from bot.slack.outcomes import acknowledged
from bot.slack.spoken import Said, Subcommand


def answer(said: Said) -> Answer:
    """Acknowledge in the name of whoever asks."""
    return Answer(text=acknowledged(said.speaker.give(said.incident().id, c.Acknowledge())))


SUBCOMMAND = Subcommand(
    usage="acknowledge",
    summary="Say that you have seen it: it is put on record.",
    group="Incident",
    answer=answer,
)
