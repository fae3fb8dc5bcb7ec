"""What is wrong with a recovery plan beyond its form: one function for each question, every answer an error."""

from collections.abc import Callable, Collection, Iterator
from datetime import timedelta

from bot.config.cycles import cycles
from bot.config.document import Document, Loc, mend
from bot.config.quorum import quorum
from bot.domain.durations import format_duration, parse_duration
from bot.domain.plan import RecoveryPlan
from bot.domain.problems import Problem, Unfit, shown

Check = Callable[[RecoveryPlan, Document], Iterator[Problem]]

CHANNELS = ("phone", "email", "sms", "slack")
SECTIONS = ("people", "teams", "severities", "systems", "environments")


def errors_of(plan: RecoveryPlan, document: Document) -> list[Problem]:
    """Everything that makes a plan unusable, beyond its form and its names."""
    return [problem for check in CHECKS for problem in check(plan, document)]


def empty_sections(document: Document) -> Iterator[Problem]:
    """Sections that a plan can't do without and that hold nothing."""
    for section in SECTIONS:
        if document.at((section,)) == {}:
            yield document.problem((section,), "is empty", "write at least one")


def unknown_channels(plan: RecoveryPlan, document: Document, known: Collection[str]) -> Iterator[Problem]:
    """Channels that no message can go over."""
    for severity, notification in plan.notifications.items():
        for place, channel in enumerate(notification.channels):
            if channel not in known:
                loc = ("notifications", severity, "channels", place)
                yield document.problem(loc, f"there is no channel {shown(channel)}", mend(channel, known))


def _one_meaning(plan: RecoveryPlan, document: Document) -> Iterator[Problem]:
    for name in plan.teams:
        if name in plan.people:
            yield document.problem(
                ("teams", name), f"{name} is a person too", "rename one: both can be recipients", key=True
            )


def _one_person(plan: RecoveryPlan, document: Document) -> Iterator[Problem]:
    seen: dict[tuple[str, str], tuple[str, Loc]] = {}
    for id, person in plan.people.items():
        keys = [("ssh_keys", place, " ".join(key.split()[:2])) for place, key in enumerate(person.ssh_keys)]
        marks = [("email", (person.email or "").lower()), ("slack", person.slack or "")]
        places: list[tuple[str, Loc, str]] = [(field, ("people", id, field), mark) for field, mark in marks if mark]
        places += [(field, ("people", id, field, place), key) for field, place, key in keys]
        for field, loc, mark in places:
            other, first = seen.setdefault((field, mark), (id, loc))
            if first != loc:
                line = document.mark(first).line
                what = "SSH key" if field == "ssh_keys" else field
                yield document.problem(
                    loc, f"{other} has this {what} too, in line {line}", "give each person their own"
                )


def _reachable_quorum(plan: RecoveryPlan, document: Document) -> Iterator[Problem]:
    rule = plan.approvals
    if rule.approvers not in plan.teams:
        return
    found = quorum(plan, rule.approvers, rule.exclude)
    if rule.required > found.at_best:
        yield document.problem(
            ("approvals", "required"),
            f"the rule can never be met: {rule.required} of {rule.approvers} must approve, at most {found.at_best} may",
            f"add members to {rule.approvers}, or lower required",
        )


def _no_circles(plan: RecoveryPlan, document: Document) -> Iterator[Problem]:
    needs = {id: system.depends_on for id, system in plan.systems.items()}
    for circle in cycles(needs):
        what = "depends on itself" if len(circle) == 1 else f"depends on itself: {' -> '.join((*circle, circle[0]))}"
        yield document.problem(("systems", circle[0], "depends_on"), what, "remove one of these")


def _drafts_in_time(plan: RecoveryPlan, document: Document) -> Iterator[Problem]:
    for id, severity in plan.severities.items():
        updates = severity.updates
        if updates and updates.draft_before and updates.draft_before >= updates.every:
            loc = ("severities", id, "updates", "draft_before")
            yield document.problem(
                loc, "the draft would be shown before the last update", f"less than {format_duration(updates.every)}"
            )


def _conditions(plan: RecoveryPlan, document: Document) -> Iterator[Problem]:
    for id, rule in plan.alert_rules.items():
        loc = ("alert_rules", id, "when")
        metric, operator, value = rule.when.split(" ", 2)
        if metric not in plan.monitoring.metrics:
            yield document.problem(loc, f"there is no metric {metric}", mend(metric, plan.monitoring.metrics))
        if operator not in ("==", "!=") and not _is_measure(value):
            yield document.problem(loc, f"{value} is not a length or a number", "compare with 30m or 80, say")


def _is_measure(value: str) -> bool:
    if value.replace(".", "", 1).isdecimal():
        return True
    try:
        return parse_duration(value) >= timedelta()
    except Unfit:
        return False


def _whole_drills(plan: RecoveryPlan, document: Document) -> Iterator[Problem]:
    for id, drill in plan.drills.items():
        missing = [key for key in ("system", "runbook", "environment") if getattr(drill, key) is None]
        if drill.kind == "technical" and missing:
            fix = f"add {' and '.join(missing)}: a technical drill executes"
            yield document.problem(("drills", id), f"{' and '.join(missing)} missing", fix, key=True)


CHECKS: tuple[Check, ...] = (
    _one_meaning,
    _one_person,
    _reachable_quorum,
    _no_circles,
    _drafts_in_time,
    _conditions,
    _whole_drills,
)
