"""Socket Mode over several connections, so that one may be refreshed, break or go deaf without anybody noticing.

slack_sdk's own client ignores why Slack disconnects, asks for a new address every few seconds while Slack is away, and
can't send an answer of 64 kB; so the frames are those of the `websockets` library, and what is on them is Bolt's.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import structlog
from slack_bolt import App
from slack_bolt.adapter.socket_mode.internals import run_bolt_app
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.engine.parts import OK, Part
from bot.slack.chat import Chat
from bot.slack.counting import AGAIN_SECONDS, Counting
from bot.slack.pace import Pace
from bot.slack.wire import Ending, Envelope, Wire

WANTED = 3  # connections
ALLOWED = 10  # by Slack, for all replicas together
AT_ONCE = 50  # envelopes that are worked on at the same time
TICK = 0.2
LEAVING_SECONDS = 20.0  # Slack closes a connection some ten seconds after it has announced that
IDLE_SECONDS = 1.0  # an envelope that is on its way while a connection closes is lost: nothing came for so long
LATE_SECONDS = 180.0  # so long may a connection be missing before it is told
SILENT_SECONDS = 600.0  # a connection that heard nothing for so long is replaced, for it may be deaf
DEAF_AFTER = 12  # envelopes that the others heard since it heard one: with three, 1 in 130 by chance
DRAIN_SECONDS = 1.5
Hears = Callable[[Mapping[str, Any], bool], bool]
log = structlog.get_logger()

SWITCHED_OFF = "Socket Mode is switched off for this app. Switch it on in the app's settings, under Socket Mode."
TOO_MANY = "Slack counts more than 10 connections of this app. End other copies of the bot that use its app token."
REFUSED = "Slack refuses the app token ({code}). Make one with the scope connections:write and set SLACK_APP_TOKEN."
SAID = {"link_disabled": SWITCHED_OFF, "too_many_websockets": TOO_MANY}


def hears_nothing(_: Mapping[str, Any], __: bool) -> bool:
    """Nothing that comes is for the transport itself."""
    return False


@dataclass
class Heard:
    """How often anything came, over all wires and over each since it last heard something itself."""

    at: float = field(default_factory=time.monotonic)
    total: int = 0
    at_wire: dict[int, int] = field(default_factory=dict)

    def note(self, wire: Wire) -> None:
        self.total += 1
        self.at = wire.heard_at = time.monotonic()
        self.at_wire[wire.number] = self.total

    def missed(self, wire: Wire) -> int:
        """How many came over other wires since this one heard any."""
        return self.total - self.at_wire.setdefault(wire.number, self.total)


class Sockets:
    """Keeps `wanted` connections open and hands what comes over them to Bolt.

    `chat` has the app token. `replicas` says at once how many bots live, ours included. `hears(payload, retried)` is asked first:
    True means that it was the transport's own, and that nobody else needs it.
    """

    def __init__(
        self,
        app: App,
        chat: Chat,
        *,
        wanted: int = WANTED,
        replicas: Callable[[], int] = lambda: 1,
        hears: Hears = hears_nothing,
        pace: Pace | None = None,
        recount: float = AGAIN_SECONDS,
    ) -> None:
        self._app = app
        self._chat = chat
        self._wanted = wanted
        self._hears = hears
        self._pace = pace or Pace(2 * wanted)
        self._counting = Counting(wanted, replicas, recount)
        self._heard = Heard()
        self._wires: list[Wire] = []
        self._numbers = 0
        self._said: str = ""  # what Slack said that an operator must mend
        self._trouble: str = ""  # why the last connection could not be had
        self._short_since: float | None = time.monotonic()
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="slack")
        self._keeper = threading.Thread(target=self._keep, name="slack-sockets", daemon=True)

    def start(self) -> None:
        """Connect in the background, and again for as long as it takes."""
        self._keeper.start()

    def stop(self) -> None:
        """Let what has come be answered, say goodbye on every connection: none stays behind for Slack to talk to."""
        self._stopping.set()
        if self._keeper.ident is not None:
            self._keeper.join(2)
        deadline = time.monotonic() + DRAIN_SECONDS
        while self.unanswered and time.monotonic() < deadline:
            time.sleep(0.02)
        closing = [threading.Thread(target=wire.close) for wire in self._alive()]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join()
        self._pool.shutdown(wait=False, cancel_futures=True)

    @property
    def unanswered(self) -> int:
        """How many envelopes are being worked on."""
        with self._lock:
            return sum(wire.unanswered for wire in self._wires)

    def quiet(self) -> float:
        """Seconds since anything came."""
        return time.monotonic() - self._heard.at

    def is_open(self) -> bool:
        """Whether Slack can reach us over any connection."""
        with self._lock:
            return any(wire.state == "open" for wire in self._wires)

    def renew(self, why: str) -> None:
        """Replace every connection by a new one, one after the other; none goes before its successor is there."""
        with self._lock:
            if not any(wire.leaving for wire in self._wires):
                log.warning("sockets_renewed", reason=why)
                for wire in self._wires:
                    wire.leave()

    def part(self) -> Part:
        """How the connections are."""
        with self._lock:
            open_ = [wire for wire in self._wires if wire.state == "open"]
            why = self._said or self._trouble
            if not open_:
                return Part("failed", f"There is no connection to Slack. {why}".strip())
            if self._said:
                return Part("degraded", self._said)
            if self._counting.trouble:
                return Part("degraded", self._counting.trouble)
            if self._short_since is not None and time.monotonic() - self._short_since > LATE_SECONDS:
                return Part("degraded", f"Only {len(open_)} of {self._wanted} connections to Slack are open. {why}")
            return OK

    # --- keeping -----------------------------------------------------------------------------------------------------------

    def _keep(self) -> None:
        while not self._stopping.wait(TICK):
            try:
                self._look()
            except Exception:  # the edge of this thread: it must go on
                log.exception("sockets_failed")

    def _look(self) -> None:
        with self._lock:
            self._bury()
            self._doubt()
            staying = [wire for wire in self._wires if not wire.leaving]
            fresh = [wire for wire in staying if wire.state == "open"]
            self._short_since = (self._short_since or time.monotonic()) if len(fresh) < self._wanted else None
            going = self._going()
            opening = any(wire.state == "opening" for wire in self._wires)
            if len(staying) < self._wanted and not opening and self._pace.pause() == 0:
                self._open()
        for wire in going:
            wire.close()

    def _going(self) -> list[Wire]:
        """Who may be closed: one for each successor that is there, while nothing comes by it.

        What Slack announced to close, Slack closes; if it doesn't, we do.
        """
        now = time.monotonic()
        leaving = [wire for wire in self._wires if wire.leaving and wire.state == "open"]
        overdue = [wire for wire in leaving if wire.announced and now - wire.left_at > LEAVING_SECONDS]
        idle = [w for w in leaving if not w.announced and not w.unanswered and now - w.heard_at > IDLE_SECONDS]
        surplus = sum(wire.state == "open" for wire in self._wires) - self._wanted
        return overdue + idle[: max(0, surplus)]

    def _bury(self) -> None:
        for wire in [wire for wire in self._wires if wire.state == "closed"]:
            self._wires.remove(wire)
            if wire.ending is not None and wire.ending.fault:
                self._ended(wire, wire.ending)

    def _ended(self, wire: Wire, ending: Ending) -> None:
        self._trouble = REFUSED.format(code=ending.refused) if ending.refused else ending.reason
        if wire.was_open:  # it is made anew at once: the budget of tries is enough to stop a storm
            log.warning("socket_lost", wire=wire.number, reason=self._trouble)
        else:
            self._pace.failed(ending.retry_after)
            log.info("socket_not_opened", wire=wire.number, reason=self._trouble)

    def _open(self) -> None:
        self._numbers += 1
        self._pace.spend()
        wire = Wire(self._numbers, self._chat, self._take)
        self._wires.append(wire)
        wire.start()

    def _doubt(self) -> None:
        """One at a time, a connection that may be deaf is replaced; and one, where Slack's count must be asked again."""
        if any(wire.leaving for wire in self._wires):
            return
        now = time.monotonic()
        wires = sorted((wire for wire in self._wires if wire.state == "open"), key=lambda wire: wire.heard_at)
        count = self._counting.due(self.quiet())
        for wire in wires[:1]:
            if self._heard.missed(wire) >= DEAF_AFTER or now - wire.heard_at > SILENT_SECONDS or count:
                log.info("socket_replaced", wire=wire.number)
                wire.leave()

    def _alive(self) -> list[Wire]:
        with self._lock:
            return [wire for wire in self._wires if wire.state != "closed"]

    # --- what comes --------------------------------------------------------------------------------------------------------

    def _take(self, wire: Wire, message: Envelope) -> None:
        kind = message.get("type")
        if kind == "hello":
            self._hello(wire, message)
        elif kind == "disconnect":
            self._disconnect(wire, str(message.get("reason", "")))
        else:
            request = SocketModeRequest.from_dict(message)
            if request is not None:
                self._heard.note(wire)
                self._hand_over(wire, request)

    def _hello(self, wire: Wire, message: Envelope) -> None:
        with self._lock:
            wire.greeted()
            self._heard.at_wire[wire.number] = self._heard.total
            self._pace.worked()
            self._trouble = ""
            total = sum(1 for one in self._wires if one.state == "open")
            staying = sum(1 for one in self._wires if one.state == "open" and not one.leaving)
            said = message.get("num_connections")
            if self._said != TOO_MANY or (isinstance(said, int) and said <= ALLOWED):
                self._said = ""
            if isinstance(said, int):
                self._counting.hello(said, staying, total)
        log.info("socket_open", wire=wire.number, ours=total, slack_counts=said)

    def _disconnect(self, wire: Wire, reason: str) -> None:
        """Slack refreshes connections now and then, and says so; some reasons a person must mend."""
        log.info("socket_to_be_closed", wire=wire.number, reason=reason)
        with self._lock:
            wire.leave(announced=True)
            if reason in SAID:
                if self._said != SAID[reason]:
                    log.error("socket_mode", reason=SAID[reason])
                self._said = SAID[reason]
                self._pace.failed()

    def _hand_over(self, wire: Wire, request: SocketModeRequest) -> None:
        with self._lock:
            wire.unanswered += 1
        try:
            self._pool.submit(self._answer, wire, request)
        except RuntimeError:  # it is being stopped: unanswered, so Slack sends an event again
            self._done(wire)

    def _done(self, wire: Wire) -> None:
        with self._lock:
            wire.unanswered -= 1

    def _answer(self, wire: Wire, request: SocketModeRequest) -> None:
        try:
            retried = bool(request.retry_attempt)
            ours = request.type == "events_api" and self._hears(request.payload, retried)
            answer = BoltResponse(status=200) if ours else run_bolt_app(self._app, request)
            acknowledgement = as_envelope(request, answer)
            if acknowledgement is not None:
                self._send(wire, acknowledgement)
        except Exception:  # the edge of this thread: unanswered, so the person is told and an event comes again
            log.exception("envelope_failed", kind=request.type)
        finally:
            self._done(wire)

    def _send(self, wire: Wire, message: Envelope) -> None:
        """Over the connection that it came by, or any other if that is gone."""
        others = [other for other in self._alive() if other is not wire]
        if not any(one.send(message) for one in (wire, *others)):
            log.warning("acknowledgement_lost", wire=wire.number)


def as_envelope(request: SocketModeRequest, answer: BoltResponse) -> Envelope | None:
    """The acknowledgement of an envelope; None where it must not be acknowledged, so that Slack tells or repeats.

    An event that nobody listens to is acknowledged: it would be the same at every repetition.
    """
    if answer.status == 404 and request.type == "events_api":
        return {"envelope_id": request.envelope_id}
    if answer.status != 200:
        return None
    body = answer.body or ""
    if not body:
        return {"envelope_id": request.envelope_id}
    kind = (answer.headers.get("content-type") or [""])[0]
    payload = json.loads(body) if kind.startswith("application/json") else {"text": body}
    return {"envelope_id": request.envelope_id, "payload": payload}
