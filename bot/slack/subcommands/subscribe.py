"""/dr subscribe: the status updates come to one person."""

from bot.domain import commands as c
from bot.slack.answers import Answer
from bot.slack.outcomes import subscribed
from bot.slack.spoken import Said, Subcommand


def answer(said: Said) -> Answer:
    """Subscribe whoever asks."""
    return Answer(text=subscribed(said.speaker.give(said.incident().id, c.Subscribe()), said.speaker))


SUBCOMMAND = Subcommand(usage="subscribe", summary="Get the status updates yourself.", group="Updates", answer=answer)
