"""The heartbeats: how often a row is written."""

from typing import Any

import pytest

from bot.engine.beats import Heartbeats
from tests.unit.builders import recovery_plan

PRIMARY = {
    "kind": "postgres",
    "region": "us-west-2",
    "host": "db",
    "database": "shop",
    "user": "dr_bot",
    "secret": "db",
}


def system(**fields: Any) -> dict[str, Any]:
    regions = {"primary": "us-west-2", "recovery": "us-east-1"}
    return {"title": "A system", "objectives": {"rto": "1h", "rpo": "30m"}, "regions": regions, **fields}


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [((None, None), 10), (("5m", None), 10), (("5m", "2m"), 120), (("1s", None), 1)],
)
def test_a_system_that_asks_for_nothing_has_the_default(asked: tuple[str | None, str | None], seconds: float) -> None:
    """A slower system takes nothing from one that says nothing: what can be proven of its loss hangs on it."""
    systems = {
        f"s{place}": system(**({"replication": {"heartbeat": every}} if every else {}))
        for place, every in enumerate(asked)
    }
    targets = {name: {"primary": PRIMARY} for name in systems}
    secrets = {"db": {"from": "env", "name": "DB_PASSWORD"}}
    plan = recovery_plan(systems=systems, environments={"production": {"targets": targets, "secrets": secrets}})
    beats = Heartbeats(plan, contexts=lambda _: pytest.fail("nothing is written"), write=lambda *_: None)
    assert beats.every == seconds
