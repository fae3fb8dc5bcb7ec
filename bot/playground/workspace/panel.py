"""The demo's panel: what it shows, and what its buttons do. Filled by whoever runs the demo."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from bot.playground.workspace.changes import PanelChanged
from bot.playground.workspace.shapes import Json
from bot.playground.workspace.state import State


@dataclass(frozen=True)
class PanelAction:
    """A button, or, with a `url`, a link that opens beside the page."""

    id: str
    label: str
    style: str = ""
    confirm: str = ""
    disabled: bool = False
    url: str = ""


@dataclass(frozen=True)
class PanelItem:
    """`text` may hold several lines."""

    id: str
    title: str
    text: str = ""
    state: Literal["ok", "done", "failing", "changing", "quiet"] = "quiet"
    actions: tuple[PanelAction, ...] = ()


Press = Callable[[str, str], str]
"""Takes the ids of item and action; returns why it could not be done, or nothing."""


class Panel:
    """None where there is no panel."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._items: Sequence[PanelItem] | None = None
        self.on_press: Press | None = None

    def show(self, items: Sequence[PanelItem] | None) -> None:
        """Replace everything; the same again tells nobody."""
        if items != self._items:
            self._items = items
            self._state.tell(PanelChanged())

    async def press(self, item: str, action: str) -> str:
        """Why it could not be done, or nothing. It may take long, so it runs in a thread."""
        return "" if self.on_press is None else await asyncio.to_thread(self.on_press, item, action)

    def shape(self) -> list[Json] | None:
        return None if self._items is None else [asdict(it) for it in self._items]

    def offers(self, item: str, action: str) -> bool:
        actions = [(it.id, act) for it in self._items or () for act in it.actions]
        return any(it == item and act.id == action and not act.disabled for it, act in actions)
