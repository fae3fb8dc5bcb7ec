"""/dr stop: a run ends; the incident stays open."""

from bot.domain import commands as c
from bot.slack.answers import Answer
from bot.slack.outcomes import run_state
from bot.slack.spoken import REASON, Said, Subcommand


def answer(said: Said) -> Answer:
    """Stop the named run, or the only one."""
    incident, run = said.run()
    after = said.speaker.give(incident.id, c.Stop(run=run.id, reason=said.reason(1)))
    return Answer(text=run_state(after, run.id))


SUBCOMMAND = Subcommand(
    usage="stop [RUN] [--reason TEXT]",
    summary="Stop a run: what has not begun is canceled, what runs goes on to its end.",
    group="Runbook",
    answer=answer,
    options=REASON,
)
