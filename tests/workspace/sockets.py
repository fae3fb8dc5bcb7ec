"""One bare connection of the app, without any library of Slack's between."""

import json
import threading
from contextlib import ExitStack

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from bot.playground.workspace.workspace import Workspace
from tests.workspace.forms import Json


def new_address(workspace: Workspace) -> str:
    headers = {"Authorization": f"Bearer {workspace.app_token}"}
    return str(httpx.post(f"{workspace.api_url}apps.connections.open", headers=headers, timeout=30).json()["url"])


class Socket:
    """Keeps what arrives; acknowledges every envelope where `answering`."""

    def __init__(self, workspace: Workspace, *, answering: bool = True, address: str = "") -> None:
        self.envelopes: list[Json] = []
        self.disconnects: list[str] = []
        self.ended = threading.Event()
        self._answering = answering
        self.hello: Json = {}
        with ExitStack() as stack:
            self._connection = stack.enter_context(connect(address or new_address(workspace), compression=None))
            self._thread = threading.Thread(target=self._listen, daemon=True)
            self._thread.start()
            workspace.until(lambda: self.hello or self.ended.is_set())
            self._stack = stack.pop_all()

    def _listen(self) -> None:
        try:
            for text in self._connection:
                self._arrived(json.loads(text))
        except ConnectionClosed:
            pass
        self.ended.set()

    def _arrived(self, message: Json) -> None:
        if message["type"] == "hello":
            self.hello = message
        elif message["type"] == "disconnect":
            self.disconnects.append(message["reason"])
        else:
            if self._answering:
                self._connection.send(json.dumps({"envelope_id": message["envelope_id"]}))
            self.envelopes.append(message)

    @property
    def events(self) -> list[Json]:
        return [it["payload"]["event"] for it in self.envelopes if it["type"] == "events_api"]

    def ping(self) -> bool:
        """Whether the other side is alive."""
        return self._connection.ping().wait(20)

    def close(self) -> None:
        self._stack.close()
        self._thread.join(timeout=5)
