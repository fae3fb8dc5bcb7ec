"""What an expert would ask about the people of a plan: can they be reached, can they approve, also on a bad night?"""

from collections.abc import Callable, Iterator

from bot.config.document import Document
from bot.config.quorum import quorum
from bot.domain.plan import Person, RecoveryPlan
from bot.domain.problems import Problem

REACHED_BY: dict[str, Callable[[Person], str | None]] = {
    "email": lambda person: person.email,
    "slack": lambda person: person.slack,
}
ADDRESSES = {"email": "email address", "slack": "Slack id"}


def unreachable_people(plan: RecoveryPlan, document: Document) -> Iterator[Problem]:
    """Recipients whom one of the channels can't reach."""
    for severity, notification in plan.notifications.items():
        for channel in notification.channels:
            address = REACHED_BY.get(channel)
            people = [plan.people[id] for id in plan.people_of(notification.recipients) if id in plan.people]
            missing = [person.name for person in people if address and not address(person)]
            if missing:
                yield document.problem(
                    ("notifications", severity),
                    f"{channel} does not reach {', '.join(missing)}: no {ADDRESSES[channel]}",
                    "add it under people",
                    level="warning",
                    key=True,
                )


def untold_severities(plan: RecoveryPlan, document: Document) -> Iterator[Problem]:
    """Severities that stakeholders hear of only through the updates."""
    for id, severity in plan.severities.items():
        if id not in plan.notifications and severity.updates is not None:
            yield document.problem(
                ("severities", id),
                "nobody is told when it is declared",
                f"add {id} to notifications",
                level="warning",
                key=True,
            )


def narrow_approvals(plan: RecoveryPlan, document: Document) -> Iterator[Problem]:
    """Rules that hang on one person, or that a bad night makes unreachable."""
    rule = plan.approvals
    if rule.approvers not in plan.teams:
        return
    members, found = plan.members(rule.approvers), quorum(plan, rule.approvers, rule.exclude)
    with_risk = rule.required + rule.accept_risk.extra
    more = f"add members to {rule.approvers}"
    loc = ("approvals", "approvers")
    if len(members) == 1:
        yield document.problem(loc, f"{rule.approvers} is one person", more, level="warning")
    elif rule.required <= found.at_best and rule.required > found.at_worst:
        what = f"with one approver declaring and another asking, {found.at_worst} are left and {rule.required} needed"
        yield document.problem(loc, what, more, level="warning")
    if rule.required <= found.at_best < with_risk:
        what = f"a risk can never be accepted: it takes {with_risk} approvers and at most {found.at_best} may"
        yield document.problem(("approvals", "accept_risk"), what, more, level="warning")


def own_approvals(plan: RecoveryPlan, document: Document) -> Iterator[Problem]:
    """People who may approve what they asked for themselves."""
    if "requester" not in plan.approvals.exclude:
        yield document.problem(
            ("approvals", "exclude"), "people may approve their own requests", "add requester", level="warning"
        )


def powerless_approvers(plan: RecoveryPlan, document: Document) -> Iterator[Problem]:
    """Approvers who can't approve at all, or not while Slack is down."""
    if plan.approvals.approvers not in plan.teams:
        return
    for id in plan.members(plan.approvals.approvers):
        person = plan.people.get(id)
        if person and not person.ssh_keys:
            what = "can approve only while Slack works" if person.slack else "has no way to approve"
            yield document.problem(
                ("people", id), f"{id} {what}", "add the person's ssh_keys", level="warning", key=True
            )


DOUBTS = (
    unreachable_people,
    untold_severities,
    narrow_approvals,
    own_approvals,
    powerless_approvers,
)
