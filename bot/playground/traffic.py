"""Customers: a steady trickle of orders, and a ledger of what each was told."""

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import httpx

EVERY = timedelta(milliseconds=200)
IN_FLIGHT = 12
OUTAGE = timedelta(seconds=1)  # a longer gap between two acknowledged orders counts as an outage


@dataclass(frozen=True)
class Order:
    """An order as its customer saw it: acknowledged, or an error."""

    uuid: uuid.UUID
    sent_at: datetime
    acknowledged_at: datetime | None = None
    error: str | None = None


@dataclass(frozen=True)
class Outage:
    """From the last acknowledged order to the next; `ended_at` None while there is none yet."""

    started_at: datetime
    ended_at: datetime | None

    def length(self, now: datetime) -> timedelta:
        return (self.ended_at or now) - self.started_at


class Ledger:
    """What every customer was told. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders: list[Order] = []

    def record(self, order: Order) -> None:
        with self._lock:
            self._orders.append(order)

    def orders(self) -> list[Order]:
        with self._lock:
            return list(self._orders)

    def acknowledged(self) -> list[Order]:
        """In the order in which they were acknowledged."""
        return sorted((it for it in self.orders() if it.acknowledged_at), key=acknowledgement)

    def outages(self, now: datetime) -> list[Outage]:
        """Every gap between acknowledged orders that is longer than a second, the last one maybe still open."""
        moments = [acknowledgement(order) for order in self.acknowledged()]
        gaps = [Outage(a, b) for a, b in pairwise(moments) if b - a > OUTAGE]
        still_open = [Outage(last, None) for last in moments[-1:] if now - last > OUTAGE]
        return gaps + still_open


def acknowledgement(order: Order) -> datetime:
    if order.acknowledged_at is None:
        raise ValueError("the order was not acknowledged")
    return order.acknowledged_at


class Traffic:
    """Sends orders to `url` until closed."""

    def __init__(self, url: str, ledger: Ledger) -> None:
        self._url = f"{url}/orders"
        self._ledger = ledger
        self._closing = threading.Event()
        self._client = httpx.Client(timeout=2, trust_env=False)
        self._thread = threading.Thread(target=self._send_steadily, name="traffic", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join(timeout=5)
        self._client.close()

    def _send_steadily(self) -> None:
        due = time.monotonic()
        with ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="customer") as customers:
            while not self._closing.wait(max(0.0, due - time.monotonic())):
                customers.submit(self._place)
                due = max(due + EVERY.total_seconds(), time.monotonic())

    def _place(self) -> None:
        number, sent_at = uuid.uuid4(), datetime.now(UTC)
        product = 1 + number.int % 6
        try:
            answer = self._client.post(self._url, json={"uuid": str(number), "product": product})
        except httpx.HTTPError as error:
            self._ledger.record(Order(number, sent_at, error=type(error).__name__))
            return
        if answer.status_code == httpx.codes.CREATED:
            self._ledger.record(Order(number, sent_at, acknowledged_at=datetime.now(UTC)))
        else:
            self._ledger.record(Order(number, sent_at, error=f"HTTP {answer.status_code}"))
