"""The open pages: each change goes to every page that may see it, in order."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.playground.workspace.changes import Change
from bot.playground.workspace.core import Core
from bot.playground.workspace.dispatch import Dispatch
from bot.playground.workspace.frames import frames
from bot.playground.workspace.incoming import texts


@dataclass(eq=False)
class Page:
    user: str
    frames: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue)


class Hub:
    """Lives on the server's loop; is told of changes by any thread."""

    def __init__(self, core: Core, dispatch: Dispatch, loop: asyncio.AbstractEventLoop) -> None:
        self._core = core
        self._dispatch = dispatch
        self._loop = loop
        self._pages: set[Page] = set()
        core.state.listen(self._changed)

    def _changed(self, change: Change) -> None:
        for page in list(self._pages):
            for frame in frames(change, self._core, page.user, self._dispatch.connected):
                self._loop.call_soon_threadsafe(page.frames.put_nowait, json.dumps(frame))

    async def serve(self, socket: WebSocket, user: str) -> None:
        """One page, until it closes."""
        with self._hearing(user) as page:
            await socket.accept()
            sending = asyncio.create_task(send(socket, page))
            try:
                async for _ in texts(socket):
                    pass
            finally:
                sending.cancel()

    @contextmanager
    def _hearing(self, user: str) -> Iterator[Page]:
        """A page whose frames are kept from now on, so that whoever is connected has missed none."""
        page = Page(user)
        with self._core.changed:
            self._pages.add(page)
        try:
            yield page
        finally:
            with self._core.changed:
                self._pages.discard(page)


async def send(socket: WebSocket, page: Page) -> None:
    try:
        while True:
            await socket.send_text(await page.frames.get())
    except (WebSocketDisconnect, RuntimeError):
        return
