"""Uvicorn on a listener of our own, in this thread or in another."""

import socket
import threading

import uvicorn
from starlette.types import ASGIApp

LAST_ANSWERS_WITHIN = 2  # seconds for what is under way when it ends


def listen() -> socket.socket:
    """A listening socket on a free port of loopback."""
    # The protocol is named because asyncio sets TCP_NODELAY only where it is: without it each answer takes 40 ms more.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(256)
    return listener


def new_server(app: ASGIApp) -> uvicorn.Server:
    settings = uvicorn.Config(
        app, log_level="warning", access_log=False, ws="none", timeout_graceful_shutdown=LAST_ANSWERS_WITHIN
    )
    return uvicorn.Server(settings)


def run(app: ASGIApp, listener: socket.socket) -> None:
    """Serve until a signal ends the process."""
    new_server(app).run([listener])


class HttpServer:
    """Serves an app from a thread until closed."""

    def __init__(self, app: ASGIApp, name: str) -> None:
        self._listener = listen()
        self._server = new_server(app)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],), name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=2 * LAST_ANSWERS_WITHIN)
        self._listener.close()
