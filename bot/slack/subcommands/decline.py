"""/dr decline: a step's plan is not carried out."""

from bot.slack.answers import Answer
from bot.slack.digests import shown_digest
from bot.slack.spoken import REASON, Said, Subcommand, Takes
from bot.slack.verbs import with_reason


def answer(said: Said) -> Answer:
    """Decline the plan that is shown now, or the one whose digest is given."""
    _, _, step = said.step()
    return with_reason(said, "decline", digest=shown_digest(step, said.option("digest")))


SUBCOMMAND = Subcommand(
    usage="decline STEP [--reason TEXT]",
    summary="Decline a step's plan: every approval of it is void.",
    group="Plan and approval",
    answer=answer,
    options={**REASON, "digest": Takes.WORD},
)
