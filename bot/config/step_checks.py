"""What is wrong with the steps of a runbook as a graph, and with what they name."""

from collections import Counter
from collections.abc import Iterator

from bot.config.cycles import cycles
from bot.config.document import Document, Loc, mend
from bot.config.known_actions import KnownActions
from bot.domain.problems import Problem, shown
from bot.domain.runbook import Runbook, Step


def places(document: Document) -> dict[str, Loc]:
    """Where each step stands, by id; judged from the file, so that a step with an error counts as there."""
    found: dict[str, Loc] = {}
    for loc, id in document.find("steps.*.id"):
        if isinstance(id, str):
            found.setdefault(id, loc[:-1])
    return found


def located(runbook: Runbook, document: Document) -> Iterator[tuple[Step, Loc]]:
    """Each step and where it stands, also where two have one id or one could not be read."""
    stands = iter([(id, loc[:-1]) for loc, id in document.find("steps.*.id")])
    for step in runbook.steps:
        yield step, next(loc for id, loc in stands if id == step.id)


def repeated_ids(document: Document) -> Iterator[Problem]:
    """Ids that two steps have."""
    first = places(document)
    for loc, id in document.find("steps.*.id"):
        if isinstance(id, str) and first[id] != loc[:-1]:
            line = document.mark((*first[id], "id")).line
            yield document.problem(loc, f"the step {shown(id)} stands in line {line} too", "give each step its own id")


def unknown_needs(document: Document) -> Iterator[Problem]:
    """Steps that wait for themselves or for what isn't there."""
    known = places(document)
    for loc, needed in document.find("steps.*.needs.*"):
        own = document.at((*loc[:2], "id"))
        if needed == own:
            yield document.problem(loc, "the step waits for itself", "remove it")
        elif isinstance(needed, str) and needed not in known:
            fix = mend(needed, known.keys() - {own}, "remove it")
            yield document.problem(loc, f"there is no step {shown(needed)}", fix)


def circles(runbook: Runbook, document: Document) -> Iterator[Problem]:
    """Steps that wait for each other; what two steps are called leads nowhere."""
    first = places(document)
    ids = Counter(step.id for step in runbook.steps)
    needs = {id: set(runbook.needs(id)) - {id} for id, count in ids.items() if count == 1}
    for circle in cycles(needs):
        what = f"steps wait for each other: {' -> '.join((*circle, circle[0]))}"
        yield document.problem((*first[circle[0]], "needs"), what, "take one of them out of needs")


def unknown_actions(document: Document, actions: KnownActions) -> Iterator[Problem]:
    """Actions and checks that don't exist, or stand under the wrong word."""
    for pattern, kind in (
        ("steps.*.action", "action"),
        ("steps.*.check", "check"),
        ("steps.*.checks.*.check", "check"),
    ):
        named = [name for name, action in actions.items() if action.kind == kind]
        for loc, name in document.find(pattern):
            if not isinstance(name, str) or document.is_broken(loc):
                continue
            if name not in actions:
                fix = mend(name, named, f"`dr actions` lists every {kind}")
                yield document.problem(loc, f"there is no {kind} {shown(name)}", fix)
            elif actions[name].kind != kind:
                other = actions[name].kind
                yield document.problem(loc, f"{name} is no {kind}", f"write {other}: {name}", key=True)


def softened_points(runbook: Runbook, document: Document, actions: KnownActions) -> Iterator[Problem]:
    """Steps that deny the point of no return of their action."""
    for step, place in located(runbook, document):
        action = actions.get(step.action or "")
        if action and action.point_of_no_return and step.point_of_no_return is False:
            loc = (*place, "point_of_no_return")
            yield document.problem(
                loc, f"{step.action} is a point of no return, whatever is said here", "remove the key"
            )


def calls_of(step: Step, place: Loc) -> Iterator[tuple[str, dict[str, object], Loc]]:
    """Each action or check that a step calls, with its parameters and where they stand."""
    if step.action is not None:
        yield step.action, dict(step.with_), (*place, "with")
    elif step.check is not None:
        yield step.check, dict(step.with_), (*place, "with")
    for index, call in enumerate(step.checks or ()):
        yield call.check, dict(call.with_), (*place, "checks", index, "with")
