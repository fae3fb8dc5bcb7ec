"""The forms that ask for a reason before something is declined, skipped, undone, settled, risked, stopped or ended."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain import commands as c
from bot.domain.changes import Risk, risks_fingerprint
from bot.domain.errors import DRError, Refused
from bot.domain.incident import Incident, StepRun
from bot.domain.model import replace
from bot.domain.plan import RecoveryPlan
from bot.slack import blocks as b
from bot.slack import outcomes
from bot.slack.answers import Answer
from bot.slack.blocks import Block
from bot.slack.controls import Control
from bot.slack.front import Speaker
from bot.slack.modals.early import SOME_REASON, refuse_early
from bot.slack.requests import Submission, origin
from bot.slack.rich import items, line, rich_blocks, timed
from bot.slack.text import bold, safe

CALLBACK = "reason"
Says = Callable[[Incident, StepRun, RecoveryPlan], str]


@dataclass(frozen=True)
class Reason:
    """What is asked before a verb is done. `says` tells the person where their word alone did not decide."""

    title: str
    submit: str
    question: str
    command: Callable[[Control, str], c.Command]
    says: Says | None = None
    hint: str = ""
    optional: bool = False


def _at(control: Control) -> dict[str, Any]:
    return {"run": control.run, "step": control.step}


def looked_at(control: Control) -> dict[str, Any]:
    """The fields of a word on the attempt that was shown: it is checked again where it is recorded."""
    return {**_at(control), "attempt": control.attempt, "generation": control.generation}


REASONS: Mapping[str, Reason] = {
    "decline": Reason(
        "Decline the plan",
        "Decline",
        "Why is it declined?",
        lambda control, why: c.Decline(**_at(control), digest=control.digest, reason=why),
        hint="One no stops it: every approval of this plan is void.",
    ),
    "skip": Reason(
        "Skip the step",
        "Skip",
        "Why is it skipped?",
        lambda control, why: c.Skip(**looked_at(control), reason=why),
        outcomes.skipped,
    ),
    "undo": Reason(
        "Undo the step",
        "Undo",
        "Why is it undone?",
        lambda control, why: c.Undo(**looked_at(control), reason=why),
        hint="The undo is planned and shown first, and has approvals of its own.",
    ),
    "accept_risk": Reason(
        "Accept the risk",
        "Accept the risk",
        "Why is this risk taken?",
        lambda control, why: c.AcceptRisk(**looked_at(control), shown=control.detail, reason=why),
        outcomes.risk_taken,
        hint="It stands in every report, with your name. It takes one approver more.",
    ),
    "settle_happened": Reason(
        "Settle: it happened",
        "Settle",
        "What have you seen that shows it?",
        lambda control, why: c.Settle(**looked_at(control), outcome="happened", reason=why),
        outcomes.settled,
    ),
    "stop": Reason(
        "Stop the run",
        "Stop the run",
        "Why is it stopped?",
        lambda control, why: c.Stop(run=control.run, reason=why),
        hint="What has not begun is canceled; what runs goes on to its end. The incident stays open.",
        optional=True,
    ),
    "cancel": Reason(
        "Cancel the incident",
        "Cancel the incident",
        "Why was it no incident?",
        lambda _, why: c.Cancel(reason=why),
        hint="Its runs are stopped. To end a run alone, stop the run.",
    ),
    "reopen": Reason("Reopen the incident", "Reopen", "Why is it not over?", lambda _, why: c.Reopen(reason=why)),
}


def view(speaker: Speaker, control: Control, why: str = "") -> Block:
    """The form for a control's verb, with a reason typed already; raises Refused where this word would not be taken."""
    reason = REASONS[control.verb]
    incident = speaker.incident(control.incident)
    risks = _risks(incident, control)
    if control.verb == "accept_risk":
        control = replace(control, detail=risks_fingerprint(risks))
    refuse_early(speaker, incident, reason.command(control, SOME_REASON))
    text = b.text_input("text", initial=why, lines=True, least=0 if reason.optional else 1)
    question = b.field(reason.question, text, "reason", hint=reason.hint, optional=reason.optional)
    return b.modal(
        reason.title,
        [b.section(about(incident, control)), *_named(incident, risks), question],
        callback_id=CALLBACK,
        submit=reason.submit,
        metadata=origin(speaker.caller, control).text(),
    )


def about(incident: Incident, control: Control) -> str:
    """What it is about: the step with its title, the run, or the incident."""
    run = incident.runs.get(control.run)
    step = run.steps.get(control.step) if run else None
    if step is not None:
        return f"{bold(step.definition.title)} · {safe(incident.id)} {safe(control.run)}/{safe(control.step)}"
    if run is not None:
        return f"{bold(run.runbook.title)} · {safe(incident.id)} {safe(control.run)}"
    return f"{bold(incident.id)} · {safe(incident.title)}"


def _risks(incident: Incident, control: Control) -> tuple[Risk, ...]:
    """The risks that would be accepted; none for any other verb."""
    if control.verb != "accept_risk":
        return ()
    return incident.runs[control.run].steps[control.step].risks


def _named(incident: Incident, risks: tuple[Risk, ...]) -> list[Block]:
    """Each risk, whole."""
    if not risks:
        return []
    return rich_blocks(items(timed(line(risk.text), incident.since) for risk in risks))


def submitted(speaker: Speaker, sent: Submission) -> Answer:
    """Do it, with the reason."""
    _, said = carry_out(speaker, sent.origin.about, sent.form.text("reason"))
    return Answer(text=said)


def carry_out(speaker: Speaker, control: Control, why: str) -> tuple[Incident, str]:
    """Give the command of a verb with a reason: what came of it, and what to say where the channel does not; raises Refused."""
    reason = REASONS[control.verb]
    if not reason.optional and not why.strip():
        raise Refused("A reason is needed.", "Say in one line why.")
    after = speaker.give(control.incident, reason.command(control, why))
    if reason.says is None:
        return after, ""
    return after, reason.says(after, after.runs[control.run].steps[control.step], speaker.plan)


def blame(_: DRError) -> str:
    return "reason"
