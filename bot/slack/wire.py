"""One Socket Mode connection: opened, greeted, listened to until it ends."""

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

import structlog
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

from bot.slack.chat import Chat, SlackAway, SlackRefused, SlackTrouble

OPEN_SECONDS = 10.0
PING_EVERY = 10.0
PONG_WITHIN = 20.0
CLOSE_SECONDS = 1.0
MAX_BYTES = 4 * 2**20  # a modal may hold 250 kB, and its submission names every value again
State = Literal["opening", "open", "closed"]
Envelope = dict[str, Any]
log = structlog.get_logger()


@dataclass(frozen=True)
class Ending:
    """Why a connection is over. `refused` is Slack's own word where it said no; `fault` where it was not orderly."""

    reason: str
    refused: str = ""
    retry_after: float = 0.0
    fault: bool = True


ORDERLY = Ending("It was closed in good order.", fault=False)


class Wire:
    """A connection in a thread of its own. `said` gets every message of Slack, in order, and must return at once."""

    def __init__(self, number: int, chat: Chat, said: Callable[["Wire", Envelope], None]) -> None:
        self.number = number
        self.state: State = "opening"
        self.leaving = False  # another takes its place; until then it is still listened to
        self.announced = False  # Slack will close it
        self.was_open = False
        self.unanswered = 0  # envelopes that came by it
        self.heard_at = self.left_at = time.monotonic()
        self.ending: Ending | None = None
        self._chat = chat
        self._said = said
        self._socket: ClientConnection | None = None
        self._thread = threading.Thread(target=self._run, name=f"slack-{number}", daemon=True)

    def start(self) -> None:
        """Connect in the background."""
        self._thread.start()

    def greeted(self) -> None:
        """Slack has said hello: envelopes may come."""
        self.state, self.was_open = "open", True
        self.heard_at = time.monotonic()

    def leave(self, *, announced: bool = False) -> None:
        """From now on a successor is looked for; until it is there, this one is still listened to."""
        self.announced = self.announced or announced
        if not self.leaving:
            self.leaving = True
            self.left_at = time.monotonic()

    def send(self, message: Envelope) -> bool:
        """Send; False where the connection is gone."""
        socket = self._socket
        if socket is None:
            return False
        try:
            socket.send(json.dumps(message))
        except (ConnectionClosed, OSError):
            return False
        return True

    def close(self) -> None:
        """Say goodbye, so that Slack sends nothing more here; returns when it has answered, or after a second."""
        self.leave()
        socket = self._socket
        if socket is not None:
            with suppress(WebSocketException, OSError):
                socket.close()
        if self._thread.ident is not None and self._thread is not threading.current_thread():
            self._thread.join(2 * CLOSE_SECONDS)

    def _run(self) -> None:
        try:
            self.ending = self._listen()
        except Exception as error:  # the edge of this thread: whoever watches over the wires opens another
            log.exception("socket_failed", wire=self.number)
            self.ending = Ending(f"It failed with {type(error).__name__}.")
        self._socket = None
        self.state = "closed"

    def _listen(self) -> Ending:
        """Until the connection ends. The URL holds a ticket, so nothing of it is ever told."""
        try:
            url = str(self._chat.call("apps.connections.open", patience=OPEN_SECONDS)["url"])
        except SlackRefused as refused:
            return Ending(str(refused), refused=refused.code)
        except SlackAway as away:
            return Ending(str(away), retry_after=away.retry_after)
        except (SlackTrouble, KeyError) as trouble:
            return Ending(f"Slack gave no address to connect to ({type(trouble).__name__}).")
        try:
            with connect(
                url,
                open_timeout=OPEN_SECONDS,
                ping_interval=PING_EVERY,
                ping_timeout=PONG_WITHIN,
                close_timeout=CLOSE_SECONDS,
                max_size=MAX_BYTES,
            ) as socket:
                return self._follow(socket)
        except (WebSocketException, OSError, ValueError) as error:
            return Ending(f"The connection could not be made ({type(error).__name__}).")

    def _follow(self, socket: ClientConnection) -> Ending:
        self._socket = socket
        if self.leaving:  # closed while it was being opened
            return ORDERLY
        try:
            for text in socket:
                self._take(text)
        except (ConnectionClosed, OSError) as error:
            return ORDERLY if self.leaving else Ending(f"The connection broke ({type(error).__name__}).")
        return ORDERLY if self.leaving else Ending("Slack closed the connection.")

    def _take(self, text: str | bytes) -> None:
        try:
            message = json.loads(text)
        except ValueError:
            message = None
        if isinstance(message, dict):
            self._said(self, message)
        else:
            log.warning("socket_noise", wire=self.number, length=len(text))
