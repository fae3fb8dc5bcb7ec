"""What one person is told of what they did, in mrkdwn: the fact first, then the next thing to do."""

from bot.comms.words import spell
from bot.domain.cadence import next_update
from bot.domain.incident import Incident, Run, StepRun
from bot.domain.plan import RecoveryPlan
from bot.domain.transitions import StepState
from bot.domain.words import either, number
from bot.slack.front import Speaker
from bot.slack.surfaces.voice_lines import able_to_speak, rule_of_words
from bot.slack.text import code, moment, name, safe


def place_of(incident: Incident) -> str:
    """Where an incident goes on, in words."""
    return f"<#{incident.channel}>" if incident.channel else f"{incident.id}'s channel"


def declared(incident: Incident, speaker: Speaker) -> str:
    """`Declared INC-7.` and by when it should be over."""
    back = moment(incident.since + incident.rto, speaker.now())
    return f"Declared *{incident.id}* ({safe(incident.severity.upper())}). Recovery objective: back by *{back}*."


def opened(incident: Incident, trouble: str, *, inside: bool) -> str:
    """Where the declarer goes on. `trouble` is what keeps the channel from being kept up, `inside` that they were let in."""
    if incident.channel is None:
        more = f"Until then {code(f'/dr show {incident.id}')} and the terminal's `dr` go on with it."
        why = safe(trouble) or "Slack is slow. It comes by itself."
        return f"The channel of *{incident.id}* is not there yet: {why} {more}"
    return f"*{incident.id}* goes on in <#{incident.channel}>. {'You are in it.' if inside else 'You will be invited.'}"


def started(run: Run, plan: RecoveryPlan) -> str:
    """A runbook that begins."""
    what = f"{safe(run.runbook.title)}, for {safe(plan.title_of(run.system))}"
    return f"Started {run.id}: {what}, {steps(len(run.steps))}."


def steps(count: int) -> str:
    """`1 step`, `3 steps`."""
    return "1 step" if count == 1 else f"{count} steps"


def changed(step: StepRun) -> str:
    """What has become of a step."""
    return f"{code(step.id)} is {step.state.replace('_', ' ')}."


def sent_back(verb: str, step: StepRun) -> str:
    """What has become of a step that was declined or is to be undone."""
    if verb == "decline" and step.waits_for_start:
        return f"Declined. {code(step.id)} waits until somebody starts it again: {code(f'/dr retry {step.id}')}"
    if verb == "undo" and step.state is StepState.UNDOING:
        return f"The undo of {code(step.id)} is planned and shown first."
    return changed(step)


def left_of(people: list[str], plan: RecoveryPlan) -> str:
    """Those who are waited for, by name."""
    return safe(either(name(person, plan) for person in people)) or "nobody: the rule can't be met"


def missing(step: StepRun, speaker: Speaker) -> str:
    """`Two more of Carol Chen or Dave Diaz, until 03:40.`"""
    if not step.missing:
        return "Nothing more is needed: it starts as soon as it can."
    left = left_of([person for person in step.waits_for if person not in step.approved_by], speaker.plan)
    until = f", until {moment(step.expires_at, speaker.now())}" if step.expires_at else ""
    return f"{number(step.missing).capitalize()} more of {left}{until}."


def voices(incident: Incident, step: StepRun, plan: RecoveryPlan) -> str:
    """Where one person's word is not enough: how many have said the same, and who else may."""
    decision = step.voices[-1].decision if step.voices else ""
    rule = rule_of_words(plan, step, decision)
    said = {voice.person for voice in step.voices if voice.decision == decision} & plan.people.keys()
    more = number(rule.required - len(said))
    left = left_of([person for person in able_to_speak(plan, incident, step) if person not in said], plan)
    return f"Recorded. {len(said)} of {rule.required} say so; {more} more of {left}."


def skipped(incident: Incident, step: StepRun, plan: RecoveryPlan) -> str:
    """Skipped, or one word of several."""
    return changed(step) if step.state is StepState.SKIPPED else voices(incident, step, plan)


def settled(incident: Incident, step: StepRun, plan: RecoveryPlan) -> str:
    """Settled, or one word of several."""
    return voices(incident, step, plan) if step.state is StepState.IN_DOUBT else f"Settled. {changed(step)}"


def risk_taken(incident: Incident, step: StepRun, plan: RecoveryPlan) -> str:
    """A risk accepted: a plan that is to come, or more words to be said."""
    if step.state is StepState.BLOCKED:
        return voices(incident, step, plan)
    if step.state is StepState.READY:
        return "Risk accepted. A fresh plan to approve follows in the channel."
    return f"Risk accepted. {changed(step)}"


def mitigated(incident: Incident) -> str:
    """How long it took."""
    took = spell((incident.mitigated_at or incident.since) - incident.since)
    return f"*{incident.id}* is mitigated after {took}. The recovery clock has stopped."


def resolved(incident: Incident) -> str:
    """How long it took."""
    took = spell((incident.mitigated_at or incident.since) - incident.since)
    return f"*{incident.id}* is resolved after {took}."


def posted(incident: Incident, speaker: Speaker) -> str:
    """An update that is out, and the next."""
    return f"Update {incident.updates.number} of *{incident.id}* is posted. {next_due(incident, speaker)}"


def next_due(incident: Incident, speaker: Speaker) -> str:
    """When the next update goes out."""
    due = next_update(incident)
    return f"The next is due {moment(due, speaker.now())}." if due else "No further one is planned."


def run_state(incident: Incident, run: str) -> str:
    """What has become of a run."""
    return f"{run} of *{incident.id}* is {incident.runs[run].state.value}."


def next_steps(run: Run) -> str:
    """The steps whose turn has come."""
    ready = [step for step in run.steps.values() if step.state is StepState.READY]
    return f"Next: {', '.join(safe(step.definition.title) for step in ready)}." if ready else ""


def subscribed(incident: Incident, speaker: Speaker) -> str:
    way = "email" if speaker.person in incident.subscribers else "direct message"
    return f"Subscribed. The updates of *{incident.id}* come by {way}."


def acknowledged(incident: Incident) -> str:
    return f"Acknowledged. It is put on record that you have seen *{incident.id}*. It goes on in {place_of(incident)}."
