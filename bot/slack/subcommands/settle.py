"""/dr settle: what became of a call that is in doubt."""

from typing import Literal, get_args

from bot.domain import commands as c
from bot.domain.decisions.world import near
from bot.domain.errors import Refused
from bot.slack.answers import Answer
from bot.slack.outcomes import settled
from bot.slack.spoken import REASON, Said, Subcommand
from bot.slack.text import code

Outcome = Literal["happened", "not_happened", "look_again"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


def answer(said: Said) -> Answer:
    """Say what became of it, after having looked."""
    incident, run, step = said.step()
    outcome = the_outcome(said.word(1))
    command = c.Settle(run=run.id, step=step.id, attempt=step.attempt, outcome=outcome, reason=said.reason(2))
    after = said.speaker.give(incident.id, command)
    if outcome == "look_again":
        return Answer(text=f"{code(step.id)} is looked at again.")
    return Answer(text=settled(after, after.runs[run.id].steps[step.id], said.speaker.plan))


def the_outcome(text: str) -> Outcome:
    """One of the outcomes; raises Refused."""
    found = next((outcome for outcome in OUTCOMES if outcome == text.lower().replace("-", "_")), None)
    if found is None:
        raise Refused("What became of the call?", near(text, OUTCOMES))
    return found


SUBCOMMAND = Subcommand(
    usage="settle STEP happened | not_happened | look_again [--reason TEXT]",
    summary="Say what became of a call that is in doubt, after you have looked yourself.",
    group="Step",
    answer=answer,
    options=REASON,
)
