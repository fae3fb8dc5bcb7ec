"""Transactions on both databases, and what a person is told when the database fails."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, event, text

from bot.domain.errors import NotConfirmed, NotRecorded
from bot.playground.postgres import Server
from bot.store import streams
from bot.store.database import Database
from bot.store.errors import BadDatabaseUrl, CommitUnknown, DatabaseFull, DatabaseGone, Locked, ReadOnly
from bot.store.migrate import upgrade
from bot.store.schema import numbers

END_SESSION = text("SELECT pg_terminate_backend(pg_backend_pid())")


@pytest.fixture
def postgresql(pg_database: str) -> Iterator[Database]:
    database = Database(pg_database)
    upgrade(database)
    yield database
    database.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/dr.db", busy_timeout_ms=100)
    upgrade(database)
    yield database
    database.close()


def count(database: Database) -> int:
    with database.begin() as connection:
        return streams.next_number(connection, "INC")


def counted(connection: Connection) -> int | None:
    return connection.execute(text("SELECT value FROM numbers")).scalar()


def test_an_error_in_the_block_rolls_everything_back(database: Database) -> None:
    """An exception passes through unchanged and nothing of the block stays."""

    def fail() -> None:
        with database.begin() as connection:
            streams.next_number(connection, "INC")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with database.read() as connection:
        assert counted(connection) is None


def test_a_reader_and_a_writer_do_not_wait_for_each_other(database: Database) -> None:
    """While a writer is busy others read what was committed; a reader sees one moment however long it reads."""
    count(database)
    with database.begin() as writer:
        streams.next_number(writer, "INC")
        with database.read() as reader:
            assert counted(reader) == 1
    with database.read() as reader:
        assert counted(reader) == 2
        count(database)
        assert counted(reader) == 2


def test_a_reader_can_not_change_postgresql(postgresql: Database) -> None:
    """A transaction opened for reading refuses to write, and the next one on that connection may write again."""
    with pytest.raises(ReadOnly), postgresql.read() as connection:
        connection.execute(numbers.insert(), {"name": "INC", "value": 1})
    assert count(postgresql) == 1


def test_a_busy_database_is_told_within_the_limit(database: Database) -> None:
    """Where another holds the lock for too long, the answer does not wait for it: nothing was recorded."""
    count(database)
    with database.begin() as holder:
        streams.next_number(holder, "INC")
        started = time.monotonic()
        with pytest.raises(Locked, match=r"busy .*Nothing was recorded.*Try again"):
            interactive_count(database)
        assert time.monotonic() - started < 5  # the engine's own wait is ten seconds
    assert count(database) == 3


def test_a_connection_that_comes_back_late_is_closed(database: Database) -> None:
    """Whoever still reads when the database is closed leaves no connection behind."""
    with database.read() as connection:
        late = connection.connection.dbapi_connection
        assert late is not None
        database.close()
        assert connection.execute(text("SELECT 1")).scalar() == 1
    with pytest.raises((sqlite3.ProgrammingError, psycopg.OperationalError), match="closed"):
        late.cursor().execute("SELECT 1")


def test_a_queue_that_moves_is_waited_for(tmp_path: Path) -> None:
    """Many people at once: each waits longer than for a lock, but nobody is sent away while the others are recorded."""

    def slow_count() -> int:
        with database.begin(interactive=True) as connection:
            time.sleep(0.15)
            return streams.next_number(connection, "INC")

    url = f"sqlite:///{tmp_path}/dr.db"
    with closing(Database(url, busy_timeout_ms=1000, queue_seconds=60)) as database:
        upgrade(database)
        with ThreadPoolExecutor(10) as people:
            found = [people.submit(slow_count) for _ in range(10)]
        assert sorted(one.result() for one in found) == list(range(1, 11))


def interactive_count(database: Database) -> int:
    with database.begin(interactive=True) as connection:
        return streams.next_number(connection, "INC")


def test_another_process_may_hold_the_lock(sqlite: Database) -> None:
    """A lock that isn't of this process is waited for as long, told alike, and taken once it is free."""
    other = sqlite3.connect(sqlite.path or "", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    with pytest.raises(Locked, match=r"busy \(database is locked\)"):
        interactive_count(sqlite)
    assert 0.1 <= time.monotonic() - started < 5
    with closing(Database(sqlite.url, busy_timeout_ms=10_000)) as patient:
        release = threading.Timer(0.05, other.close)
        release.start()
        assert interactive_count(patient) == 1
        release.join()


def test_a_slow_statement_is_stopped(postgresql: Database) -> None:
    """A statement that a person waits for ends at its limit; one of the engine's own may take its time."""
    with pytest.raises(Locked, match="statement timeout"), postgresql.begin(interactive=True) as connection:
        connection.execute(text("SELECT pg_sleep(5)"))
    with postgresql.begin() as connection:
        connection.execute(text("SELECT pg_sleep(0.8)"))
        limits = connection.execute(text("SHOW idle_in_transaction_session_timeout")).scalar()
    assert limits == "10s"


def test_a_full_pool_is_told(tmp_path: Path) -> None:
    """When every connection is in use the answer is that the database is busy."""
    database = Database(f"sqlite:///{tmp_path}/dr.db", pool_size=1, pool_timeout=0.05)
    upgrade(database)
    with (
        database.read(),
        database.read(),
        pytest.raises(Locked, match="every connection is in use"),
        database.read(),
    ):
        pass
    database.close()


def test_a_full_disk_records_nothing(sqlite: Database) -> None:
    """A write beyond the room there is fails as a whole, and the database goes on once there is room again."""

    @event.listens_for(sqlite.engine, "checkout")
    def no_room(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA max_page_count=1")

    with pytest.raises(DatabaseFull, match=r"full .*Nothing was recorded.*room"), sqlite.begin() as connection:
        connection.execute(numbers.insert(), [{"name": "x" * 1000 + str(n), "value": n} for n in range(100)])
    event.remove(sqlite.engine, "checkout", no_room)
    sqlite.close()
    with sqlite.read() as reader:
        assert counted(reader) is None
    assert count(sqlite) == 1


def test_a_read_only_sqlite_file_is_told(sqlite: Database) -> None:
    """Where SQLite may not write the answer says so."""

    @event.listens_for(sqlite.engine, "checkout")
    def no_right(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA query_only=ON")

    with pytest.raises(ReadOnly, match=r"takes no writes .*Nothing was recorded"):
        count(sqlite)


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A SQLite file that can't be opened is named as a database that doesn't answer."""
    database = Database(f"sqlite:///{tmp_path}/missing/dr.db")
    with pytest.raises(DatabaseGone, match="unable to open"), database.read():
        pass


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    """A file of something else is not taken for an empty database."""
    (tmp_path / "notes.db").write_text("These are notes. " * 100)
    with pytest.raises(DatabaseGone, match="not a database"):
        upgrade(Database(f"sqlite:///{tmp_path}/notes.db"))


def test_a_session_that_ends_in_the_middle(postgresql: Database) -> None:
    """The server ends the session before the commit: nothing was recorded, and the next command works."""

    def be_cut_off() -> None:
        with postgresql.begin() as connection:
            streams.next_number(connection, "INC")
            connection.execute(END_SESSION)

    with pytest.raises(DatabaseGone, match="Nothing was recorded") as caught:
        be_cut_off()
    assert isinstance(caught.value, NotRecorded)
    assert count(postgresql) == 1


def test_a_session_that_ends_in_the_commit(postgresql: Database) -> None:
    """The server goes away between COMMIT and its answer: nobody can say, so the answer is that it isn't confirmed."""
    with postgresql.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION leave() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$"
            )
        )
        connection.execute(
            text(
                "CREATE CONSTRAINT TRIGGER leave AFTER INSERT ON numbers DEFERRABLE INITIALLY DEFERRED"
                " FOR EACH ROW EXECUTE FUNCTION leave()"
            )
        )
    with pytest.raises(CommitUnknown, match=r"Not confirmed: look before") as caught:
        count(postgresql)
    assert isinstance(caught.value, NotConfirmed)
    assert not isinstance(caught.value, NotRecorded)


def test_a_server_that_restarts(postgresql: Database, pg_server: Server) -> None:
    """While the server is down every use says so at once; when it is back the same object works on."""
    assert count(postgresql) == 1
    pg_server.stop("immediate")
    try:
        with pytest.raises(DatabaseGone, match="does not answer"):
            count(postgresql)
        with pytest.raises(DatabaseGone, match="does not answer"), postgresql.read():
            pass
    finally:
        pg_server.start()
    assert count(postgresql) == 2


def test_the_password_is_never_shown(pg_database: str) -> None:
    """Neither repr nor the name nor an error of a refused login holds the password."""
    url = pg_database.replace("postgres:", "nobody:", 1)
    password = url.partition("nobody:")[2].partition("@")[0]
    database = Database(url)
    with pytest.raises(DatabaseGone) as caught, database.read():
        pass
    for shown in (repr(database), database.name, str(caught.value), repr(caught.value.__cause__)):
        assert password not in shown
    assert password in database.url


@pytest.mark.parametrize("url", ["", "dr.db", "sqlite://", "sqlite:///:memory:", "mysql://u:hunter2@h/d", "://hunter2"])
def test_other_urls_are_refused(url: str) -> None:
    """A URL that names no file and no server is refused with the two forms that work, and not repeated."""
    with pytest.raises(BadDatabaseUrl, match=r"sqlite:///dr.db or postgresql://") as caught:
        Database(url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("login", ["dr:hunt@er2", "dr:hunt@er2@", "d/r:hunter2"])
def test_url_whose_password_would_pass_for_the_host_is_refused(login: str) -> None:
    """Nobody is told where the host begins by an error that names half of the password."""
    with pytest.raises(BadDatabaseUrl, match="Write it as %40") as caught:
        Database(f"postgresql://{login}@nowhere.invalid/dr")
    assert "er2" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_works(pg_database: str, scheme: str) -> None:
    """The three schemes that people and platforms write lead to the same database."""
    database = Database(pg_database.replace("postgresql+psycopg", scheme, 1))
    with database.read() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
    database.close()


def test_sqlite_commits_are_durable(sqlite: Database) -> None:
    """Every connection writes ahead and waits for the disk."""
    with sqlite.read() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_writers_in_one_process_take_turns(database_url: str) -> None:
    """Thirty writers at once, each with a decision between reading and writing, all get through."""

    def add(_: int) -> None:
        with database.begin(interactive=True) as connection:
            streams.next_number(connection, "INC")
            time.sleep(0.002)

    with closing(Database(database_url, busy_timeout_ms=10_000)) as database:
        upgrade(database)
        threads = [threading.Thread(target=add, args=(number,)) for number in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        assert count(database) == 31
