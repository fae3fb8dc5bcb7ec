"""/dr accept-risk: what can't be known, or is beyond its objective, is taken."""

from bot.slack.answers import Answer
from bot.slack.spoken import REASON, Said, Subcommand
from bot.slack.verbs import with_reason


def answer(said: Said) -> Answer:
    """Accept a blocked step's risk, with a reason."""
    return with_reason(said, "accept_risk")


SUBCOMMAND = Subcommand(
    usage="accept-risk STEP [--reason TEXT]",
    summary="Accept what can't be known or is beyond its objective; it takes one approver more.",
    group="Plan and approval",
    answer=answer,
    options=REASON,
)
