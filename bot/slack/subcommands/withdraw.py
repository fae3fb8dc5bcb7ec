"""/dr withdraw: an approval is taken back."""

from bot.domain import commands as c
from bot.slack.answers import Answer
from bot.slack.outcomes import missing
from bot.slack.spoken import Said, Subcommand


def answer(said: Said) -> Answer:
    """Take one's own approval back, as long as the step has not begun."""
    incident, run, step = said.step()
    after = said.speaker.give(incident.id, c.Withdraw(run=run.id, step=step.id))
    return Answer(text=f"Withdrawn. {missing(after.runs[run.id].steps[step.id], said.speaker)}")


SUBCOMMAND = Subcommand(
    usage="withdraw STEP",
    summary="Take your approval back, as long as the step has not begun.",
    group="Plan and approval",
    answer=answer,
)
