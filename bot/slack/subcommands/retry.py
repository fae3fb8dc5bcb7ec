"""/dr retry: a step is started, looked at again, or tried again."""

from bot.domain import commands as c
from bot.slack.answers import Answer
from bot.slack.outcomes import changed
from bot.slack.spoken import REASON, Said, Subcommand


def answer(said: Said) -> Answer:
    """Start it (ready), look again (blocked), or try it again (failed)."""
    incident, run, step = said.step()
    after = said.speaker.give(incident.id, c.Retry(run=run.id, step=step.id, reason=said.reason(1)))
    return Answer(text=changed(after.runs[run.id].steps[step.id]))


SUBCOMMAND = Subcommand(
    usage="retry STEP [--reason TEXT]",
    summary="Start a step that waits for it, look again at a blocked one, or try a failed one again.",
    group="Step",
    answer=answer,
    options=REASON,
)
