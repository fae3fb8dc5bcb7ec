"""SQLite's side of the store: how a connection is set up, and how its one writer at a time is chosen."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from sqlalchemy import URL, Connection, Engine, event
from sqlalchemy.exc import DBAPIError

from bot.store.errors import Locked
from bot.store.failures import failure_kind, sentence

SHORTEST_WAIT_MS = 1


def prepare(engine: Engine, busy_timeout_ms: int) -> None:
    """Every connection: durable commits, readers that never wait for a writer, a short wait between writers."""

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in (
            f"busy_timeout={busy_timeout_ms}",
            "synchronous=FULL",
            "foreign_keys=ON",
            "recursive_triggers=ON",  # without it REPLACE deletes rows behind the append-only triggers' back
        ):
            connection.execute(f"PRAGMA {pragma}").close()
        write_ahead(connection, time.monotonic() + busy_timeout_ms / 1000)


def write_ahead(connection: sqlite3.Connection, deadline: float) -> None:
    """Turn the log on. While several processes do so on a new file SQLite refuses at once instead of waiting."""
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                raise
            time.sleep(SHORTEST_WAIT_MS / 1000)
        else:
            return


class Turns:
    """Who writes next. SQLite's own wait is a poll of up to 100 ms, which some writers lose again and again under load:
    here the threads of one process queue for a lock, and only the first of them polls, each millisecond."""

    def __init__(self, busy_timeout_ms: int) -> None:
        self._lock = Lock()
        self._busy_timeout_ms = busy_timeout_ms

    @contextmanager
    def turn(self, until: Callable[[], float]) -> Iterator[None]:
        """This thread's turn among the writers of its process; raises Locked past `until` (monotonic seconds)."""
        while not self._lock.acquire(timeout=max(0.0, until() - time.monotonic())):
            if time.monotonic() >= until():
                raise Locked(sentence(Locked, "write", "other commands are being recorded"))
        try:
            yield
        finally:
            self._lock.release()

    def begin(self, connection: Connection, deadline: float) -> None:
        """Take the write lock at once: the driver would do so at the first write only, and what was read before it
        could have changed by then."""
        connection.exec_driver_sql(f"PRAGMA busy_timeout={SHORTEST_WAIT_MS}")
        try:
            while not begun(connection, last=time.monotonic() >= deadline):
                pass
        finally:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={self._busy_timeout_ms}")


def begun(connection: Connection, *, last: bool) -> bool:
    """Whether the write lock is ours now; the last try raises the driver's error."""
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except DBAPIError as error:
        if last or failure_kind(error) is not Locked:
            raise
        return False
    return True


def has_file(url: URL) -> bool:
    """A database in memory would be another one for each connection."""
    return url.database not in (None, "", ":memory:")
