"""A small Bolt app, connected by Socket Mode, that keeps what it is sent and answers as it is told."""

import queue
import re
import time
from collections.abc import Callable
from typing import Any

from slack_bolt import Ack, App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot.playground.workspace.workspace import Workspace

Json = dict[str, Any]
ANYTHING = re.compile(".*")


class SampleApp:
    """`actions`, `submissions`, `commands`, `shortcuts`: what arrived, in order. `answer` acknowledges submissions."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.client = WebClient(workspace.bot_token, base_url=workspace.api_url)
        self.actions: queue.Queue[Json] = queue.Queue()
        self.submissions: queue.Queue[Json] = queue.Queue()
        self.commands: queue.Queue[Json] = queue.Queue()
        self.shortcuts: queue.Queue[Json] = queue.Queue()
        self.form: Json | None = None
        self.on_action: Callable[[Json], object] = lambda body: None
        self.answer: Callable[[Json], Json] = lambda view: {}
        app = App(client=self.client)
        app.command("/dr")(self._command)
        app.action(ANYTHING)(self._action)
        app.view("form")(self._submission)
        app.shortcut(ANYTHING)(self._shortcut)
        app.options(ANYTHING)(self._options)
        app.event("app_home_opened")(lambda: None)
        app.event("message")(lambda: None)
        self._handler = SocketModeHandler(app, workspace.app_token)

    def connect(self) -> None:
        """Until the workspace counts it."""
        self._handler.connect()  # type: ignore[no-untyped-call]
        self._workspace.until(lambda: self._workspace.connections == 1)

    def close(self) -> None:
        """The other side ends the connection first: the client's own close waits 3 s for a read."""
        client = self._handler.client
        client.auto_reconnect_enabled = False
        self._workspace.drop_sockets()
        deadline = time.monotonic() + 5
        while client.current_session and client.current_session.sock is not None and time.monotonic() < deadline:
            time.sleep(0.005)
        self._handler.close()  # type: ignore[no-untyped-call]

    def post(self, blocks: list[Json], words: str = "words", channel: str = "C0OPS") -> str:
        """Its ts."""
        return str(self.client.chat_postMessage(channel=channel, text=words, blocks=blocks)["ts"])

    def _command(self, ack: Ack, command: Json) -> None:
        self.commands.put(command)
        if command["text"].startswith("declare") and self.form:
            ack()
            self.client.views_open(trigger_id=command["trigger_id"], view=self.form)
        elif command["text"] == "status":
            ack("INC-7 is *active*.")
        elif command["text"] != "silence":
            ack()

    def _action(self, ack: Ack, body: Json) -> None:
        ack()
        self.actions.put(body)
        self.on_action(body)

    def _submission(self, ack: Ack, body: Json) -> None:
        self.submissions.put(body)
        ack(**self.answer(body["view"]))

    def _shortcut(self, ack: Ack, shortcut: Json) -> None:
        ack()
        self.shortcuts.put(shortcut)

    def _options(self, ack: Ack, payload: Json) -> None:
        names = ["failover", "failback"]
        ack(
            options=[
                {"text": {"type": "plain_text", "text": it}, "value": it} for it in names if payload["value"] in it
            ]
        )
