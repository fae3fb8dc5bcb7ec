"""/dr reopen: it was not over."""

from bot.slack.answers import Answer
from bot.slack.spoken import REASON, Said, Subcommand
from bot.slack.verbs import incident_with_reason


def answer(said: Said) -> Answer:
    """Open it again, with a reason."""
    return incident_with_reason(said, "reopen")


SUBCOMMAND = Subcommand(
    usage="reopen [--reason TEXT]",
    summary="Open an incident again that was not over.",
    group="Incident",
    answer=answer,
    options=REASON,
    prose=True,
)
