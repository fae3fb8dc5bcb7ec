"""Where people's word decides, and no approval of a plan: who has said what, who may still say it, how many it takes."""

from collections.abc import Iterator

from bot.domain.approvals import Rule, eligible, rule_for
from bot.domain.decisions.gates import requesters
from bot.domain.incident import ACCEPT_RISK, Incident, StepRun
from bot.domain.plan import RecoveryPlan
from bot.domain.words import number
from bot.slack.rich import Line, line, strong
from bot.slack.surfaces.approval_lines import approvals
from bot.slack.surfaces.scene import Scene
from bot.slack.text import cut

LONGEST_REASON = 300


def voice_lines(scene: Scene, step: StepRun) -> Iterator[Line]:
    """Who has said that it is to be skipped, settled, or its risk accepted, where one word is not enough; and who else may."""
    for decision in dict.fromkeys(voice.decision for voice in step.voices):
        rule = rule_of_words(scene.plan, step, decision)
        said = [voice for voice in step.voices if voice.decision == decision]
        each = "; ".join(f"{scene.name(v.person)} (“{cut(v.reason, LONGEST_REASON)}”)" for v in said)
        counted = line(strong(f"{decision.capitalize()}: {len(said)} of {rule.required}"), f" · {each}")
        yield line(*counted, *_still(scene, step, rule, {voice.person for voice in said}))


def risk_lines(scene: Scene, step: StepRun) -> Iterator[Line]:
    """Who may accept the risk of a blocked step, and how many it takes, as long as nobody has."""
    if not step.risks or any(voice.decision == ACCEPT_RISK for voice in step.voices):
        return
    rule, able = rule_of_words(scene.plan, step, ACCEPT_RISK), able_to_speak(scene.plan, scene.incident, step)
    if step.definition.kind == "action" and step.applied_at is None:
        leads = (scene.incident.roles.get("commander"), scene.incident.roles.get("deputy"))
        able = dict.fromkeys((*able, *(lead for lead in leads if lead in scene.plan.people and lead)))
        yield from _takes(scene, rule, able, 1, f" Its plan then needs {approvals(rule)}.")
    else:
        yield from _takes(scene, rule, able, rule.required)


def _takes(scene: Scene, rule: Rule, able: dict[str, None], count: int, then: str = "") -> Iterator[Line]:
    if len(able) >= count:
        yield line(strong("To accept the risk"), f" {count} of ", *scene.people(able), ".", then)
        return
    many = f"it takes {count} of {rule.approvers}, and {number(len(able))} may"
    yield line(strong("The risk can't be accepted"), f": {many}. Change the recovery plan.")


def _still(scene: Scene, step: StepRun, rule: Rule, said: set[str]) -> Line:
    able = able_to_speak(scene.plan, scene.incident, step)
    missing = rule.required - len(said & able.keys())
    left = scene.people(person for person in able if person not in said)
    return line(" · ", strong(f"{number(missing)} more of"), " ", *left) if left and missing > 0 else ()


def able_to_speak(plan: RecoveryPlan, incident: Incident, step: StepRun) -> dict[str, None]:
    """Whose word may count, in the plan's order."""
    rule = rule_for(plan.approvals, step.definition.approval)
    return dict.fromkeys(eligible(rule, plan, requesters(step), incident.declarer))


def rule_of_words(plan: RecoveryPlan, step: StepRun, decision: str) -> Rule:
    """As the decisions see it: a risk takes more people, by the plan of today; the rest is as it was when a plan was shown."""
    own = rule_for(plan.approvals, step.definition.approval)
    if decision == ACCEPT_RISK:
        return own.more(plan.approvals.accept_risk.extra)
    return step.rule.without_extra() if step.rule else own
