"""/dr pause: nothing new begins in a run."""

import re

from bot.domain import commands as c
from bot.slack.answers import Answer
from bot.slack.outcomes import run_state
from bot.slack.spoken import REASON, Said, Subcommand

RUN = re.compile(r"r[0-9]+", re.IGNORECASE)


def answer(said: Said) -> Answer:
    """Pause the named run, or the only one; what is no run's name is the reason."""
    named = 1 if RUN.fullmatch(said.word(0)) else 0
    incident, run = said.run(0 if named else len(said.words))
    after = said.speaker.give(incident.id, c.Pause(run=run.id, reason=said.reason(named)))
    return Answer(text=run_state(after, run.id))


SUBCOMMAND = Subcommand(
    usage="pause [RUN] [REASON]",
    summary="Pause a run: nothing new begins until it is resumed.",
    group="Runbook",
    answer=answer,
    options=REASON,
)
