"""/dr pause: nothing new begins in a run."""

from bot.domain import commands as c
from bot.slack.answers import Answer
from bot.slack.outcomes import run_state
from bot.slack.spoken import REASON, Said, Subcommand


def answer(said: Said) -> Answer:
    """Pause the named run, or the only one."""
    incident, run = said.run()
    after = said.speaker.give(incident.id, c.Pause(run=run.id, reason=said.reason(1)))
    return Answer(text=run_state(after, run.id))


SUBCOMMAND = Subcommand(
    usage="pause [RUN] [--reason TEXT]",
    summary="Pause a run: nothing new begins until it is resumed.",
    group="Runbook",
    answer=answer,
    options=REASON,
)
