"""The workspace's server: uvicorn in a thread of its own, on 127.0.0.1."""

import asyncio
import socket
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

import uvicorn

from bot.playground.workspace.core import Core
from bot.playground.workspace.transports import Transports, remembering
from bot.playground.workspace.web import Web

T = TypeVar("T")
PING_EVERY = 10.0
BACKLOG = 256


def bound(port: int) -> socket.socket:
    """A socket of loopback that holds the port, and refuses connections until it listens; port 0 is any free one.

    Raises OSError.
    """
    # The protocol is named because asyncio sets TCP_NODELAY only where it is: without it each answer takes 40 ms more.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener


class Server:
    """Runs until closed."""

    def __init__(self, core: Core, port: int = 0) -> None:
        self._core = core
        self._transports = Transports()
        self._listener = bound(port)
        self._listener.listen(BACKLOG)
        self.port = int(self._listener.getsockname()[1])
        core.url = f"http://127.0.0.1:{self.port}"
        self._ready = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),), name="workspace", daemon=True)
        self._thread.start()
        self._ready.wait()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.web = Web(self._core, self._loop, self._transports)
        self._config = uvicorn.Config(
            self.web.app,
            http=remembering(self._transports),
            ws="websockets-sansio",
            ws_ping_interval=PING_EVERY,
            ws_ping_timeout=PING_EVERY,
            log_level="warning",
            access_log=False,
            lifespan="off",
        )
        self._uvicorn = uvicorn.Server(self._config)
        self._loop.call_soon(self._ready.set)
        await self._uvicorn.serve([self._listener])
        await self.web.http.close()

    def addresses(self) -> list[tuple[str, int]]:
        """Where it listens."""
        return [it.getsockname()[:2] for server in self._uvicorn.servers for it in server.sockets]

    def call(self, what: Coroutine[Any, Any, T], timeout: float = 60) -> T:
        """Run it on the server's loop, and wait."""
        return self.start(what).result(timeout)

    def start(self, what: Coroutine[Any, Any, T]) -> "Future[T]":
        return asyncio.run_coroutine_threadsafe(what, self._loop)

    def stop_listening(self) -> None:
        """From now on connections are refused, and the open ones are reset; the port stays ours."""
        self.call(self._stop_listening())

    async def _stop_listening(self) -> None:
        for server in self._uvicorn.servers:
            server.close()
        self._uvicorn.servers.clear()
        self._listener.close()
        self._listener = bound(self.port)
        self._transports.reset_all()

    def listen_again(self) -> None:
        """On the same port."""
        self.call(self._listen_again())

    async def _listen_again(self) -> None:
        server = await self._loop.create_server(self._protocol, sock=self._listener, backlog=BACKLOG)
        self._uvicorn.servers.append(server)

    def _protocol(self) -> asyncio.Protocol:
        http = remembering(self._transports)
        return http(config=self._config, server_state=self._uvicorn.server_state, app_state={}, _loop=self._loop)

    def close(self) -> None:
        self._uvicorn.should_exit = True
        self._uvicorn.force_exit = True
        self._thread.join(timeout=5)
        self._listener.close()
