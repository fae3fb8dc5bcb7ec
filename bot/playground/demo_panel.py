"""The demo's panel beside the chat: how the shop does, what can be broken, and at the end what it came to."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
import psycopg

from bot.playground.alarm import Alarm, serving_region
from bot.playground.aws import EAST, WEST
from bot.playground.dr_command import DrFailed
from bot.playground.outcome import orders, said
from bot.playground.postgres import PostgresFailed
from bot.playground.reckoning import Losses, losses, quoted_loss
from bot.playground.seen import events_in
from bot.playground.stage import Stage
from bot.playground.traffic import Ledger, Outage, acknowledgement
from bot.playground.workspace.panel import PanelAction, PanelItem

EVERY = 1.0
RATE_OVER = timedelta(seconds=5)
BREAK = PanelAction(
    "break",
    "Break the primary region",
    "danger",
    f"{WEST} loses its power: the database and the shop are gone, and orders fail until you recover. Break it?",
)
REPAIR = PanelAction("repair", "Repair it")
AGAIN = PanelAction(
    "again", "Start over", confirm="Everything is set up anew, for another night. It takes half a minute."
)


@dataclass(frozen=True)
class Recovery:
    """What a failover came to: measured at the customers, beside what the approvers had read."""

    measured: Losses
    quoted: timedelta | None

    @property
    def text(self) -> str:
        quoted = "an unknown loss" if self.quoted is None else f"at most {said(self.quoted)}"
        without = f"Customers were without the shop for {said(self.measured.outage)}."
        return f"{without}\n{self._lost}\nThe approvers had read: {quoted}."

    @property
    def _lost(self) -> str:
        if not self.measured.orders:
            return "No order is lost."
        return f"Acknowledged and lost: {orders(self.measured.orders)}, of {said(self.measured.length)}."


@dataclass
class DemoPanel:
    """Shown and kept current by a thread of its own until closed. `again` begins anew."""

    stage: Stage
    again: Callable[[], None]
    dark_at: datetime | None = None
    changing: str = ""
    recovery: Recovery | None = None
    _closing: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._alarm = Alarm(self.stage.estate, self.stage.workspace)
        self.stage.workspace.panel.on_press = self.press
        self.show()
        self._thread = threading.Thread(target=self._run, name="panel", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._closing.wait(EVERY):
            self._alarm.look(datetime.now(UTC))
            self._reckon()
            self.show()

    def show(self) -> None:
        workspace, now = self.stage.workspace, datetime.now(UTC)
        items = [self._shop(now), self._primary(), self._recovery_region(), *self._outcome()]
        with workspace.core.changed:
            workspace.panel.show(items)

    # What its buttons do

    def press(self, _: str, action: str) -> str:
        """Why it could not be done, or nothing."""
        if action == AGAIN.id:
            self.again()
            return ""
        if self.changing:
            return f"{WEST} is {self.changing} already."
        try:
            if action == BREAK.id:
                self._break()
            else:
                self._repair()
        except PostgresFailed as error:
            return str(error)
        finally:
            self.changing = ""
            self.show()
        return ""

    def _break(self) -> None:
        self.changing = "going dark"
        self.show()
        self.stage.estate.lose_primary()
        self.dark_at = datetime.now(UTC)

    def _repair(self) -> None:
        self.changing = "being repaired"
        self.show()
        self.stage.estate.restore_primary()

    # What it shows

    def _shop(self, now: datetime) -> PanelItem:
        estate = self.stage.estate
        door = (PanelAction("open", "Open the shop", url=estate.shop_url),)
        outage = next((it for it in estate.ledger.outages(now) if it.ended_at is None), None)
        if outage is None:
            text = f"{rate(estate.ledger, now):.0f} orders per second, taken in {serving_region(estate)}."
            return PanelItem("shop", "The shop", text, "ok", door)
        return PanelItem("shop", "The shop", failing(estate.ledger, outage, now), "failing", door)

    def _primary(self) -> PanelItem:
        region, title = self.stage.estate.west, f"{WEST} · primary"
        if self.changing:
            return PanelItem("primary", title, f"It is {self.changing}.", "changing")
        if not region.powered:
            return PanelItem("primary", title, "No power: its database and its shop are gone.", "failing", (REPAIR,))
        if not region.server.running:
            return PanelItem("primary", title, "It has power again. Its database stays off: it is fenced.", "quiet")
        if self.stage.estate.east.database_state() == "primary":
            return PanelItem("primary", title, "Nobody is sent here any more.", "quiet")
        return PanelItem("primary", title, f"Its database takes the orders, and {EAST} follows.", "ok", (BREAK,))

    def _recovery_region(self) -> PanelItem:
        title = f"{EAST} · recovery"
        match self.stage.estate.east.database_state():
            case "primary":
                return PanelItem("recovery", title, "Its database has taken over.", "ok")
            case "standby":
                return PanelItem("recovery", title, "Its database is a copy that only reads.", "quiet")
            case _:
                return PanelItem("recovery", title, "Its database does not answer.", "failing")

    def _outcome(self) -> list[PanelItem]:
        if self.recovery is None:
            return []
        return [PanelItem("outcome", "The recovery", self.recovery.text, "done", (AGAIN,))]

    def _reckon(self) -> None:
        """Once the recovery region takes orders: what was lost, and what had been said of it."""
        estate, now = self.stage.estate, datetime.now(UTC)
        if self.dark_at is None or self.recovery is not None or serving_region(estate) == WEST:
            return
        if any(it.ended_at is None for it in estate.ledger.outages(now)):
            return
        try:
            quoted = quoted_loss(events_in(self.stage.dr.read("audit", "export")))
            self.recovery = Recovery(losses(estate, self.dark_at), quoted)
        except (DrFailed, psycopg.OperationalError, httpx.HTTPError):
            return  # the next look tries again


def rate(ledger: Ledger, now: datetime) -> float:
    """Acknowledged orders per second, of the last few seconds."""
    recent = [it for it in ledger.acknowledged() if acknowledgement(it) > now - RATE_OVER]
    return len(recent) / RATE_OVER.total_seconds()


def failing(ledger: Ledger, outage: Outage, now: datetime) -> str:
    failed = sum(it.error is not None and it.sent_at >= outage.started_at for it in ledger.orders())
    since = f"{outage.started_at.astimezone():%H:%M:%S}"
    return f"No order since {since}, for {said(timedelta(seconds=outage.length(now).seconds))}.\n{failed} have failed."
