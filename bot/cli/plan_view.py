"""A step's plan as an approver reads it: whole, nothing cut and nothing behind a link."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.cli.output import joined, text, value_text
from bot.cli.session import StepPlace
from bot.domain.changes import Change, Plan
from bot.domain.incident import StepRun
from bot.domain.words import Words, number, spaced

INDENT = (0, 0, 0, 3)


def plan_card(place: StepPlace, words: Words) -> RenderableType:
    """The step and its plan: where, what changes, what it costs, what can't be undone, who is missing."""
    step, plan = place.step, place.step.plan
    blocks: list[RenderableType] = [heading(place)]
    if plan is not None:
        blocks += [Padding(block, INDENT) for block in (*changes(plan), facts(place, words))]
    return Group(*blocks, Padding(approvals(step, words), INDENT))


def heading(place: StepPlace) -> RenderableType:
    """The step's number and title, and the beginning of its plan's digest at the right."""
    step = place.step
    position = list(place.run.steps).index(step.id) + 1
    line = Table.grid(expand=True, padding=(0, 2))
    line.add_column(ratio=1)
    line.add_column(justify="right", no_wrap=True)
    title = f"Undo: {step.definition.title}" if step.undo else step.definition.title
    digest = f"plan {spaced(step.digest)}" if step.digest else ""
    line.add_row(Text.assemble((f"{position}  ", "dim"), text(title, "bold")), text(digest, "cyan"))
    return line


def changes(plan: Plan) -> Iterator[RenderableType]:
    """Each resource with its place, and below it what becomes of it."""
    place = joined([text(plan.region), text(f"account {plan.account}" if plan.account else "")], "   ")
    if plan.is_empty:
        yield joined([text(plan.target, "bold"), place], "   ")
        yield text(f"  nothing to do: {plan.nothing_to_do}")
    for resource, found in groupby(plan.changes, key=lambda change: change.resource):
        yield joined([text(resource, "bold"), place], "   ")
        yield from map(change_line, found)


def change_line(change: Change) -> Text:
    """`weight: 0 → 100`."""
    what = f"{change.what}: " if change.what else ""
    return Text.assemble("  ", text(what), text(change.before), "  →  ", text(change.after, "bold"))


def facts(place: StepPlace, words: Words) -> RenderableType:
    """Everything else that an approver accepts, one fact a line."""
    table = Table.grid(padding=(0, 3, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    plan = place.step.plan
    assert plan is not None
    rows = (*_costs(place, words), *_ways(plan), *_what(plan))
    for label, value in rows:
        table.add_row(label, value)
    return table


def _what(plan: Plan) -> Iterator[tuple[str, Text]]:
    if plan.summary:
        yield "action", text(f"{plan.action}: {plan.summary}")
    yield from _labelled("touches", plan.targets)
    yield from _labelled("parameter", (f"{name} = {value_text(value)}" for name, value in plan.parameters.items()))
    yield from _labelled("secret", (f"{secret.name}, version {secret.version}" for secret in plan.secrets))


def _costs(place: StepPlace, words: Words) -> Iterator[tuple[str, Text]]:
    step = place.step
    plan = step.plan
    assert plan is not None
    for measurement in plan.measurements:
        yield (
            measurement.name.replace("_", " "),
            text(measurement.text, "" if measurement.value is not None else "yellow"),
        )
    yield from _labelled("you accept", map(plan.bound_text, plan.bounds))
    for precondition in plan.preconditions:
        holds = {True: "holds", False: "does not hold", None: "is not known"}[precondition.holds]
        yield "condition", text(f"{precondition.text} ({holds})", "" if precondition.holds else "yellow")
    for risk in plan.risks:
        taken = step.taken(risk)
        said = f"accepted by {words.names(taken.people)}: {taken.reason}" if taken else "not accepted"
        yield "risk", text(f"{risk.text} ({said})", "yellow")
    yield from _labelled("warning", plan.warnings, "yellow")


def _ways(plan: Plan) -> Iterator[tuple[str, Text]]:
    if plan.point_of_no_return:
        yield "", Text.assemble(("cannot be undone", "bold red"), text(f". {plan.way_back}" if plan.way_back else ""))
    elif plan.way_back:
        yield "way back", text(plan.way_back)


def _labelled(label: str, values: Iterable[str], style: str = "") -> Iterator[tuple[str, Text]]:
    for value in values:
        yield label, text(value, style)
        label = ""


def approvals(step: StepRun, words: Words) -> Text:
    """Who has approved, who is missing, and until when; of what has begun, who let it."""
    return text("\n".join(approval_lines(step, words)))


def approval_lines(step: StepRun, words: Words) -> Iterator[str]:
    if not step.awaits_approval:
        last = step.attempts[-1] if step.attempts else None
        if last is None or last.number != step.attempt:
            return
        if last.approved_by:
            yield f"approved by {words.names(last.approved_by)}"
        if last.broken_glass_by:
            yield f"glass broken by {words.name(last.broken_glass_by)}: {step.glass_reason}"
        return
    if step.rule is None:
        return
    needed = "1 approval" if step.rule.required == 1 else f"{step.rule.required} approvals"
    yield f"needs {needed} of {step.rule.approvers}"
    if step.approved_by:
        yield f"approved by {words.names(step.approved_by)}"
    if step.glass_broken_by:
        yield f"glass broken by {words.name(step.glass_broken_by)}: {step.glass_reason}"
    if step.missing:
        left = [person for person in step.waits_for if person not in step.approved_by]
        until = f"; expires {words.clock(step.expires_at)}" if step.expires_at else ""
        yield f"{number(step.missing)} more of {words.names(left)}{until}"
