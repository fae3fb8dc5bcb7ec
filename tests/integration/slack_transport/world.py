"""A workspace, a Bolt app that notes what it hears, and the bot's way between them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

from bot.playground.workspace.workspace import Workspace
from bot.slack.chat import Chat
from bot.slack.sockets import Sockets


@dataclass
class Heard:
    """What came, in order. A listener of commands, once it has `begun`, waits while `hold` is not set."""

    begun: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    hold: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.hold.set()


def bolt(workspace: Workspace, heard: Heard) -> App:
    """An app with one command and one event; our own check stands in front of it, so it makes none."""
    app = App(
        client=WebClient(workspace.bot_token, workspace.api_url),
        signing_secret=workspace.signing_secret,
        token_verification_enabled=False,
        request_verification_enabled=False,
        ssl_check_enabled=False,
        process_before_response=True,
    )

    def command(ack: Ack, body: dict[str, Any]) -> None:
        heard.begun.append(body["text"])
        heard.hold.wait(20)
        heard.commands.append(body["text"])
        ack(f"You said {body['text']}. " + "x" * 70_000 * (body["text"] == "much"))

    def reacted(event: dict[str, Any]) -> None:
        heard.events.append(event["reaction"])

    app.command("/dr")(command)
    app.event("reaction_added")(reacted)
    return app


def app_chat(workspace: Workspace) -> Chat:
    return Chat(workspace.app_token, workspace.api_url)


@contextmanager
def listening(workspace: Workspace, heard: Heard, **options: Any) -> Iterator[Sockets]:
    """Sockets that are started, and stopped at the end."""
    sockets = Sockets(bolt(workspace, heard), app_chat(workspace), **options)
    sockets.start()
    try:
        yield sockets
    finally:
        sockets.stop()
