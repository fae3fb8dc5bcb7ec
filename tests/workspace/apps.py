"""Small apps, made with Slack's own libraries, that talk to the workspace."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from slack_bolt import App, BoltRequest
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.socket_mode import SocketModeClient

from bot.playground.workspace.workspace import Workspace


def client(workspace: Workspace, token: str | None = None, timeout: int = 10) -> WebClient:
    """Slack's client, which here repeats nothing by itself."""
    return WebClient(
        token=workspace.bot_token if token is None else token,
        base_url=workspace.api_url,
        timeout=timeout,
        retry_handlers=[],
    )


def new_app(workspace: Workspace) -> App:
    return App(client=client(workspace), signing_secret=workspace.signing_secret, logger=quiet())


def quiet() -> logging.Logger:
    logger = logging.getLogger("tests.workspace.app")
    logger.setLevel(logging.CRITICAL)
    return logger


@contextmanager
def connected(workspace: Workspace, app: App) -> Iterator[SocketModeHandler]:
    """The app over one more socket, until the block ends."""
    before = workspace.connections
    handler = SocketModeHandler(app, workspace.app_token, logger=quiet())
    try:
        handler.client.connect()
        workspace.until(lambda: workspace.connections > before and handler.client.is_connected())
        yield handler
    finally:
        end(workspace, handler)


def end(workspace: Workspace, handler: SocketModeHandler) -> None:
    """Slack's client takes seconds to close, unless its socket is gone and its queue has something."""
    socket: SocketModeClient = handler.client
    socket.closed, socket.auto_reconnect_enabled = True, False
    workspace.drop_sockets()
    workspace.until(lambda: not socket.is_connected())
    socket.enqueue_message("")
    socket.close()


@contextmanager
def requested(workspace: Workspace, app: App) -> Iterator[str]:
    """The app behind a request URL, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            answer = app.dispatch(BoltRequest(body=body, headers=dict(self.headers.items())))
            content = answer.body.encode()
            self.send_response(answer.status)
            for name, values in answer.headers.items():
                self.send_header(name, values[0])
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    workspace.request_url = f"http://127.0.0.1:{server.server_address[1]}/slack/events"
    try:
        yield workspace.request_url
    finally:
        workspace.request_url = ""
        server.shutdown()
        server.server_close()
        thread.join()
