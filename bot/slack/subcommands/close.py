"""/dr close: the review is done."""

from bot.domain import commands as c
from bot.slack.answers import Answer
from bot.slack.spoken import Said, Subcommand


def answer(said: Said) -> Answer:
    """Close a resolved incident."""
    after = said.speaker.give(said.incident().id, c.Close())
    return Answer(text=f"*{after.id}* is closed.")


SUBCOMMAND = Subcommand(
    usage="close", summary="Close a resolved incident once its review is done.", group="Incident", answer=answer
)
