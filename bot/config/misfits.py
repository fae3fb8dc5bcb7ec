"""From pydantic's errors to problems: each says in one line what is wrong and how to mend it, at its place in the file."""

from collections.abc import Iterable
from typing import NamedTuple

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.config.document import Document, Loc, holds, inside, mend
from bot.config.shapes import Shape, shape_of
from bot.config.wording import NAME_FORM, Case, words_for
from bot.domain.model import JsonValue
from bot.domain.problems import Problem

WRONG_KIND = frozenset(
    {
        "string_type",
        "model_type",
        "model_attributes_type",
        "dict_type",
        "tuple_type",
        "list_type",
        "int_type",
        "float_type",
    }
)


class Misfit(NamedTuple):
    """One thing in a value that its model refuses; `loc` leads through the value as people wrote it."""

    loc: Loc
    message: str
    fix: str
    at_key: bool = False


def problems_of(error: ValidationError, document: Document, model: type[BaseModel]) -> list[Problem]:
    """Everything that a model refuses in a document, without what could not be read anyway."""
    found = misfits(error, document.value, model)
    return [
        document.problem(misfit.loc, misfit.message, misfit.fix, key=misfit.at_key)
        for misfit in found
        if not document.is_broken(misfit.loc)
    ]


def misfits(error: ValidationError, value: JsonValue, model: type[BaseModel]) -> list[Misfit]:
    """Everything that a model refuses in a value; of a union's alternatives only what helps."""
    details = [(place(detail["loc"], value, detail["type"]), detail) for detail in error.errors(include_url=False)]
    kept: dict[Loc, Misfit] = {}
    for loc, detail in details:
        if not _is_beside_the_point(loc, detail, details):
            kept.setdefault(loc, _misfit(loc, detail, shape_of(model)))
    return list(kept.values())


def place(loc: Iterable[str | int], value: JsonValue, kind: str) -> Loc:
    """pydantic's place without what isn't in the value: the names of alternatives, the mark of a key."""
    steps = list(loc)
    found: list[str | int] = []
    for index, step in enumerate(steps):
        is_last = index == len(steps) - 1
        if holds(value, step):
            value = inside(value, step)
            found.append(step)
        elif is_last and kind == "missing":
            found.append(step)
    return tuple(found)


def _is_beside_the_point(loc: Loc, detail: ErrorDetails, details: list[tuple[Loc, ErrorDetails]]) -> bool:
    """Whether another alternative of a union fits better: one that complains only of something inside."""
    if detail["type"] not in WRONG_KIND:
        return False
    return any(other is not detail and len(place) > len(loc) and place[: len(loc)] == loc for place, other in details)


def _misfit(loc: Loc, detail: ErrorDetails, shape: Shape) -> Misfit:
    if detail["loc"] and detail["loc"][-1] == "[key]":
        return Misfit(loc, "the name has a form that can't be typed safely", NAME_FORM, at_key=True)
    if detail["type"] == "extra_forbidden":
        return Misfit(loc, "unknown key", mend(loc[-1], shape.keys(loc[:-1]), "remove it"), at_key=True)
    keys = shape.required(loc) or shape.keys(loc)
    case = Case(loc, detail["input"], detail.get("ctx", {}), shape.example(loc), keys)
    message, fix = words_for(detail["type"], case) or (detail["msg"].lower(), "see `dr schema` for what fits")
    return Misfit(loc, message, fix)
