"""A step's plan as approvers read it: whole, to the character, nothing cut and nothing behind a link."""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby

from bot.comms.words import spell
from bot.domain.changes import Change, Plan, Risk
from bot.domain.incident import StepRun
from bot.domain.model import JsonValue
from bot.slack.rich import Line, Part, Piece, exact, items, joined, line, paragraph, strong
from bot.slack.surfaces.scene import Scene

EMPTY = "empty"
FEW = 3  # resources that have a heading of their own
HOLDS = {True: "holds", False: "does not hold", None: "is not known"}


def plan_chunks(scene: Scene, step: StepRun, plan: Plan) -> tuple[tuple[Part, ...], ...]:
    """Everything that is approved: what changes, what exactly is touched and with what; last, and so right above the
    buttons, what it costs and the way back."""
    parts = (
        *change_chunks(plan),
        paragraph(*_what(plan)),
        paragraph(*_costs(scene, step, plan)),
        paragraph(*_way(plan)),
    )
    return tuple(filter(None, parts))


def change_chunks(plan: Plan) -> Iterator[tuple[Part, ...]]:
    """Each resource, and below it what becomes of it; many with one change each as one list."""
    where = ", ".join(filter(None, (plan.region, f"account {plan.account}" if plan.account else "")))
    place = f" ({where})" if where else ""
    if plan.is_empty:
        yield paragraph(line(strong(plan.target), place), line(f"Nothing to do: {plan.nothing_to_do}"))
    groups = [(resource, tuple(found)) for resource, found in groupby(plan.changes, key=lambda change: change.resource)]
    if len(groups) > FEW and len(groups) == len(plan.changes):
        rows = (line(strong(change.resource), " ", *change_line(change)) for change in plan.changes)
        yield (*paragraph(line(strong(f"{len(groups)} changes"), place)), *items(rows))
        return
    for resource, found in groups:
        yield (*paragraph(line(strong(resource), place)), *items(map(change_line, found)))
        place = ""


def change_line(change: Change) -> Line:
    """`weight: 0 → **100**`."""
    what = f"{change.what}: " if change.what else ""
    return line(what, change.before or EMPTY, " → ", strong(change.after or EMPTY))


def _costs(scene: Scene, step: StepRun, plan: Plan) -> Iterator[Line]:
    for measurement in plan.measurements:
        yield _labelled(_said(measurement.name), measurement.text)
    for name in plan.bounds:
        yield _labelled("You accept", plan.bound_text(name, spell))
    for precondition in plan.preconditions:
        yield _labelled(f"Condition {HOLDS[precondition.holds]}:", precondition.text)
    for risk in plan.risks:
        yield _risk(scene, step, risk)
    for risk in step.accepted_risks:
        if risk not in plan.risks:
            yield _risk(scene, step, risk)
    for warning in plan.warnings:
        yield _labelled("Warning", warning)


def _risk(scene: Scene, step: StepRun, risk: Risk) -> Line:
    taken = step.taken(risk)
    if taken is None:
        return line(strong("Risk"), " ", risk.text, " · ", strong("not accepted"))
    by = f" · accepted by {scene.names(taken.people)}: “{taken.reason}”"
    return line(strong("Risk"), " ", risk.text, by)


def _way(plan: Plan) -> Iterator[Line]:
    if plan.point_of_no_return:
        yield line(strong("Cannot be undone."), f" {plan.way_back}" if plan.way_back else "")
    elif plan.way_back:
        yield _labelled("Way back", plan.way_back)


def _what(plan: Plan) -> Iterator[Line]:
    yield line(strong("Action"), " ", exact(plan.action), f" {plan.summary}" if plan.summary else "")
    if plan.targets:
        yield line(strong("Touches"), " ", *joined(", ", (line(exact(target)) for target in plan.targets)))
    for name, value in plan.parameters.items():
        yield line(strong("Parameter"), f" {name}: ", *joined(", ", _values(value)))
    for secret in plan.secrets:
        yield line(strong("Secret"), " ", exact(secret.name), " version ", exact(secret.version))


def _values(value: JsonValue, path: str = "") -> Iterable[Line]:
    """A value as text; one with parts as each of them, by its path."""
    if isinstance(value, dict) and value:
        return [row for key, inner in value.items() for row in _values(inner, f"{path}.{key}" if path else key)]
    if isinstance(value, list) and value:
        return [row for at, inner in enumerate(value, start=1) for row in _values(inner, f"{path}[{at}]")]
    spelled = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    shown: Piece | str = exact(spelled) if spelled else EMPTY
    return [line(f"{path} " if path else "", shown)]


def _labelled(label: str, text: str) -> Line:
    return line(strong(label), " ", text)


def _said(name: str) -> str:
    """`data_loss` as `Data loss`."""
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]
