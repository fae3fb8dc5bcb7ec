"""Approval rules: who may approve a plan, how many it takes, and how long an approval lives."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal

from bot.domain.durations import Duration
from bot.domain.model import JsonValue, Model
from bot.domain.plan import ApprovalDefaults, RecoveryPlan
from bot.domain.runbook import StepApproval
from bot.domain.words import either

Excluded = Literal["requester", "declarer"]


class Rule(Model):
    """How many distinct members of a team must approve, and who of them may not. Pinned when a plan is shown.

    `extra` of the `required` are there for a risk that was accepted.
    """

    approvers: str
    required: int
    extra: int = 0
    exclude: tuple[Excluded, ...] = ("declarer", "requester")
    approval_expires: Duration = timedelta(minutes=30)
    execution_expires: Duration = timedelta(minutes=10)

    def more(self, extra: int) -> "Rule":
        """The same rule with so many approvers more."""
        return self.model_copy(update={"required": self.required + extra, "extra": self.extra + extra})

    def without_extra(self) -> "Rule":
        """The step's own rule, as it is without a risk."""
        return self.more(-self.extra)


class Proof(Model):
    """What a person signed, and the signature: an executor checks it again against its own plan."""

    signed: str
    signature: str


class Approval(Model):
    """One person's counted approval of one digest. `given_at` is when they gave it, not when it was looked up."""

    person: str
    digest: str
    given_at: datetime
    via: Literal["slack", "cli", "bot"]
    proof: Proof | None = None


class Standing(Model):
    """Whether a person may approve, and why not: one line that says who may."""

    eligible: bool
    reason: str = ""


def rule_for(defaults: ApprovalDefaults, step: StepApproval | None) -> Rule:
    """The plan's default rule, sharpened by the step's own: never fewer, never others, never longer."""
    rule = Rule(
        approvers=defaults.approvers,
        required=defaults.required,
        exclude=tuple(sorted(defaults.exclude)),
        approval_expires=defaults.expire.approval,
        execution_expires=defaults.expire.execution,
    )
    if step is None:
        return rule
    changes: dict[str, object] = {
        "required": max(rule.required, step.required or 0),
        "exclude": tuple(sorted({*rule.exclude, *(step.exclude or ())})),
    }
    if step.approvers:
        changes["approvers"] = step.approvers
    if step.expire:
        changes["approval_expires"] = min(rule.approval_expires, step.expire.approval)
        changes["execution_expires"] = min(rule.execution_expires, step.expire.execution)
    return rule.model_copy(update=changes)


def eligible(rule: Rule, plan: RecoveryPlan, requesters: Iterable[str | None], declarer: str | None) -> tuple[str, ...]:
    """The people who may approve under a rule, in the team's order. An unknown or empty team is nobody."""
    excluded = barred(rule, requesters, declarer)
    return tuple(person for person in members(plan, rule.approvers) if person not in excluded)


def barred(rule: Rule, requesters: Iterable[str | None], declarer: str | None) -> frozenset[str | None]:
    """Those whom a rule excludes, whatever team they are in."""
    asked = frozenset(requesters) if "requester" in rule.exclude else frozenset()
    return asked | {declarer} if "declarer" in rule.exclude else asked


def members(plan: RecoveryPlan, team: str) -> tuple[str, ...]:
    """The people of a team; nobody where the recovery plan has no such team (any more)."""
    return plan.members(team) if team in plan.teams else ()


BUT_NOT: Mapping[frozenset[Excluded], str] = {
    frozenset(): "",
    frozenset({"declarer"}): " who did not declare the incident",
    frozenset({"requester"}): " who did not ask for this step",
    frozenset({"declarer", "requester"}): " who neither declared the incident nor asked for this step",
}


def standing(
    person: str | None,
    rule: Rule,
    plan: RecoveryPlan,
    requesters: Iterable[str | None],
    declarer: str | None,
    given: Collection[str] = (),
) -> Standing:
    """Whether a person may approve now; the reason names the team and those who may and have not `given` their word."""
    requesters = tuple(requesters)
    may = eligible(rule, plan, requesters, declarer)
    if person is not None and person in may:
        return Standing(eligible=True)
    left = [plan.people[p].name for p in may if p not in given]
    names = either(left) or "nobody: the rule cannot be met, change the plan or escalate"
    who = f"This needs someone of {rule.approvers}{BUT_NOT[frozenset(rule.exclude)]}."
    if person is not None and person == declarer and "declarer" in rule.exclude:
        why = "You declared it."
    elif person is not None and person in requesters and "requester" in rule.exclude:
        why = "You asked for it."
    else:
        why = f"You are not in {rule.approvers}."
    return Standing(eligible=False, reason=f"{who} {why} Waiting for {names}.")


def counted(approvals: Iterable[Approval], digest: str) -> tuple[str, ...]:
    """The distinct people whose approval of this very digest counts, in the order in which they gave it."""
    return tuple(dict.fromkeys(a.person for a in approvals if a.digest == digest))


def rule_json(rule: Rule) -> dict[str, JsonValue]:
    """The rule as it goes into a digest."""
    return rule.model_dump(mode="json")
