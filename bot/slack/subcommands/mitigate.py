"""/dr mitigate: users are served again."""

from bot.domain import commands as c
from bot.slack.answers import Answer
from bot.slack.outcomes import mitigated
from bot.slack.spoken import Said, Subcommand


def answer(said: Said) -> Answer:
    """The recovery clock stops."""
    return Answer(text=mitigated(said.speaker.give(said.incident().id, c.Mitigate())))


SUBCOMMAND = Subcommand(
    usage="mitigate",
    summary="Say that users are served again: the recovery clock stops.",
    group="Incident",
    answer=answer,
)
