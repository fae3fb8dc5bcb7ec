"""/dr approve: a step's plan may be carried out. It is read where it stands, and the button is below it."""

from bot.slack.answers import Answer
from bot.slack.approving import approve, step_link
from bot.slack.digests import shown_digest
from bot.slack.spoken import Said, Subcommand, Takes
from bot.slack.text import code


def answer(said: Said) -> Answer:
    """With the plan's digest, which only who has seen the plan knows; without it, the way to the plan."""
    incident, run, step = said.step()
    given = said.option("digest")
    if given is not None:
        return approve(said.speaker, incident, run, step, shown_digest(step, given))
    if not step.awaits_approval:
        return Answer(text=f"{code(step.id)} is {step.state.replace('_', ' ')}: there is nothing to approve.")
    return Answer(
        later=lambda: Answer(
            text=f"Read the plan of {code(step.id)}, whole; *Approve* stands below it."
            f" {step_link(said.speaker, incident, run, step)}"
        )
    )


SUBCOMMAND = Subcommand(
    usage="approve STEP [--digest D]",
    summary="Approve a step's plan, after reading it.",
    group="Plan and approval",
    answer=answer,
    options={"digest": Takes.WORD},
)
