"""/dr break-glass: somebody goes on alone, where nobody can approve in time."""

from bot.slack.answers import Answer
from bot.slack.controls import Control
from bot.slack.modals import break_glass as form
from bot.slack.spoken import Said, Subcommand


def answer(said: Said) -> Answer:
    """A form asks for the reason and has the target typed out."""
    incident, run, step = said.step()
    control = Control("break_glass", incident.id, run.id, step.id, step.attempt, step.generation, step.digest)
    return Answer(opens=lambda: form.view(said.speaker, control))


SUBCOMMAND = Subcommand(
    usage="break-glass STEP",
    summary="Go on alone where nobody can approve in time; all approvers are told.",
    group="Plan and approval",
    answer=answer,
)
