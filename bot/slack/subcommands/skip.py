"""/dr skip: the run goes on without a step."""

from bot.slack.answers import Answer
from bot.slack.spoken import REASON, Said, Subcommand
from bot.slack.verbs import with_reason


def answer(said: Said) -> Answer:
    """Skip it, with a reason."""
    return with_reason(said, "skip")


SUBCOMMAND = Subcommand(
    usage="skip STEP [--reason TEXT]",
    summary="Go on without a step; what needs approvals needs as many people to say so.",
    group="Step",
    answer=answer,
    options=REASON,
)
