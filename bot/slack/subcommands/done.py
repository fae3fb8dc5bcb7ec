"""/dr done: a manual step is done."""

from bot.domain import commands as c
from bot.slack.answers import Answer
from bot.slack.outcomes import changed, next_steps
from bot.slack.spoken import Said, Subcommand


def answer(said: Said) -> Answer:
    """Say so."""
    incident, run, step = said.only_step()
    after = said.speaker.give(incident.id, c.Done(run=run.id, step=step.id)).runs[run.id]
    return Answer(text=f"{changed(after.steps[step.id])} {next_steps(after)}".strip())


SUBCOMMAND = Subcommand(usage="done STEP", summary="Say that a manual step is done.", group="Step", answer=answer)
