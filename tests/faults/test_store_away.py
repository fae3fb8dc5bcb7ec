"""The bot's own database is stopped, locked or full in the middle of a run."""

import itertools
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from bot.domain import commands as c
from bot.domain.errors import NotConfirmed
from bot.engine.ports import Action, Registry
from bot.playground.binaries import Binaries
from bot.playground.cloud import start_cloud
from bot.playground.postgres import Server
from bot.playground.processes import Processes, runs
from bot.store.errors import DatabaseFull, Locked
from tests.faults import invariants
from tests.faults.gate import Place, Trap
from tests.faults.matrix import Outcome, Scenario, play
from tests.faults.nursery import Nursery
from tests.faults.people import actor
from tests.faults.world import World, recovery_world
from tests.integration.lab import Lab, Switchboard, flip_action, make_lab

AWAY_SECONDS = 8.0
UNDER_WAY_SECONDS = 3.0  # from the last look at the database to a call that arrives, on a busy machine
CHANGE = "route53 ChangeResourceRecordSets"
MOMENTS = (
    Trap(Place("route53 ListResourceRecordSets", 1), "after", "deed"),  # a plan is about to be shown
    Trap(Place("route53 ListResourceRecordSets", 2), "after", "deed"),  # a start is about to be recorded
    Trap(Place("sts GetCallerIdentity", 1), "after", "deed"),  # between the recorded start and the call
    Trap(Place(CHANGE, 1), "after", "deed"),  # the result is about to be recorded
    Trap(Place("smtp mail", 1), "after", "deed"),  # a delivery is about to be recorded
)
FLIP = {"id": "flip", "title": "Flip it", "action": "toy.flip", "with": {"name": "west", "to": "on"}}


@dataclass
class Absence:
    """Takes the database away when a trap is sprung, and brings it back a little later."""

    take: Callable[[], None]
    give_back: Callable[[], None]
    from_: float = 0.0
    until: float = 0.0

    def begin(self) -> None:
        self.take()
        self.from_ = time.monotonic()
        self.until = self.from_ + AWAY_SECONDS
        threading.Timer(AWAY_SECONDS, self.give_back).start()


def scenario() -> Scenario:
    return Scenario("recovery", {"probed": 1, "blind": 1, "fence": 1, "dns": 2, "balancer": 1}, mails=2)


def undergo(world: World, absence: Absence) -> list[Outcome]:
    """An undisturbed run, then one with the database away at each of the moments, all by one life of the bot.

    A locked SQLite can still be read: what its start was recorded for may go on.
    """
    told = scenario()
    world.start()
    told.learn(play(world, told, None).ledger)
    world.gate.deed = absence.begin
    outcomes = []
    for trap in MOMENTS:
        outcome = play(world, told, trap)
        assert outcome.sprung, trap
        executed = [
            k for k in outcome.ledger if k.step and absence.from_ + UNDER_WAY_SECONDS < k.arrived_at < absence.until
        ]
        if not world.bot.database.is_sqlite:
            outcome.faults += [f"{call.place} while the database was away" for call in executed]
        outcomes.append(outcome)
    assert runs(world.gate.victim)
    assert world.life.starts == 1
    return outcomes


def faults(outcomes: list[Outcome]) -> list[str]:
    return [f"{outcome.trap}: {fault}" for outcome in outcomes for fault in outcome.faults]


def test_postgresql_stopped_in_the_middle(
    home: Path, pg_binaries: Binaries, processes: Processes, nursery: Nursery
) -> None:
    """Ended at once and back after 8 s: meanwhile nothing executes; then everything goes on, nothing twice or lost."""
    server = Server.create(pg_binaries, processes, home / "store")
    server.start()
    absence = Absence(lambda: server.stop("immediate"), server.start)
    with recovery_world(home, server.url(), start_cloud(processes, home), nursery) as world:
        outcomes = undergo(world, absence)
        assert faults(outcomes) == []
        assert invariants.faults_of_chain(world.bot.database) == []
    server.stop()


def test_sqlite_locked_in_the_middle(home: Path, sqlite_url: str, processes: Processes, nursery: Nursery) -> None:
    """Another process writes for 8 s: the run waits and goes on, nothing twice or lost."""
    with closing(sqlite3.connect(home / "dr.db", isolation_level=None, check_same_thread=False)) as other:
        absence = Absence(lambda: lock(other), lambda: unlock(other))
        with recovery_world(home, sqlite_url, start_cloud(processes, home), nursery) as world:
            outcomes = undergo(world, absence)
            assert faults(outcomes) == []
            assert invariants.faults_of_chain(world.bot.database) == []


