"""/dr cancel: it was no incident."""

from bot.slack.answers import Answer
from bot.slack.spoken import REASON, Said, Subcommand
from bot.slack.verbs import incident_with_reason


def answer(said: Said) -> Answer:
    """Cancel it, with a reason."""
    return incident_with_reason(said, "cancel")


SUBCOMMAND = Subcommand(
    usage="cancel [--reason TEXT]",
    summary="Cancel an incident that was none; its runs are stopped.",
    group="Incident",
    answer=answer,
    options=REASON,
    prose=True,
)
