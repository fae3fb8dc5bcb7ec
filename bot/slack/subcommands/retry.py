"""/dr retry: a step is started, looked at again, or tried again."""

from bot.domain import commands as c
from bot.domain.transitions import StepState
from bot.slack.answers import Answer
from bot.slack.spoken import REASON, Said, Subcommand
from bot.slack.text import code

AGAIN = {StepState.BLOCKED: "looked at again", StepState.READY: "started"}


def answer(said: Said) -> Answer:
    """Start it (ready), look again (blocked), or try it again (failed)."""
    incident, run, step = said.step()
    said.speaker.give(incident.id, c.Retry(run=run.id, step=step.id, reason=said.reason(1)))
    return Answer(text=f"{code(step.id)} is {AGAIN.get(step.state, 'tried again')}.")


SUBCOMMAND = Subcommand(
    usage="retry STEP [--reason TEXT]",
    summary="Start a step that waits for it, look again at a blocked one, or try a failed one again.",
    group="Step",
    answer=answer,
    options=REASON,
)
