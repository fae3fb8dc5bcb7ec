"""One attempt is called once, and its call is not disturbed, however often and however late its job is given."""

import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain import commands as c
from bot.domain.incident import Incident
from bot.engine.durable import Job
from bot.engine.replica import LEASE
from bot.store import moments
from tests.integration.lab import Lab, Switchboard, make_lab

FLIP = {"id": "flip", "title": "Flip it", "action": "toy.flip", "with": {"name": "west", "to": "on"}}
CHECK = {"id": "check", "title": "Is it well?", "check": "toy.health"}
RUNBOOKS = {"one": {"steps": [FLIP]}, "check": {"steps": [CHECK]}}


class SlowBoard(Switchboard):
    """A world whose answer to a call, or to a look, is waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.called, self.answer = threading.Event(), threading.Event()
        self.lookers = self.most_lookers = 0
        self.calls = Calls(self)

    @property
    def healthy(self) -> bool:
        self.lookers += 1
        self.most_lookers = max(self.most_lookers, self.lookers)
        time.sleep(0.3)
        self.lookers -= 1
        return True

    @healthy.setter
    def healthy(self, _: bool | None) -> None:
        pass


class Calls(list[Any]):
    """The ledger of a slow board: its entry is made at once, its answer comes when the test says so."""

    def __init__(self, board: SlowBoard) -> None:
        super().__init__()
        self.board = board

    def append(self, call: Any) -> None:
        super().append(call)
        self.board.called.set()
        assert self.board.answer.wait(120)


@pytest.fixture
def slow(database_url: str, tmp_path: Path) -> Iterator[Lab]:
    lab = make_lab(database_url, tmp_path, itertools.count(1), RUNBOOKS, SlowBoard())
    with lab.running():
        yield lab
    lab.close()


def board(lab: Lab) -> SlowBoard:
    assert isinstance(lab.board, SlowBoard)
    return lab.board


def called(lab: Lab) -> Incident:
    """An incident whose one step is approved, started and called; the answer is still out."""
    incident = lab.started("one")
    lab.wait(incident, "flip", "pending_approval")
    lab.approve(incident, "flip", "bob")
    assert board(lab).called.wait(60)
    return incident


def finish(lab: Lab, incident: Incident) -> None:
    """The answer comes: the step completes, was called once and was never in doubt."""
    board(lab).answer.set()
    lab.wait(incident, "flip", "completed")
    assert lab.board.calls == [("west", f"{incident.id}/R1/flip/1")]
    assert "StepInDoubt" not in lab.types(incident)


def test_a_job_that_is_given_again_does_not_disturb_the_call(slow: Lab) -> None:
    """The same attempt comes up a second time while its call is being answered: it is no crash."""
    incident = called(slow)
    again = Job("attempt", "again", "steps", (incident.id, "R1", "flip", 1))
    slow.desk.transact(lambda connection, _: slow.desk.enqueue(connection, again))
    time.sleep(1.0)
    finish(slow, incident)


def test_a_run_resumed_long_after_its_approval_is_not_doubted(slow: Lab) -> None:
    """Its job and the one given in case that was lost come together."""
    incident = slow.started("one")
    slow.wait(incident, "flip", "pending_approval")
    slow.give(incident, c.Pause, "alice", run="R1")
    slow.approve(incident, "flip", "bob")
    slow.advance(120)
    slow.give(incident, c.Resume, "alice", run="R1")
    assert board(slow).called.wait(60)
    time.sleep(1.0)
    finish(slow, incident)


def test_a_replica_never_takes_over_from_itself(slow: Lab) -> None:
    """The clock jumps past its lease again and again before it can renew it: what it does goes on."""
    time.sleep(LEASE.total_seconds())  # a new replica judges nobody
    incident = called(slow)
    for _ in range(10):
        slow.advance(LEASE.total_seconds())
        time.sleep(0.3)
    finish(slow, incident)


def test_a_check_is_not_asked_twice_at_once(slow: Lab) -> None:
    """Its first look is made by the moment that its start sets, and by nobody else."""
    incident = slow.started("check")
    slow.wait(incident, "check", "completed")
    assert board(slow).most_lookers == 1


def test_who_waits_for_a_target_leaves_no_moment_behind(database_url: str, tmp_path: Path) -> None:
    """A stop that comes just as the target is found held takes the waiting away for good."""
    lab = make_lab(database_url, tmp_path, itertools.count(1), RUNBOOKS)
    incident = lab.started("one")
    runner = lab.replica().runner
    runner._soon_again(incident.id, "attempt/R1/flip")
    rows = lab.desk.transact(lambda connection, _: moments.keys(connection, incident.id))
    assert "attempt/R1/flip" not in rows
    lab.close()
