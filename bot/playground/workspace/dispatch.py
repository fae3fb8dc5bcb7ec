"""Delivers to the app, over its sockets or to its request URL. Events are tried four times, everything else once."""

import asyncio
from collections.abc import Sequence

from bot.playground.workspace.changes import Change
from bot.playground.workspace.core import Core
from bot.playground.workspace.delivery import Answer, Kind, Retry, Transport
from bot.playground.workspace.events import events, wrapped
from bot.playground.workspace.http_mode import HttpMode
from bot.playground.workspace.shapes import Json
from bot.playground.workspace.sockets import Sockets

RETRY_WAITS = (0.0, 60.0, 300.0)
REASONS = {"operation_timeout": "http_timeout", "dispatch_failed": "connection_failed"}


class Dispatch:
    """`retry_waits`: seconds before each further try of an event."""

    def __init__(self, core: Core, sockets: Sockets, http: HttpMode, loop: asyncio.AbstractEventLoop) -> None:
        self._core = core
        self._sockets = sockets
        self._http = http
        self._loop = loop
        self._tasks: set[asyncio.Task[None]] = set()
        self.retry_waits: Sequence[float] = RETRY_WAITS
        core.state.listen(self._changed)

    @property
    def connected(self) -> int:
        return 1 if self._http.request_url else self._sockets.counted

    async def ask(self, kind: Kind, payload: Json) -> Answer:
        return await self._transport().deliver(kind, payload, None)

    def _transport(self) -> Transport:
        return self._http if self._http.request_url else self._sockets

    def _changed(self, change: Change) -> None:
        """From any thread; events keep their order."""
        for event in events(change, self._core):
            self._loop.call_soon_threadsafe(self._start, wrapped(event, self._core))

    def _start(self, payload: Json) -> None:
        task = self._loop.create_task(self._tell(payload))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell(self, payload: Json) -> None:
        answer = await self._try(payload, None)
        for number, wait in enumerate(self.retry_waits, start=1):
            if answer.ok or not answer.again:
                return
            await asyncio.sleep(wait)
            answer = await self._try(payload, Retry(number, REASONS.get(answer.error, "unknown_error")))

    async def _try(self, payload: Json, retry: Retry | None) -> Answer:
        return await self._transport().deliver("events_api", payload, retry)
