"""The timeline's streams on both databases."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.domain.events import NoteAdded, SeverityChanged
from bot.domain.timeline import GENESIS, Actor, Event, Recorded, record
from bot.store import projections, streams
from bot.store.database import Database
from bot.store.errors import Conflict

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ALICE = Actor(person="alice", via="cli")


def rows(stream: str, *notes: str, after: int = 0, prev: str = GENESIS, at: datetime = NOON) -> list[Recorded]:
    return record([NoteAdded(text=note) for note in notes], stream=stream, after=after, prev=prev, at=at, actor=ALICE)


def write(database: Database, recorded: list[Recorded]) -> None:
    with database.begin() as connection:
        streams.append(connection, recorded)


def at_once(count: int, call: Callable[[int], object]) -> list[object]:
    """Call from several threads that set off together; what each returned or raised."""
    barrier = threading.Barrier(count)

    def one(number: int) -> object:
        barrier.wait(timeout=60)
        return call(number)

    with ThreadPoolExecutor(count) as pool:
        futures = [pool.submit(one, number) for number in range(count)]
        return [future.exception() or future.result() for future in futures]


def test_what_was_appended_is_loaded_alike(database: Database) -> None:
    """Events come back equal, in order, with their place, actor and hashes, whatever characters they hold."""
    events: list[Event] = [NoteAdded(text="a\x00b 'quoted' ünï \U0001f600\nline"), SeverityChanged(severity="sev1")]
    recorded = record(events, stream="INC-1", after=0, prev=GENESIS, at=NOON + timedelta(microseconds=7), actor=ALICE)
    write(database, recorded)
    write(database, rows("INC-2", "another stream"))
    with database.read() as connection:
        assert streams.load(connection, "INC-1") == recorded
        assert streams.load(connection, "INC-1", after=1) == recorded[1:]
        assert streams.head(connection, "INC-1") == (2, recorded[-1].hash)
        assert streams.head(connection, "INC-9") == (0, GENESIS)


def test_of_two_writers_one_wins(database: Database) -> None:
    """Of several writers that decided from the same head exactly one is recorded; the others get a Conflict."""
    outcomes = at_once(4, lambda number: write(database, rows("INC-1", f"by {number}", "and more")))
    refused = [outcome for outcome in outcomes if outcome is not None]
    assert [type(outcome) for outcome in refused] == [Conflict] * 3
    with database.read() as connection:
        assert [item.seq for item in streams.load(connection, "INC-1")] == [1, 2]


def test_a_conflict_takes_everything_else_along(database: Database) -> None:
    """What a transaction wrote before its Conflict isn't there afterwards."""
    write(database, rows("INC-1", "first"))

    def write_both() -> None:
        with database.begin() as connection:
            streams.remember_key(connection, "click-1", streams.Place("INC-1", 1), NOON)
            streams.append(connection, rows("INC-1", "first again"))

    with pytest.raises(Conflict, match="INC-1"):
        write_both()
    with database.read() as connection:
        assert streams.key_seen(connection, "click-1") is None


def test_a_request_is_found_by_what_it_recorded(database: Database) -> None:
    """By its own key, or by one of its commands'; never by one that only begins alike."""
    write(database, rows("INC-1", "first"))
    with database.begin() as connection:
        for key in ("click-1:R1", "click-22", "click-3"):
            streams.remember_key(connection, key, streams.Place("INC-1", 1), NOON)
    with database.read() as connection:
        found = [streams.request_seen(connection, f"click-{number}") is not None for number in (1, 2, 3)]
    assert found == [True, False, True]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET data = '{}' WHERE seq = 1",
        "DELETE FROM events",
        "INSERT INTO events SELECT stream, 0, type, at, actor, data, prev, hash FROM events",
    ],
)
def test_the_timeline_is_append_only(database: Database, statement: str) -> None:
    """The database itself refuses to change or remove a row, or to add one before the first."""
    write(database, rows("INC-1", "first"))
    with pytest.raises(DBAPIError, match=r"append-only|seq"), database.begin() as connection:
        connection.execute(text(statement))
    with database.read() as connection:
        assert len(streams.load(connection, "INC-1")) == 1


def test_other_ways_to_overwrite_are_refused(database: Database) -> None:
    """SQLite's REPLACE and PostgreSQL's TRUNCATE meet the same triggers."""
    write(database, rows("INC-1", "first"))
    statement = "REPLACE INTO events SELECT * FROM events" if database.is_sqlite else "TRUNCATE events"
    with pytest.raises(DBAPIError, match="append-only"), database.begin() as connection:
        connection.execute(text(statement))


def test_a_key_is_remembered_once(database: Database) -> None:
    """A command's key leads to where it was recorded; a second writer of the same key gets a Conflict."""
    place = streams.Place("INC-1", 3)

    def remember(_: int) -> None:
        with database.begin() as connection:
            streams.remember_key(connection, "click-1", place, NOON)

    outcomes = at_once(3, remember)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "Conflict", "NoneType"]
    with database.read() as connection:
        assert streams.key_seen(connection, "click-1") == place
        assert streams.key_seen(connection, "click-2") is None


def test_numbers_have_no_gap_and_no_double(database: Database) -> None:
    """Many at once get 1 to n, each once; a rolled back transaction gives its number back; names count apart."""

    def take(number: int) -> int:
        with database.begin() as connection:
            value = streams.next_number(connection, "INC")
            if number % 4 == 0:
                raise ZeroDivisionError
        return value

    outcomes = at_once(12, take)
    assert sorted(outcome for outcome in outcomes if isinstance(outcome, int)) == list(range(1, 10))
    with database.begin() as connection:
        assert streams.next_number(connection, "DRILL") == 1


def test_recent_events_are_counted_by_person(database: Database) -> None:
    """Only this type, this person and this span count, in every stream."""
    write(database, rows("INC-1", "too early", at=NOON - timedelta(seconds=1)))
    write(database, rows("INC-2", "one", "two"))
    write(database, rows("INC-3", "three", at=NOON + timedelta(hours=1)))
    with database.read() as connection:
        assert streams.count_recent(connection, "NoteAdded", NOON, "alice") == 3
        assert streams.count_recent(connection, "NoteAdded", NOON, "bob") == 0
        assert streams.count_recent(connection, "GlassBroken", NOON, "alice") == 0


def incident(number: int, *, open_: bool = True, title: str = "Orders fail") -> projections.IncidentRow:
    return projections.IncidentRow(
        id=f"INC-{number}",
        number=number,
        state="active",
        severity="sev1",
        title=title,
        systems=("customer-database", "shop"),
        drill=False,
        private=True,
        commander=None,
        since=NOON,
        declared_at=NOON + timedelta(minutes=5),
        next_update_at=None if number == 1 else NOON + timedelta(minutes=35),
        waiting="waits for 2 approvals",
        seq=4,
        open=open_,
    )


def test_the_list_of_incidents(database: Database) -> None:
    """Lines come back equal, newest first; a closed incident is listed only when asked for."""
    with database.begin() as connection:
        for number in (1, 2, 10):
            projections.put_incident(connection, incident(number))
        projections.put_incident(connection, incident(2, open_=False, title="Now closed"))
    with database.read() as connection:
        assert projections.list_incidents(connection) == [incident(10), incident(1)]
        closed = incident(2, open_=False, title="Now closed")
        assert projections.list_incidents(connection, include_closed=True) == [incident(10), closed, incident(1)]
        assert streams.open_streams(connection) == ["INC-1", "INC-10"]
