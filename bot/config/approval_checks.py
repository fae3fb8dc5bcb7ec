"""Whether the approval of a step asks for more than the plan's default, as it may, and can be met at all."""

from collections.abc import Iterator

from bot.config.document import Document, Loc, mend
from bot.config.quorum import quorum
from bot.config.step_checks import located
from bot.domain.durations import format_duration
from bot.domain.plan import RecoveryPlan
from bot.domain.problems import Problem, shown
from bot.domain.runbook import Runbook, StepApproval


def step_rules(runbook: Runbook, document: Document, plan: RecoveryPlan) -> Iterator[Problem]:
    """Everything that is wrong with the steps' own approval rules."""
    for step, place in located(runbook, document):
        if step.approval is not None:
            loc = (*place, "approval")
            yield from _weaker(step.approval, plan, document, loc)
            yield from _team(step.approval, plan, document, loc)
            yield from _unreachable(step.approval, plan, document, loc)


def _weaker(rule: StepApproval, plan: RecoveryPlan, document: Document, loc: Loc) -> Iterator[Problem]:
    default = plan.approvals
    if rule.required is not None and rule.required < default.required:
        what = f"fewer approvers than the plan's {default.required}"
        yield document.problem((*loc, "required"), what, f"write {default.required} or more, or remove it")
    dropped = default.exclude - rule.exclude if rule.exclude is not None else frozenset()
    if dropped:
        fix = f"add {', '.join(sorted(dropped))}, or remove the key"
        yield document.problem((*loc, "exclude"), "excludes fewer people than the plan", fix)
    for timer in ("approval", "execution"):
        longest = getattr(default.expire, timer)
        if rule.expire and getattr(rule.expire, timer) > longest:
            fix = f"write {format_duration(longest)} or less"
            yield document.problem((*loc, "expire", timer), "longer than the plan allows", fix)


def _team(rule: StepApproval, plan: RecoveryPlan, document: Document, loc: Loc) -> Iterator[Problem]:
    if rule.approvers is None:
        return
    place, default = (*loc, "approvers"), plan.approvals.approvers
    if rule.approvers not in plan.teams:
        yield document.problem(place, f"there is no team {shown(rule.approvers)}", mend(rule.approvers, plan.teams))
    elif default in plan.teams:
        strangers = set(plan.members(rule.approvers)) - set(plan.members(default))
        if strangers:
            what = f"{', '.join(sorted(strangers))} may not approve by the plan's default"
            yield document.problem(place, what, f"add them to {default}, or name a smaller team")
        group = plan.teams[rule.approvers].slack_group
        if group not in (None, plan.teams[default].slack_group):
            what = f"whoever is in its Slack group {group} may not approve by the plan's default"
            yield document.problem(place, what, f"give {default} this slack_group too, or name a team without one")


def _unreachable(rule: StepApproval, plan: RecoveryPlan, document: Document, loc: Loc) -> Iterator[Problem]:
    default = plan.approvals
    team = rule.approvers or default.approvers
    if team not in plan.teams:
        return
    required = max(rule.required or 0, default.required)
    found = quorum(plan, team, default.exclude | (rule.exclude or frozenset()))
    if required > found.at_best:
        what = f"the rule can never be met: {required} of {team} must approve, at most {found.at_best} may"
        yield document.problem(loc, what, f"add members to {team}, or lower required", key=True)
        return
    with_risk = required + default.accept_risk.extra
    if with_risk > found.at_best:
        what = f"its risk can never be accepted: it takes {with_risk} approvers and at most {found.at_best} may"
        yield document.problem(loc, what, f"add members to {team}", level="warning", key=True)
