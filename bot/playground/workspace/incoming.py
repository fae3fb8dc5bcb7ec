"""What arrives from outside, as far as it can be kept: JSON, and the text frames of a socket."""

import json
import math
import re
from collections.abc import AsyncIterator
from typing import Any

from starlette.websockets import WebSocket

DEEPEST = 100
HALVES = re.compile("[\ud800-\udfff]")


def read_json(text: str | bytes) -> Any:
    """What it says. ValueError: it isn't JSON, or nobody could write it down again."""
    try:
        return kept(json.loads(text))
    except RecursionError as error:
        raise ValueError("it has no end") from error


def kept(part: Any, depth: int = 0) -> Any:
    """A copy in which each half of a character is replaced, as UTF-8 has none.

    ValueError: numbers that JSON hasn't, or more than 100 levels, at which later readers would fail.
    """
    if depth > DEEPEST:
        raise ValueError(f"it has more than {DEEPEST} levels")
    match part:
        case str():
            return HALVES.sub("\ufffd", part)
        case dict():
            return {kept(name): kept(value, depth + 1) for name, value in part.items()}
        case list():
            return [kept(it, depth + 1) for it in part]
        case float() if not math.isfinite(part):
            raise ValueError("it has a number without end")
    return part


async def texts(socket: WebSocket) -> AsyncIterator[str]:
    """The text frames until it closes; binary ones are ignored."""
    while (message := await socket.receive())["type"] != "websocket.disconnect":
        if (text := message.get("text")) is not None:
            yield text
