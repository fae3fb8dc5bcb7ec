"""/dr resume: a paused run goes on."""

from bot.domain import commands as c
from bot.slack.answers import Answer
from bot.slack.outcomes import next_steps
from bot.slack.spoken import Said, Subcommand


def answer(said: Said) -> Answer:
    """Resume the named run, or the only one."""
    incident, run = said.run()
    after = said.speaker.give(incident.id, c.Resume(run=run.id))
    return Answer(text=f"{run.id} of *{after.id}* is resumed. {next_steps(after.runs[run.id])}".strip())


SUBCOMMAND = Subcommand(usage="resume [RUN]", summary="Resume a run that was paused.", group="Runbook", answer=answer)
