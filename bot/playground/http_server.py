"""Uvicorn on a listener of our own, in this thread or in another."""

import socket
import threading

import uvicorn
from starlette.types import ASGIApp


def listen(port: int = 0) -> socket.socket:
    """A listening socket on loopback; 0 lets the system choose."""
    return socket.create_server(("127.0.0.1", port), backlog=256)


def new_server(app: ASGIApp) -> uvicorn.Server:
    settings = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", ws="none")
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
        self._server.force_exit = True
        self._thread.join(timeout=3)
        self._listener.close()
