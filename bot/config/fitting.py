"""A document to its model: the value if it fits, and what can be judged all the same if it does not.

Cross checks should speak even while one key is wrong, so that a person sees everything at once. What does not fit is
taken out, piece by piece, until the rest does; that rest is only ever checked, never used.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from bot.config.document import Document, Loc, holds, inside
from bot.config.misfits import place, problems_of
from bot.domain.durations import UNITS_REQUIRED
from bot.domain.model import JsonValue
from bot.domain.problems import Problem

M = TypeVar("M", bound=BaseModel)
ROUNDS = 12


class Fitted(NamedTuple, Generic[M]):
    """`whole` is the value, None if anything is wrong; `rest` what could be kept of it, for further checks."""

    whole: M | None
    rest: M | None
    problems: list[Problem]


def fit(document: Document, model: type[M], stand_ins: Mapping[str, JsonValue]) -> Fitted[M]:
    """Read a document as a model. `stand_ins` take the place of missing required keys, for the further checks alone."""
    try:
        value = model.model_validate(document.value, context=UNITS_REQUIRED)
    except ValidationError as error:
        problems = [*document.problems, *problems_of(error, document, model)]
        return Fitted(None, _rest(document.value, model, stand_ins, error), problems)
    return Fitted(None if document.problems else value, value, list(document.problems))


def _rest(value: JsonValue, model: type[M], stand_ins: Mapping[str, JsonValue], error: ValidationError) -> M | None:
    if not isinstance(value, dict):
        return None
    kept = deepcopy(value)
    for _ in range(ROUNDS):
        for loc in _to_remove(kept, error):
            _remove(kept, loc)
        kept = {**stand_ins, **kept}
        try:
            return model.model_validate(kept, context=UNITS_REQUIRED)
        except ValidationError as again:
            error = again
    return None


def _to_remove(value: JsonValue, error: ValidationError) -> list[Loc]:
    """The parts that don't fit, the last first, so that places in lists stay true; of a missing key what lacks it."""
    found = set()
    for detail in error.errors(include_url=False, include_input=False):
        loc = place(detail["loc"], value, detail["type"])
        found.add(loc[:-1] if detail["type"] == "missing" else loc)
    return sorted(found, key=lambda loc: [(isinstance(step, int), str(step).zfill(9)) for step in loc], reverse=True)


def _remove(value: JsonValue, loc: Loc) -> None:
    if not loc:
        return
    holder = value
    for step in loc[:-1]:
        holder = inside(holder, step)
    if holds(holder, loc[-1]):
        holder.pop(loc[-1])  # type: ignore[union-attr, arg-type]
