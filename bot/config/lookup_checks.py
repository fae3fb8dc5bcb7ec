"""Whether each look-up of a runbook can lead anywhere: its root, its input, the step whose result it reads."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from bot.config.document import Document, Loc, mend
from bot.config.step_checks import calls_of, located, places
from bot.domain.lookups import INCIDENT_FIELDS, ROOTS, LookupFailed, paths
from bot.domain.model import JsonValue
from bot.domain.plan import System
from bot.domain.problems import Problem, shown
from bot.domain.runbook import Runbook, Step

KEYS: dict[str, tuple[str, ...]] = {"system": ("id", *System.model_fields), "incident": INCIDENT_FIELDS}


class Broken(NamedTuple):
    """What is wrong with one look-up."""

    what: str
    fix: str


@dataclass(frozen=True)
class Reader:
    """The step that a look-up stands in, and what it may read."""

    step: str
    ancestors: frozenset[str]
    steps: Collection[str]
    by_hand: Collection[str]
    inputs: Collection[str]


def lookups(runbook: Runbook, document: Document) -> Iterator[Problem]:
    """Every look-up that can't lead anywhere, wherever the runbook is used."""
    for step, stands in located(runbook, document):
        reader = _reader(step, runbook, document)
        for _, _, loc in calls_of(step, stands):
            for place, value in leaves(document.at(loc), loc):
                for broken in _judge(value, reader):
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


def _reader(step: Step, runbook: Runbook, document: Document) -> Reader:
    """Names are taken from the file, so that a part with an error counts as there."""
    by_hand = {other.id for other in runbook.steps if other.kind == "manual"}
    inputs = {str(loc[-1]) for loc, _ in document.find("inputs.*")}
    return Reader(step.id, _ancestors(runbook, step), set(places(document)), by_hand, inputs)


def _ancestors(runbook: Runbook, step: Step) -> frozenset[str]:
    try:
        return runbook.ancestors(step.id)
    except KeyError:
        # A need that isn't there has its own error; what lies behind it can't be known.
        return frozenset(other.id for other in runbook.steps) - {step.id}


def _judge(value: JsonValue, reader: Reader) -> Iterator[Broken]:
    try:
        found = sorted(paths(value))
    except LookupFailed as failed:
        yield Broken(str(failed), "write look-ups like ${target.replica}")
        return
    for path in found:
        yield from _judge_path(path, reader)


def _judge_path(path: str, reader: Reader) -> Iterator[Broken]:
    root, *rest = path.split(".")
    if root == "steps":
        yield from _result(path, rest, reader)
    elif root == "inputs" and rest[:1] not in [[name] for name in reader.inputs]:
        yield Broken(f"${{{path}}} names no input", mend(".".join(rest), reader.inputs, "declare it under inputs"))
    elif root in KEYS and rest[:1] not in [[name] for name in KEYS[root]]:
        yield Broken(f"${{{path}}} names no key of the {root}", mend(".".join(rest[:1]), KEYS[root]))
    elif root not in ROOTS:
        yield Broken(f"${{{path}}} begins with {root}, which is nothing", mend(root, ROOTS))


def _result(path: str, rest: list[str], reader: Reader) -> Iterator[Broken]:
    name = rest[0] if rest else ""
    if name not in reader.steps:
        yield Broken(f"there is no step {shown(name)}", mend(name, reader.steps))
    elif rest[1:2] != ["result"]:
        yield Broken(f"${{{path}}} is not the result of a step", f"write ${{steps.{name}.result.…}}")
    elif name not in reader.ancestors:
        what = f"{reader.step} does not wait for {name}, so its result may not be there"
        yield Broken(what, f"add {name} to its needs")
    elif name in reader.by_hand:
        yield Broken(f"{name} is done by hand and has no result", "read the result of an action or check")
