"""Approvals in Slack: offered by a click, counted once the person was looked up, refused at once where that is plain."""

import time

from bot.domain import commands as c
from bot.domain.approvals import Rule, barred, standing
from bot.domain.decisions.execution import difference, same
from bot.domain.decisions.gates import requesters
from bot.domain.errors import Refused
from bot.domain.events import ApprovalGiven, ApprovalRejected, StepPlanned, UndoPlanned
from bot.domain.incident import Incident, Run, StepRun
from bot.slack.answers import NOTHING, Answer
from bot.slack.controls import Control
from bot.slack.front import Speaker
from bot.slack.outcomes import missing
from bot.slack.text import code, link, safe

CHECKED_WITHIN = 10.0  # seconds until the person is told that the look-up takes longer
LOOK_EVERY = 0.2


def approve(
    speaker: Speaker, incident: Incident, run: Run, step: StepRun, digest: str, *, aloud: bool = True
) -> Answer:
    """Offer an approval of a digest; raises Refused. `aloud` says so too where it counts: else the message shows it."""
    if step.awaits_approval and step.rule is not None and digest == step.digest:
        given = step.approved_by
        verdict = standing(speaker.person, step.rule, speaker.plan, requesters(step), incident.declarer, given)
        if not verdict.eligible and not _may_have_joined(speaker, incident, step, step.rule):
            raise Refused(verdict.reason)
    speaker.give(incident.id, c.Approve(run=run.id, step=step.id, digest=digest, offer=speaker.key))
    return Answer(later=lambda: _judged(speaker, incident.id, run.id, step, aloud=aloud))


def _may_have_joined(speaker: Speaker, incident: Incident, step: StepRun, rule: Rule) -> bool:
    """Whether the look-up may find them in the team by its Slack group, and the rule does not exclude them."""
    excluded = barred(rule, requesters(step), incident.declarer)
    return speaker.person not in excluded and speaker.front.members.may_join(speaker.person, rule.approvers)


def _judged(speaker: Speaker, incident_id: str, run: str, asked: StepRun, *, aloud: bool) -> Answer:
    step = asked.id
    speaker.front.judge(incident_id, run, step, asked.attempt, speaker.key)
    speaker.front.reconciler.nudge()
    deadline = time.monotonic() + CHECKED_WITHIN
    while True:
        found = speaker.incident(incident_id).runs[run].steps[step]
        if all(offer.id != speaker.key for offer in found.offers):
            break
        if time.monotonic() > deadline:
            text = f"Your approval of {code(step)} is recorded. It counts as soon as it is confirmed who you are."
            return Answer(text=text)
        time.sleep(LOOK_EVERY)
    verdict = _verdict(speaker, incident_id)
    if isinstance(verdict, ApprovalRejected):
        return Answer(text=f"Your approval of {code(step)} was not counted. {safe(verdict.reason)}")
    if verdict is None or verdict.digest != found.digest:
        incident = speaker.incident(incident_id)
        where = step_link(speaker, incident, incident.runs[run], found)
        begun = found.started_at is not None and found.attempt == asked.attempt
        why = "it began without it" if begun else "it was taken back, or its plan changed, meanwhile"
        return Answer(text=f"Your approval of {code(step)} does not count: {why}. {where}")
    return Answer(text=f"Approved. {missing(found, speaker)}") if aloud else NOTHING


def _verdict(speaker: Speaker, incident_id: str) -> ApprovalGiven | ApprovalRejected | None:
    """What became of this request's offer; None where it went with its plan."""
    events = (row.event for row in reversed(speaker.front.desk.timeline(incident_id)))
    judged = (event for event in events if isinstance(event, ApprovalGiven | ApprovalRejected))
    return next((event for event in judged if event.offer == speaker.key), None)


def step_link(speaker: Speaker, incident: Incident, run: Run, step: StepRun) -> str:
    """The way to a step's message, or to the channel."""
    url = speaker.front.reconciler.link(incident.id, f"step/{run.id}/{step.id}")
    if url:
        return link(url, "Open it.")
    return f"It stands in <#{incident.channel}>." if incident.channel else "Its message is not posted yet."


def is_outdated(step: StepRun, control: Control) -> bool:
    """Whether a button stands beside something that is no longer so."""
    shown = (control.attempt, control.generation, control.digest or step.digest)
    return shown != (step.attempt, step.generation, step.digest)


def outdated(speaker: Speaker, incident: Incident, run: Run, step: StepRun, control: Control) -> Answer:
    """What has changed since the message whose button was pressed, and where to go on."""
    what = "Your approval" if control.verb == "approve" else "Your click"
    where = step_link(speaker, incident, run, step)
    if not step.awaits_approval:
        state = step.state.replace("_", " ")
        return Answer(
            text=f"{code(step.id)} has gone on since this message: it is {state}. {what} was not counted. {where}"
        )
    changed = _what_changed(speaker, incident, step, control)
    return Answer(
        text=f"The plan has changed since this message{changed}. {what} was not counted. The current plan: {where}"
    )


def _what_changed(speaker: Speaker, incident: Incident, step: StepRun, control: Control) -> str:
    """` (target changed from a to b)`; empty where it can't be said."""
    rows = speaker.front.desk.timeline(incident.id)
    plans = (row.event for row in rows if isinstance(row.event, StepPlanned | UndoPlanned))
    before = next((event for event in plans if event.digest == control.digest), None)
    if before is None or step.plan is None:
        return ""
    if before.plan.target != step.plan.target:
        return f" (its target changed from {code(before.plan.target)} to {code(step.plan.target)})"
    if before.rule == step.rule and same(before.plan, step.plan):
        return " (the same changes, planned anew)"
    return f" ({safe(difference(before.plan, step.plan).rstrip('.'))})"
