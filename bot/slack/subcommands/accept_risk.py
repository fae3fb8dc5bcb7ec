"""/dr accept-risk: what can't be known, or is beyond its objective, is taken."""

from bot.slack.answers import Answer
from bot.slack.controls import Control
from bot.slack.modals import reasons
from bot.slack.spoken import REASON, Said, Subcommand


def answer(said: Said) -> Answer:
    """Accept a blocked step's risk in the form that names it; a reason that was typed stands in it."""
    incident, run, step = said.step()
    control = Control("accept_risk", incident.id, run.id, step.id, step.attempt, step.generation)
    why = said.reason(1)
    return Answer(opens=lambda: reasons.view(said.speaker, control, why))


SUBCOMMAND = Subcommand(
    usage="accept-risk STEP [--reason TEXT]",
    summary="Accept what can't be known or is beyond its objective; it takes one approver more.",
    group="Plan and approval",
    answer=answer,
    options=REASON,
)
