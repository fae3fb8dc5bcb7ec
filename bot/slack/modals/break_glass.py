"""The form in which somebody goes on alone: why nobody can approve in time, and the target typed out."""

from bot.domain import commands as c
from bot.domain.errors import DRError, Refused
from bot.slack import blocks as b
from bot.slack.answers import Answer
from bot.slack.blocks import Block
from bot.slack.controls import Control
from bot.slack.front import Speaker
from bot.slack.modals.early import SOME_REASON, refuse_early
from bot.slack.modals.reasons import about
from bot.slack.requests import Submission, origin
from bot.slack.text import code

CALLBACK = "break_glass"


def view(speaker: Speaker, control: Control) -> Block:
    """The form; raises Refused where no plan waits for approval, or this person may not go on alone."""
    incident = speaker.incident(control.incident)
    step = incident.runs[control.run].steps[control.step]
    if step.plan is None or not step.awaits_approval:
        raise Refused(
            f"{step.id} waits for no approval.", f"Look at it with: /dr show {incident.id} {control.run}/{step.id}"
        )
    command = c.BreakGlass(
        run=control.run, step=control.step, digest=control.digest, reason=SOME_REASON, target=step.plan.target
    )
    refuse_early(speaker, incident, command)
    target = b.text_input("text", most=500, least=1)
    return b.modal(
        "Break the glass",
        [
            b.section(about(incident, control)),
            b.section(
                "You go on *alone*. All approvers are told, and every report says so. Read the whole plan first."
            ),
            b.field("Why can nobody approve in time?", b.text_input("text", lines=True, least=1), "reason"),
            b.field("Type the target", target, "target", hint="As it stands in the plan."),
            b.context(f"Plan {code(step.digest[:8])}"),
        ],
        callback_id=CALLBACK,
        submit="Break the glass",
        metadata=origin(speaker.caller, control).text(),
    )


def submitted(speaker: Speaker, sent: Submission) -> Answer:
    """Go on alone."""
    control = sent.origin.about
    command = c.BreakGlass(
        run=control.run,
        step=control.step,
        digest=control.digest,
        reason=sent.form.text("reason"),
        target=sent.form.text("target").strip(),
    )
    speaker.give(control.incident, command)
    return Answer(text="Glass broken. It starts as soon as it can.")


def blame(error: DRError) -> str:
    return "target" if "target" in str(error) else "reason"
