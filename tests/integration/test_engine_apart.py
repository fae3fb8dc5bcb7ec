"""Looks never stand in the way of a call, a person who asks for one gets it, and no replica trusts what was lost."""

import itertools
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.domain import commands as c
from bot.engine.durable import QUEUES
from bot.store import moments
from tests.integration.lab import Lab, Switchboard, make_lab
from tests.integration.test_engine import eventually

FLIP = {"id": "flip", "title": "Flip it", "action": "toy.harmless", "with": {"name": "west", "to": "on"}}
CHECK = {"id": "check", "title": "Is it well?", "check": "toy.health"}
CHECKS = [CHECK | {"id": f"check{number}", "needs": []} for number in range(QUEUES["looks"].at_once + 1)]
RUNBOOKS = {"one": {"steps": [FLIP]}, "checks": {"steps": CHECKS}}


class HangingBoard(Switchboard):
    """A world that does not answer who looks at its health."""

    def __init__(self) -> None:
        self.answer, self.lookers = threading.Event(), 0
        super().__init__()

    @property
    def healthy(self) -> bool:
        self.lookers += 1
        assert self.answer.wait(120)
        return True

    @healthy.setter
    def healthy(self, _: bool | None) -> None:
        pass


@pytest.fixture
def lab(database_url: str, tmp_path: Path) -> Iterator[Lab]:
    lab = make_lab(database_url, tmp_path, itertools.count(1), RUNBOOKS)
    yield lab
    lab.close()


def test_looks_that_hang_delay_no_call(database_url: str, tmp_path: Path) -> None:
    """As many looks as there may be at once get no answer; a step of another incident is called all the same."""
    board = HangingBoard()
    lab = make_lab(database_url, tmp_path, itertools.count(1), RUNBOOKS, board)
    with lab.running():
        lab.started("checks")
        assert eventually(lambda: board.lookers >= QUEUES["looks"].at_once, 60)
        lab.started("one")
        called = eventually(lambda: bool(board.calls), 60)
        board.answer.set()
        assert called
    lab.close()


def test_who_asks_to_look_again_is_not_kept_waiting(lab: Lab) -> None:
    """The next look at a call in doubt is due as soon as a person asks for it."""
    lab.board.trouble["west"] = "lost"
    with lab.running():
        incident = lab.started("one")
        lab.wait(incident, "flip", "in_doubt")
    year = timedelta(days=365)
    lab.desk.transact(lambda connection, now: moments.rearm(connection, incident.id, "look/R1/flip", now + year))
    lab.give(incident, c.Settle, "bob", run="R1", step="flip", outcome="look_again")
    due = lab.desk.transact(lambda connection, now: [row.key for row in moments.due(connection, now, 100)])
    assert "look/R1/flip" in due


def test_a_timeline_that_lost_its_end_is_read_anew(lab: Lab, database_url: str, tmp_path: Path) -> None:
    """A standby without the last commit takes over: what this process remembers of it counts no more."""
    incident = lab.declare()
    lost = lab.give(incident, c.Note, "alice", text="lost")
    database = lab.desk.database
    with database.begin() as connection:
        connection.execute(
            text(f"DROP TRIGGER {'events_no_delete' if database.is_sqlite else 'events_append_only ON events'}")
        )
        connection.execute(text("DELETE FROM events WHERE seq = :seq"), {"seq": lost.seq})
    assert lab.desk.find(incident.id).notes == 0
    other = make_lab(database_url, tmp_path, lab.numbers, RUNBOOKS)
    kept = other.give(incident, c.Note, "bob", text="kept")
    assert lab.desk.find(incident.id).head == kept.head != lost.head
    after = lab.give(incident, c.Note, "alice", text="again")
    assert (after.notes, after.seq) == (2, lost.seq + 1)
    other.close()


def test_a_job_that_was_taken_and_dropped_is_begun_after_all(lab: Lab) -> None:
    """The database went away between a replica's taking a job and beginning it: the same replica notices."""
    replica = lab.replica()
    taken = text(
        f"UPDATE {'' if lab.desk.database.is_sqlite else 'dbos.'}workflow_status SET status = 'PENDING',"
        f" executor_id = '{replica.runner_id}' WHERE name = 'announce'"
    )
    incident = lab.declare()
    lab.desk.transact(lambda connection, _: connection.execute(taken))
    replica.start()
    try:
        assert eventually(lambda: "initial_notification" in lab.desk.find(incident.id).posted, 20)
    finally:
        replica.stop()
