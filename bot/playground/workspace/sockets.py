"""Socket Mode: up to ten connections of the app, each envelope to one of them, each acknowledged by its id."""

import asyncio
import json
import uuid
from contextlib import suppress
from dataclasses import dataclass

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.playground.workspace.changes import BotChanged
from bot.playground.workspace.core import Core
from bot.playground.workspace.delivery import UNREACHABLE, Answer, Kind, Retry, patient
from bot.playground.workspace.incoming import read_json, texts
from bot.playground.workspace.shapes import Json
from bot.playground.workspace.transports import Transports

MOST = 10
LASTS = 18_060
DEBUG_LASTS = 360.0
WARNING = 10.0
GRACE = 1.0
HOST = "applink-playground"


@dataclass(eq=False)
class Connection:
    """A ghost is counted and pinged like every other one, and gets nothing."""

    socket: WebSocket
    ghost: bool = False

    async def send(self, message: Json) -> None:
        await self.socket.send_text(json.dumps(message))

    async def close_soon(self) -> None:
        """The app closes first, as it does with Slack; after a second it is closed."""
        await asyncio.sleep(GRACE)
        with suppress(RuntimeError, WebSocketDisconnect):
            await self.socket.close()


@dataclass
class Waiting:
    connection: Connection | None
    answer: "asyncio.Future[Answer]"


class Sockets:
    """Lives on the server's loop."""

    def __init__(self, core: Core, transports: Transports) -> None:
        self._core = core
        self._transports = transports
        self._waiting: dict[str, Waiting] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._turn = 0
        self.connections: list[Connection] = []

    @property
    def counted(self) -> int:
        """What hello says: ghosts and phantoms are in it."""
        return len(self.connections) + self._core.faults.phantoms

    async def serve(self, socket: WebSocket) -> None:
        """A connection's whole life."""
        if not self._core.tickets.use(socket.query_params.get("ticket", "")):
            await socket.close(4001)
            return
        await socket.accept()
        connection = Connection(socket, ghost=self._core.faults.ghosts)
        if self.counted >= MOST:
            await connection.send(disconnect("too_many_websockets"))
            await connection.close_soon()
            return
        self.connections.append(connection)
        ending = self._refreshing(connection) if socket.query_params.get("debug_reconnects") == "true" else None
        try:
            await self._talk(connection)
        finally:
            if ending is not None:
                ending.cancel()
            self._gone(connection)

    async def _talk(self, connection: Connection) -> None:
        self._tell()
        try:
            await connection.send(self._hello())
            async for text in texts(connection.socket):
                self._acknowledged(text)
        except WebSocketDisconnect:
            return

    def _hello(self) -> Json:
        debug = {"host": HOST, "build_number": 1, "approximate_connection_time": LASTS}
        info = {"app_id": self._core.app.id}
        return {"type": "hello", "num_connections": self.counted, "debug_info": debug, "connection_info": info}

    def _acknowledged(self, text: str) -> None:
        """Whatever isn't an acknowledgement of something that is waited for is ignored."""
        try:
            message = read_json(text)
        except ValueError:
            return
        envelope = message.get("envelope_id") if isinstance(message, dict) else None
        waiting = self._waiting.get(str(envelope))
        if waiting is not None and not waiting.answer.done():
            body = message.get("payload")
            waiting.answer.set_result(Answer(body=body if isinstance(body, dict) and body else None))

    async def deliver(self, kind: Kind, payload: Json, retry: Retry | None) -> Answer:
        """Send to one connection; where a ghost's or a phantom's turn is, it is lost."""
        if not self.counted:
            return UNREACHABLE
        connection = self._next()
        envelope_id = str(uuid.uuid4())
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = Waiting(connection, answer)
        try:
            if connection is not None and not connection.ghost:
                await self._send(connection, envelope(envelope_id, kind, payload, retry))
            return await patient(answer, self._core.patience)
        finally:
            del self._waiting[envelope_id]

    async def _send(self, connection: Connection, message: Json) -> None:
        try:
            await connection.send(message)
        except (WebSocketDisconnect, RuntimeError):
            self._gone(connection)

    def _next(self) -> Connection | None:
        """Each in turn; None for a phantom."""
        self._turn = (self._turn + 1) % self.counted
        return self.connections[self._turn] if self._turn < len(self.connections) else None

    def _gone(self, connection: Connection) -> None:
        if connection not in self.connections:
            return
        self.connections.remove(connection)
        for waiting in self._waiting.values():
            if waiting.connection is connection and not waiting.answer.done():
                waiting.answer.set_result(UNREACHABLE)
        self._tell()

    def _tell(self) -> None:
        with self._core.changed:
            self._core.state.tell(BotChanged())

    def _refreshing(self, connection: Connection) -> "asyncio.Task[None]":
        async def refresh() -> None:
            await asyncio.sleep(DEBUG_LASTS - WARNING)
            await connection.send(disconnect("warning"))
            await asyncio.sleep(WARNING)
            await self.end(connection, "refresh_requested")

        return asyncio.create_task(refresh())

    async def end(self, connection: Connection, reason: str) -> None:
        """Say why and close; the reason `warning` alone closes nothing."""
        await self._send(connection, disconnect(reason))
        if reason != "warning":
            self._gone(connection)
            closing = asyncio.create_task(connection.close_soon())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def end_all(self, reason: str) -> None:
        for connection in list(self.connections):
            await self.end(connection, reason)

    def drop_all(self) -> None:
        """Reset the TCP connections, as a broken network does."""
        for connection in list(self.connections):
            self._transports.reset(connection.socket.scope)
            self._gone(connection)

    def haunt(self, count: int | None = None) -> int:
        """Turn the oldest connections, or all, into ghosts; how many."""
        haunted = self.connections[:count]
        for connection in haunted:
            connection.ghost = True
        return len(haunted)


def disconnect(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": HOST}}


def envelope(envelope_id: str, kind: Kind, payload: Json, retry: Retry | None) -> Json:
    message: Json = {"envelope_id": envelope_id, "type": kind, "payload": payload}
    message["accepts_response_payload"] = kind != "events_api"
    if kind == "events_api":
        message["retry_attempt"] = retry.number if retry else 0
        message["retry_reason"] = retry.reason if retry else ""
    return message
