"""The web server of `dr serve`: uvicorn in a thread, on a socket of our own."""

import errno
import socket
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

import uvicorn
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from bot.domain.errors import DRError
from bot.engine.desk import Desk
from bot.engine.parts import Part
from bot.engine.replica import Replica
from bot.web.health import PATIENCE_SECONDS, headless
from bot.web.pages import pages

GRACE_SECONDS = 0.5  # for answers that are under way when the server is told to end
BACKLOG = 256


class CannotListen(DRError):
    """DR_HTTP names an address that can't be listened at."""


class WebServer:
    """Answers while its block runs. Port 0 takes a free one; `url` says which."""

    def __init__(
        self,
        address: tuple[str, int],
        replica: Replica,
        desk: Desk,
        slack: Callable[[], Part] = headless,
        more: Sequence[BaseRoute] = (),
        *,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._address = address
        self._server = new_server(pages(replica, desk, slack, more, patience=patience))

    def __enter__(self) -> Self:
        """Listen; raises CannotListen."""
        self._listener = listen(self._address)
        run = self._server.run
        self._thread = threading.Thread(target=run, args=([self._listener],), name="web", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(GRACE_SECONDS)
        self._server.force_exit = True
        self._thread.join(GRACE_SECONDS)
        self._listener.close()

    @property
    def url(self) -> str:
        """Where it answers."""
        host, port = self._listener.getsockname()[:2]
        return f"http://{written((host, port))}"


def new_server(app: ASGIApp) -> uvicorn.Server:
    """A server that logs as the rest of the process does."""
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", ws="none", server_header=False, proxy_headers=False
    )
    return uvicorn.Server(config)


def listen(address: tuple[str, int]) -> socket.socket:
    """A listening socket; raises CannotListen."""
    try:
        return bound(address)
    except OSError as error:
        raise CannotListen(refusal(address, error)) from error


def bound(address: tuple[str, int]) -> socket.socket:
    """A listening socket; raises OSError."""
    family, kind, protocol, _, where = socket.getaddrinfo(
        *address, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE
    )[0]
    # asyncio sets TCP_NODELAY only where the protocol is named: without it each answer takes 40 ms more.
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def refusal(address: tuple[str, int], error: OSError) -> str:
    """Why an address can't be had, and what to do."""
    if error.errno == errno.EADDRINUSE:
        return f"DR_HTTP {written(address)} is in use; choose another."
    return f"DR_HTTP {written(address)} can't be listened at ({error.strerror}); choose another."


def written(address: tuple[str, int]) -> str:
    """Host and port as a URL has them."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