def lock(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA busy_timeout=5000")
    connection.execute("BEGIN IMMEDIATE")


def unlock(connection: sqlite3.Connection) -> None:
    connection.execute("ROLLBACK")


def test_dr_answers_soon_while_sqlite_is_locked(
    home: Path, sqlite_url: str, processes: Processes, nursery: Nursery
) -> None:
    """The command says in one line that the database is busy, or does not answer, and nothing of it is recorded."""
    with recovery_world(home, sqlite_url, start_cloud(processes, home), nursery) as world:
        incident = world.people().declare("Down", "shop")
        before = len(world.bot.desk.timeline(incident.id))
        with closing(sqlite3.connect(home / "dr.db", isolation_level=None)) as other:
            lock(other)
            began = time.monotonic()
            with pytest.raises((Locked, NotConfirmed)):
                world.bot.desk.give(incident.id, c.Note(actor=actor("alice"), text="hello"), key="note-1")
            took = time.monotonic() - began
            said = run(
                world, home, "note", incident.id, "hello", "--as", "alice", "--key", str(home / "keys" / "alice")
            )
            unlock(other)
        assert took < 5.0
        assert said.startswith(("The database is busy", "Not confirmed: the database did not answer in time."))
        assert len(said.strip().splitlines()) == 1
        assert len(world.bot.desk.timeline(incident.id)) == before
        world.bot.desk.give(incident.id, c.Note(actor=actor("alice"), text="hello"), key="note-1")
        assert len(world.bot.desk.timeline(incident.id)) == before + 1


def run(world: World, home: Path, *arguments: str) -> str:
    """What a `dr` command says, once it has ended."""
    log = home / f"dr-{time.monotonic()}.log"
    environment = {**world.environment, "DR_LOG_LEVEL": "info"}
    pid = world.life.nursery.start(environment, log, *arguments)
    deadline = time.monotonic() + 60
    while runs(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return log.read_text()


# --- a full database, in this process ------------------------------------------------------------------------------------


@dataclass
class Disk:
    """A limit on the SQLite file: with `full` no page is added any more."""

    full: bool = False

    def limit(self, connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count={1 if self.full else 1_000_000}").close()


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[tuple[Lab, Disk]]:
    board = Switchboard()
    lab = make_lab(f"sqlite:///{tmp_path}/dr.db", tmp_path, itertools.count(1), {"one": {"steps": [FLIP]}}, board)
    disk = Disk()
    event.listen(lab.desk.database.engine, "checkout", lambda connection, record, _: disk.limit(connection, record))
    yield lab, disk
    lab.desk.close()
    lab.desk.database.close()


def fill(lab: Lab, incident_id: str, length: int, key: str) -> tuple[int, str]:
    """Notes until no more fit: how many were acknowledged, and what the next one was answered."""
    for count in itertools.count():
        try:
            note = c.Note(actor=lab.actor("alice"), text="x" * length)
            lab.desk.give(incident_id, note, key=f"{key}-{count}")
        except DatabaseFull as full:
            return count, str(full)
    raise AssertionError


def test_a_full_database_refuses_clearly_and_keeps_what_it_acknowledged(lab: tuple[Lab, Disk]) -> None:
    """Every acknowledged note is there, none other, the chain holds; with room again the same command is taken."""
    desk, disk = lab[0].desk, lab[1]
    incident = lab[0].declare()
    disk.full = True
    acknowledged, answer = fill(lab[0], incident.id, 900, "note")
    assert answer.startswith("The database is full")
    assert desk.find(incident.id).notes == acknowledged
    disk.full = False
    desk.give(incident.id, c.Note(actor=lab[0].actor("alice"), text="x"), key=f"note-{acknowledged}")
    assert desk.find(incident.id).notes == acknowledged + 1
    assert invariants.faults_of_chain(desk.database) == []


def test_a_full_database_lets_no_call_out(lab: tuple[Lab, Disk], eventually: Callable[..., bool]) -> None:
    """The disk fills up between the approval and the start: nothing is called until the intent can be recorded."""
    laboratory, disk = lab
    planned = threading.Event()

    def fills_the_disk(params: Any, context: Any) -> str:
        if planned.is_set() and not disk.full:
            disk.full = True
            fill(laboratory, incident.id, 900, "long")
            fill(laboratory, incident.id, 1, "short")  # until the last page is full
        return laboratory.board.values.get(params.name, "off")

    flip: Action[Any, Any] = replace(flip_action(laboratory.board), observe=fills_the_disk)
    laboratory.desk = replace(laboratory.desk, registry=Registry({"toy.flip": flip}, {}))
    with laboratory.running():
        incident = laboratory.started("one")
        laboratory.wait(incident, "flip", "pending_approval")
        planned.set()
        laboratory.approve(incident, "flip", "bob")
        assert eventually(lambda: disk.full)
        assert not eventually(lambda: bool(laboratory.board.calls), 1.5)
        disk.full = False
        planned.clear()
        laboratory.wait(incident, "flip", "completed", seconds=30)
    assert [token for _, token in laboratory.board.calls] == [f"{incident.id}/R1/flip/1"]
