"""Two walls of the engine: a drill touches its environment's targets alone, and no secret is quoted into the timeline."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain import commands as c
from bot.domain.incident import Incident
from bot.redaction import hide
from tests.integration.lab import Lab, make_lab

SHUT = {"id": "shut", "title": "Shut it", "action": "toy.shut", "with": {"database": "${target.primary}"}}
FLIP = {"id": "flip", "title": "Flip it", "action": "toy.harmless", "with": {"name": "west", "to": "on"}}
CANARY = "s3cr3t-canary-switch"


def database(host: str, **more: Any) -> dict[str, Any]:
    return {"kind": "postgres", "region": "us-west-2", "host": host, "database": "customers", "user": "dr_bot"} | more


REAL, REHEARSED = database("production-west"), database("staging-west", port=6432)


@pytest.fixture
def running(database_url: str, tmp_path: Path) -> Iterator[Lab]:
    places = {"production": REAL, "staging": REHEARSED}
    environments = {name: {"targets": {"database": {"primary": entry}}} for name, entry in places.items()}
    books = {"shut": {"steps": [SHUT]}, "flip": {"steps": [FLIP]}}
    lab = make_lab(database_url, tmp_path, itertools.count(1), books, environments=environments)
    with lab.running():
        yield lab
    lab.close()


def drill(lab: Lab) -> Incident:
    declare = c.Declare(
        actor=lab.actor("alice"),
        number=0,
        title="rehearsal",
        severity="sev1",
        systems=("database",),
        drill=True,
        environment="staging",
    )
    incident = lab.desk.declare(declare, key=f"key-{next(lab.numbers)}")
    return lab.give(incident, c.Start, "alice", runbook="shut", system="database")


@pytest.mark.parametrize(
    "elsewhere", [REAL, REHEARSED | {"host": "production-west"}, REHEARSED | {"database": "orders"}]
)
def test_a_drill_replanned_to_another_target_is_refused(running: Lab, elsewhere: dict[str, Any]) -> None:
    """What its environment does not list, entry by entry, is neither looked at nor called, and the step says the way on."""
    incident = drill(running)
    running.wait(incident, "shut", "pending_approval")
    running.give(incident, c.Replan, "alice", run="R1", step="shut", changes={"database": elsewhere})
    blocked = running.wait(incident, "shut", "blocked")
    assert "database: " in blocked.finding
    assert "no target which the environment lists" in blocked.finding
    assert "look it up, like ${target.primary}" in blocked.finding
    assert {host for host, _ in running.board.calls} == {"staging-west"}


def test_a_drill_replanned_to_its_own_target_goes_on(running: Lab) -> None:
    """An entry that is written out is the same target, whatever is left to the defaults."""
    incident = drill(running)
    running.wait(incident, "shut", "pending_approval")
    running.give(
        incident, c.Replan, "alice", run="R1", step="shut", changes={"database": REHEARSED | {"tls": "verify-full"}}
    )
    running.wait(incident, "shut", "pending_approval")
    running.approve(incident, "shut", "bob")
    assert running.wait(incident, "shut", "completed").finding == "staging-west is shut."


def test_a_secret_that_an_action_quotes_reaches_no_row(running: Lab) -> None:
    """Whatever an action says of a failed call, a secret that was read goes into no event."""
    hide(CANARY)
    running.board.key = CANARY
    running.board.trouble["west"] = "quote"
    incident = running.declare()
    running.give(incident, c.Start, "alice", runbook="flip", system="database")
    assert running.wait(incident, "flip", "failed").reason == "The switch does not know the key ***."
    assert CANARY not in "".join(row.event.model_dump_json() for row in running.desk.timeline(incident.id))
