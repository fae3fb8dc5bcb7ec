"""The canary: quiet reactions to a message of the bot's own, whose events must come back. A ping proves nothing of the kind.

They are sent only while nothing else comes, several at a time, so that one deaf connection of three is noticed too. The
replica whose name comes first sends them; each may come back to any replica, so all count into one number.
"""

import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from bot.engine.desk import Desk
from bot.engine.parts import OK, Part
from bot.slack.chat import Chat, SlackRefused, SlackTrouble
from bot.store import canary as counted
from bot.store import chat as shown

# Reactions: with one deaf connection of three, one of the six is missed 9 times of 10.
FLOCK = ("one", "two", "three", "four", "five", "six")
STREAM, KEY = "bot", "canary"
TEXT = "The bot listens here: these reactions come and go while nothing else happens. No answer is needed."
GONE = frozenset({"message_not_found", "bad_timestamp"})
log = structlog.get_logger()


class Line(Protocol):
    """The way on which Slack talks to us."""

    def quiet(self) -> float:
        """Seconds since anything came."""

    def is_open(self) -> bool:
        """Whether there is a way at all: where there is none, the way's own state says so."""

    def renew(self, why: str) -> None:
        """Replace what may be deaf."""


@dataclass(frozen=True)
class Timing:
    """In seconds. A deaf bot is noticed after `quiet` + `back_within`, and a look or two."""

    quiet: float = 60.0
    back_within: float = 30.0
    again: float = 10.0
    patience: float = 5.0


@dataclass
class Flight:
    """A flock that was sent: how many, when, and how many had come back before."""

    sent: int
    at: float
    before: int


@dataclass
class Canary:
    """`channel` is the operators'. `step` is called every few seconds; `hears` gets everything that comes."""

    desk: Desk
    chat: Chat
    channel: str
    replica: str
    timing: Timing = Timing()
    _line: Line | None = None
    _message: tuple[str, str] | None = None
    _up: bool = True  # whether the next flock is added or removed
    _flight: Flight | None = None
    _not_before: float = 0.0
    _part: Part = OK
    _came: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def watch(self, line: Line) -> None:
        """The line whose silence is doubted."""
        self._line = line

    def part(self) -> Part:
        """What the last canary told."""
        return self._part

    def hears(self, payload: Mapping[str, Any], retried: bool) -> bool:
        """Whether this is the canary's own. One that Slack had to repeat was lost at first, so it doesn't count."""
        event = payload.get("event")
        if not isinstance(event, Mapping) or event.get("type") not in ("reaction_added", "reaction_removed"):
            return False
        item = event.get("item")
        place = (item.get("channel"), item.get("ts")) if isinstance(item, Mapping) else None
        if place is None or place[0] != self.channel or place != (self._message or self._look_up()):
            return False
        with self._lock:
            self._came += not retried
        return True

    def step(self) -> None:
        """Send, or judge what was sent; raises the store's errors."""
        self._count()
        if self._line is not None and not self._line.is_open():
            self._flight = None  # what was sent may come back to nobody, and proves nothing
        elif self._flight is not None:
            self._judge(self._flight)
        elif self._may_send():
            self._send()

    # --- sending -----------------------------------------------------------------------------------------------------------

    def _may_send(self) -> bool:
        quiet = self._line is not None and self._line.quiet() >= self.timing.quiet
        if time.monotonic() < self._not_before or not (quiet or self._part != OK):
            return False
        living = self.desk.executors()
        return not living or living[0].name == self.replica

    def _send(self) -> None:
        self._not_before = time.monotonic() + self.timing.again
        try:
            channel, ts = self._message or self._look_up() or self._post()
            before = self._came_back()
            self._flight = Flight(len(FLOCK), time.monotonic(), before)
            for name in FLOCK:
                self._react(name, channel, ts)
        except SlackRefused as refused:
            self._flight = None
            self._refused(refused)
        except SlackTrouble as trouble:  # that Slack does not answer is told by the look at its Web API
            self._flight = None
            log.info("canary_stays", reason=str(trouble))

    def _react(self, name: str, channel: str, ts: str) -> None:
        """Add or remove one reaction; what stands already tells which way this flock goes."""
        try:
            self._call(name, channel, ts)
        except SlackRefused as refused:
            if refused.code not in ("already_reacted", "no_reaction"):
                raise
            self._up = not self._up
            self._call(name, channel, ts)

    def _call(self, name: str, channel: str, ts: str) -> None:
        patience = self.timing.patience
        if self._up:
            self.chat.call("reactions.add", patience=patience, channel=channel, timestamp=ts, name=name)
        else:
            self.chat.call("reactions.remove", patience=patience, channel=channel, timestamp=ts, name=name)

    def _refused(self, refused: SlackRefused) -> None:
        if refused.code in GONE:
            self._message = None
            self.desk.transact(lambda connection, _: shown.forget(connection, STREAM, KEY))
            return
        mend = "Invite the bot to it, or correct channels.operators in plan.yml; dr doctor says more."
        self._part = Part("degraded", f"The operators' channel {self.channel} can't be used: {refused} {mend}")

    # --- judging -----------------------------------------------------------------------------------------------------------

    def _judge(self, flight: Flight) -> None:
        came = self._came_back() - flight.before
        if came >= flight.sent:
            self._landed(OK)
            self._up = not self._up
        elif time.monotonic() - flight.at > self.timing.back_within:
            self._up = not self._up
            self._lost(flight.sent, came)

    def _lost(self, sent: int, came: int) -> None:
        within = f"within {self.timing.back_within:g} s"
        if came:
            said = (
                f"{sent - came} of {sent} events of Slack did not come back {within}: one of the connections is deaf."
            )
        else:
            said = f"Slack takes what the bot says, but no event of Slack came back {within}: clicks don't arrive."
        self._landed(Part("degraded" if came else "failed", f"{said} Act by the dr command meanwhile."))
        log.error("canary_lost", sent=sent, came=came)
        if self._line is not None:
            self._line.renew("canary_lost")

    def _landed(self, part: Part) -> None:
        if part == OK and self._part != OK:
            log.info("canary_back")
        self._flight, self._part = None, part
        pause = self.timing.quiet if part == OK else self.timing.again
        self._not_before = time.monotonic() + pause

    def _came_back(self) -> int:
        with self.desk.database.read() as connection:
            return counted.count(connection)

    def _count(self) -> None:
        with self._lock:
            came, self._came = self._came, 0
        if came:
            self.desk.transact(lambda connection, _: counted.add(connection, came))

    # --- the message -------------------------------------------------------------------------------------------------------

    def _look_up(self) -> tuple[str, str] | None:
        with self.desk.database.read() as connection:
            found = shown.message_of(connection, STREAM, KEY)
        self._message = found if found and found[0] == self.channel else None
        return self._message

    def _post(self) -> tuple[str, str]:
        """A message of our own, pinned. One whose post got lost is left behind: it says nothing wrong."""
        nonce = uuid.uuid4().hex
        self.desk.transact(lambda connection, now: shown.begin(connection, STREAM, KEY, self.channel, nonce, now))
        ts = str(self.chat.call("chat.postMessage", channel=self.channel, text=TEXT)["ts"])
        self.desk.transact(lambda connection, _: shown.settle(connection, STREAM, KEY, ts, ""))
        self._message = (self.channel, ts)
        try:
            self.chat.call("pins.add", channel=self.channel, timestamp=ts)
        except SlackTrouble as trouble:
            log.info("canary_not_pinned", reason=str(trouble))
        self._up = True
        return self._message
