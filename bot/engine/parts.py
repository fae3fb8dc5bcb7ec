"""How one part of the bot is: what health tells of each."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "degraded", "failed", "unknown", "headless"]


@dataclass(frozen=True)
class Part:
    """One part's state, and the reason where it is not ok."""

    state: State
    reason: str = ""


OK = Part("ok")
_ORDER: tuple[State, ...] = ("ok", "headless", "unknown", "degraded", "failed")


def worst(*parts: Part) -> Part:
    """The worst of several, with all reasons of that state."""
    state = max((part.state for part in parts), key=_ORDER.index)
    reasons = dict.fromkeys(part.reason for part in parts if part.state == state and part.reason)
    return Part(state, " ".join(reasons))
