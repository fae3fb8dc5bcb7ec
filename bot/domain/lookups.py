"""Plain dotted look-ups, `${a.b.c}`: no expressions, no templates, and what was put in is never read again."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.domain.durations import seconds_of

LOOKUP = re.compile(r"\$\{([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)\}")
ROOTS = ("incident", "system", "target", "inputs", "steps")
"""What a look-up in a runbook can start with."""
INCIDENT_FIELDS = ("id", "number", "title", "severity", "drill", "since")
"""What `${incident.…}` holds."""


class LookupFailed(Exception):
    """A look-up leads to nothing; `path` is its dotted path, or the text that isn't a look-up."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"${{{path}}} {why}")
        self.path = path
        self.why = why


def resolve(value: Any, scope: Mapping[str, Any]) -> Any:
    """`value` (any JSON) with its look-ups replaced from `scope`; raises `LookupFailed`.

    A whole look-up keeps its type, an embedded one becomes text.
    """
    if isinstance(value, str):
        return _resolve_text(value, scope)
    if isinstance(value, Mapping):
        return {_plain(key): resolve(item, scope) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(item, scope) for item in value]
    return value


def paths(value: Any) -> set[str]:
    """The dotted paths of all look-ups in `value` (any JSON). Raises `LookupFailed` for a malformed one."""
    if isinstance(value, str):
        return {match[1] for match in LOOKUP.finditer(_well_formed(value))}
    if isinstance(value, Mapping):
        return {path for key, item in value.items() for path in paths(_plain(key)) | paths(item)}
    if isinstance(value, list | tuple):
        return {path for item in value for path in paths(item)}
    return set()


def whole(value: Any) -> str | None:
    """The path, if `value` is one whole look-up."""
    match = LOOKUP.fullmatch(value) if isinstance(value, str) else None
    return match[1] if match else None


def _resolve_text(text: str, scope: Mapping[str, Any]) -> Any:
    path = whole(text)
    if path is not None:
        return _find(path, scope)
    return LOOKUP.sub(lambda match: _as_text(match[1], _find(match[1], scope)), _well_formed(text))


def _find(path: str, scope: Mapping[str, Any]) -> Any:
    found: Any = scope
    for name in path.split("."):
        if not isinstance(found, Mapping) or found.get(name) is None:
            raise LookupFailed(path, f"leads to nothing: there is no {name}")
        found = found[name]
    return found


def _as_text(path: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, timedelta):
        return str(seconds_of(value))
    if isinstance(value, str | int | float):
        return str(value)
    raise LookupFailed(path, "is not a text or a number, so it can't stand inside a text")


def _well_formed(text: str) -> str:
    if "${" in LOOKUP.sub("", text):
        raise LookupFailed(text[text.index("${") + 2 :][:40], "is not a look-up: write it like ${system.id}")
    return text


def _plain(key: Any) -> str:
    if "${" in str(key):
        raise LookupFailed(str(key)[:40], "stands in a key: look-ups are for values")
    return str(key)
