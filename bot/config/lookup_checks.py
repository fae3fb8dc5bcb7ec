"""Whether each look-up of a runbook can lead anywhere: its root, its input, the step whose result it reads."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bot.config.document import Document, Loc, mend
from bot.config.step_checks import calls_of, places
from bot.domain.lookups import INCIDENT_FIELDS, ROOTS, LookupFailed, paths
from bot.domain.model import JsonValue
from bot.domain.plan import System
from bot.domain.problems import Problem, shown
from bot.domain.runbook import Runbook, Step

SYSTEM_KEYS = ("id", *System.model_fields)


class Broken(NamedTuple):
    """What is wrong with one look-up."""

    what: str
    fix: str


def lookups(runbook: Runbook, document: Document) -> Iterator[Problem]:
    """Every look-up that can't lead anywhere, wherever the runbook is used."""
    first = places(document)
    known = set(first)
    for step in runbook.steps:
        ancestors = _ancestors(runbook, step)
        for _, _, loc in calls_of(step, first[step.id]):
            for place, value in leaves(document.at(loc), loc):
                for broken in _judge(value, runbook, step, ancestors, known):
                    yield document.problem(place, broken.what, broken.fix)


def leaves(value: JsonValue, loc: Loc) -> Iterator[tuple[Loc, JsonValue]]:
    """The parts of a value that hold no further parts, and where they stand."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*loc, key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from leaves(item, (*loc, place))
    else:
        yield loc, value


def _ancestors(runbook: Runbook, step: Step) -> frozenset[str]:
    try:
        return runbook.ancestors(step.id)
    except KeyError:
        # A need that isn't there has its own error; what lies behind it can't be known.
        return frozenset(other.id for other in runbook.steps) - {step.id}


def _judge(
    value: JsonValue, runbook: Runbook, step: Step, ancestors: frozenset[str], known: set[str]
) -> Iterator[Broken]:
    try:
        found = sorted(paths(value))
    except LookupFailed as failed:
        yield Broken(str(failed), "write look-ups like ${target.replica}")
        return
    for path in found:
        root, *rest = path.split(".")
        if root == "inputs":
            yield from _one_of(path, "input", rest, runbook.inputs, "declare it under inputs")
        elif root == "steps":
            yield from _result(path, rest, step, ancestors, known, runbook)
        elif root == "system":
            yield from _one_of(path, "key of a system", rest, SYSTEM_KEYS)
        elif root == "incident":
            yield from _one_of(path, "key of an incident", rest, INCIDENT_FIELDS)
        elif root not in ROOTS:
            yield Broken(f"${{{path}}} begins with {root}, which is nothing", mend(root, ROOTS))


def _one_of(path: str, what: str, rest: list[str], known: Iterable[str], otherwise: str = "") -> Iterator[Broken]:
    names = tuple(known)
    if not rest or rest[0] not in names:
        yield Broken(f"${{{path}}} names no {what}", mend(rest[0] if rest else "", names, otherwise))


def _result(
    path: str, rest: list[str], step: Step, ancestors: frozenset[str], known: set[str], runbook: Runbook
) -> Iterator[Broken]:
    name = rest[0] if rest else ""
    if name not in known:
        yield Broken(f"there is no step {shown(name)}", mend(name, known))
    elif len(rest) < 2 or rest[1] != "result":
        yield Broken(f"${{{path}}} is not the result of a step", f"write ${{steps.{name}.result.…}}")
    elif name not in ancestors:
        yield Broken(f"{step.id} does not wait for {name}, so its result may not be there", f"add {name} to its needs")
    elif any(other.id == name and other.kind == "manual" for other in runbook.steps):
        yield Broken(f"{name} is done by hand and has no result", "read the result of an action or check")
