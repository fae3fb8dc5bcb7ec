"""A file that was read: its value as plain JSON, and where in the file each part of it stands."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal, NamedTuple

from bot.domain.model import JsonValue
from bot.domain.problems import Problem

Loc = tuple[str | int, ...]
"""Where a part stands: the keys and the places in lists that lead to it."""


class Mark(NamedTuple):
    """A place in a file, counted from 1."""

    line: int
    column: int


START = Mark(1, 1)


@dataclass
class Document:
    """One YAML document. `broken` are the parts that could not be read, so that nothing more is said about them."""

    file: str
    value: JsonValue = None
    keys: dict[Loc, Mark] = field(default_factory=dict)
    values: dict[Loc, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    broken: set[Loc] = field(default_factory=set)

    def at(self, loc: Loc) -> JsonValue:
        """The part at `loc`, None if there is none."""
        part = self.value
        for step in loc:
            part = inside(part, step)
        return part

    def problem(
        self, loc: Loc, message: str, fix: str, *, level: Literal["error", "warning"] = "error", key: bool = False
    ) -> Problem:
        """A problem with the part at `loc`, or with its key; of a part that isn't there, where it should be."""
        mark = self.mark(loc, key=key)
        path = ".".join(str(step) for step in loc)
        return Problem(
            file=self.file, line=mark.line, column=mark.column, path=path, message=message, fix=fix, level=level
        )

    def mark(self, loc: Loc, *, key: bool = False) -> Mark:
        """Where the part at `loc` stands, or its key."""
        if key and loc in self.keys:
            return self.keys[loc]
        if loc in self.values:
            return self.values[loc]
        parent = loc[:-1]
        return self.keys.get(parent) or self.values.get(parent) or (self.mark(parent) if parent else START)

    def is_broken(self, loc: Loc) -> bool:
        """Whether the part at `loc`, or something that holds it, could not be read."""
        return any(loc[:length] in self.broken for length in range(len(loc) + 1))

    def find(self, pattern: str) -> Iterator[tuple[Loc, JsonValue]]:
        """The parts that a dotted pattern leads to; `*` stands for every entry, a list or a mapping alike."""
        found: list[tuple[Loc, JsonValue]] = [((), self.value)]
        for step in pattern.split("."):
            found = [entry for loc, part in found for entry in _entries(loc, part, step)]
        yield from found


def holds(part: JsonValue, step: str | int) -> bool:
    """Whether a key or a place in a list leads on from here."""
    if isinstance(part, dict):
        return isinstance(step, str) and step in part
    return isinstance(part, list) and isinstance(step, int) and step < len(part)


def inside(part: JsonValue, step: str | int) -> JsonValue:
    """The part that a key or a place leads to, None if there is none."""
    return part[step] if holds(part, step) else None  # type: ignore[index]


def _entries(loc: Loc, part: JsonValue, step: str) -> Iterator[tuple[Loc, JsonValue]]:
    if isinstance(part, dict):
        for key, item in part.items():
            if step in ("*", key):
                yield (*loc, key), item
    elif isinstance(part, list) and step == "*":
        for place, item in enumerate(part):
            yield (*loc, place), item


def mend(name: object, options: Iterable[str], otherwise: str = "") -> str:
    """How to mend a name that isn't one of the options: the nearest, else all of them, else what to do instead."""
    known = sorted(set(options))
    near = get_close_matches(str(name), known, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]}?"
    if not known:
        return otherwise or "there is none yet: add it first"
    more = f" or {len(known) - 8} more" if len(known) > 8 else ""
    return f"use one of {', '.join(known[:8])}{more}"
