"""/dr undo: what a step did is taken back."""

from bot.slack.answers import Answer
from bot.slack.spoken import REASON, Said, Subcommand
from bot.slack.verbs import with_reason


def answer(said: Said) -> Answer:
    """Ask for the undo's plan, with a reason."""
    return with_reason(said, "undo")


SUBCOMMAND = Subcommand(
    usage="undo STEP [--reason TEXT]",
    summary="Take back what a step did; the undo has a plan and approvals of its own.",
    group="Step",
    answer=answer,
    options=REASON,
)
