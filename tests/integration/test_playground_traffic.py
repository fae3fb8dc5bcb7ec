"""Where the front door sends a request, and what the customers' ledger says."""

import random
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from bot.playground.front_door import Weights, destination
from bot.playground.traffic import Ledger, Order

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("dns", "load_balancer", "expected"),
    [
        ({"west": 100, "east": 0}, {"maintenance": 100, "shop": 0}, "west"),
        ({"west": 0, "east": 100}, {"maintenance": 100, "shop": 0}, "maintenance"),
        ({"west": 0, "east": 100}, {"maintenance": 0, "shop": 100}, "east"),
        ({"west": 0, "east": 100}, {"maintenance": 0, "shop": 0}, None),
        ({}, {"maintenance": 0, "shop": 100}, None),
    ],
)
def test_weights_decide_where_a_request_goes(
    dns: dict[str, int], load_balancer: dict[str, int], expected: str | None
) -> None:
    """The primary region is reached directly, the recovery region through its load balancer's weights."""
    assert destination(Weights(dns, load_balancer), random.Random(1)) == expected


def test_all_weights_zero_is_an_even_draw() -> None:
    """As in Route 53, records that all weigh 0 are all answered."""
    weights = Weights({"west": 0, "east": 0}, {"shop": 1})
    chance = random.Random(1)
    assert {destination(weights, chance) for _ in range(50)} == {"west", "east"}


def acknowledged(seconds: float) -> Order:
    moment = NOON + timedelta(seconds=seconds)
    return Order(uuid.uuid4(), moment, acknowledged_at=moment)


def test_an_outage_is_a_gap_between_acknowledged_orders() -> None:
    """A gap of more than a second is an outage, whatever was refused meanwhile."""
    ledger = Ledger()
    for order in (acknowledged(0), acknowledged(0.2), acknowledged(9.2), acknowledged(9.4)):
        ledger.record(order)
    ledger.record(Order(uuid.uuid4(), NOON + timedelta(seconds=5), error="HTTP 503"))
    [outage] = ledger.outages(NOON + timedelta(seconds=9.5))
    assert outage.length(NOON) == timedelta(seconds=9)


def test_an_outage_that_goes_on_has_no_end() -> None:
    """While nothing is acknowledged again the outage is open and grows."""
    ledger = Ledger()
    ledger.record(acknowledged(0))
    now = NOON + timedelta(seconds=30)
    [outage] = ledger.outages(now)
    assert outage.ended_at is None
    assert outage.length(now) == timedelta(seconds=30)
