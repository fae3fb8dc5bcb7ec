"""Where one person's word is not enough: how many have said the same, and who else may."""

from bot.cli.session import Session, StepPlace
from bot.domain.approvals import eligible, rule_for
from bot.domain.decisions.gates import requesters
from bot.domain.words import number


def voices_line(session: Session, place: StepPlace, *, extra: int = 0) -> str:
    """`Recorded. 1 of 2 say so; one more of carol, dave.` `extra` counts the approvers that a risk takes more."""
    step = place.step
    rule = rule_for(session.plan.approvals, step.definition.approval).more(extra)
    able = eligible(rule, session.plan, requesters(step), place.incident.declarer)
    decision = step.voices[-1].decision if step.voices else ""
    said = {voice.person for voice in step.voices if voice.decision == decision}
    left = ", ".join(person for person in able if person not in said)
    return f"Recorded. {len(said)} of {rule.required} say so; {number(rule.required - len(said))} more of {left}."
