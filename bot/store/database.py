"""One database, SQLite or PostgreSQL: connections, transactions and their time limits."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError

from bot.store.errors import BadDatabaseUrl
from bot.store.failures import translated

POSTGRESQL_NAMES = ("postgresql", "postgres", "postgresql+psycopg")
SQLITE_NAMES = ("sqlite", "sqlite+pysqlite")
RIGHT_URL = "Write sqlite:///dr.db or postgresql://user@host/database."
# A black-holed server is noticed after three seconds instead of the kernel's quarter of an hour.
POSTGRESQL_OPTIONS = {
    "connect_timeout": 3,
    "tcp_user_timeout": 3000,
    "keepalives": 1,
    "keepalives_idle": 3,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "application_name": "dr-bot",
}
INTERACTIVE_LIMITS = text(
    "SELECT set_config('lock_timeout', :lock, true), set_config('statement_timeout', :statement, true)"
)


class Database:
    """The database behind a URL. Its engine is shared with the durable engine; `close` ends every connection."""

    def __init__(self, url: str, *, busy_timeout_ms: int = 500, pool_size: int = 20) -> None:
        """Connects at the first use only; raises BadDatabaseUrl."""
        self._url = parse_url(url)
        self._limits = {"lock": f"{busy_timeout_ms}ms", "statement": f"{busy_timeout_ms + 200}ms"}
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        self.engine = create_engine(
            self._url,
            hide_parameters=True,  # a statement's values stay out of tracebacks and logs
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=2.0,
            pool_pre_ping=not self.is_sqlite,
            connect_args={} if self.is_sqlite else POSTGRESQL_OPTIONS,
        )
        if self.is_sqlite:
            prepare_sqlite(self.engine, busy_timeout_ms)

    def __repr__(self) -> str:
        return f"Database({self.name})"

    @property
    def name(self) -> str:
        """The URL without its password."""
        return self._url.render_as_string(hide_password=True)

    @property
    def url(self) -> str:
        """The whole URL, password included: for drivers, never for people or logs."""
        return self._url.render_as_string(hide_password=False)

    @property
    def path(self) -> str | None:
        """The file of a SQLite database, else None."""
        return self._url.database if self.is_sqlite else None

    @contextmanager
    def begin(self, *, interactive: bool = False) -> Iterator[Connection]:
        """One writing transaction, committed at the end of the block.

        interactive: a person waits, so PostgreSQL's locks and statements get short limits (SQLite's always are).
        Raises Locked, DatabaseFull, ReadOnly or DatabaseGone, all of them NotRecorded; CommitUnknown at the commit.
        """
        with translated(self._url, "write"), self.engine.connect() as connection, connection.begin() as transaction:
            self._open(connection, interactive=interactive)
            yield connection
            with translated(self._url, "commit"):
                transaction.commit()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent snapshot that takes no write lock; it is rolled back at the end."""
        with translated(self._url, "read"), self.engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN")
                yield connection
            else:
                yield connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    def close(self) -> None:
        """Closes the pool; connections in use close when they come back."""
        self.engine.dispose()

    def _open(self, connection: Connection, *, interactive: bool) -> None:
        if self.is_sqlite:
            # The driver would begin only at the first write, and what was read before it could have changed by then.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        elif interactive:
            connection.execute(INTERACTIVE_LIMITS, self._limits)


def parse_url(url: str) -> URL:
    """A URL of the two kinds that the store knows, with its driver filled in; raises BadDatabaseUrl."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        # The driver's text would repeat the URL and so, maybe, a password.
        raise BadDatabaseUrl(f"DATABASE_URL is no URL. {RIGHT_URL}") from None
    if parsed.drivername in POSTGRESQL_NAMES:
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername in SQLITE_NAMES and parsed.database not in (None, "", ":memory:"):
        return parsed.set(drivername="sqlite+pysqlite")
    raise BadDatabaseUrl(f"DATABASE_URL names no SQLite file and no PostgreSQL server. {RIGHT_URL}")


def prepare_sqlite(engine: Engine, busy_timeout_ms: int) -> None:
    """Every connection: durable commits, readers that never wait for a writer, a short wait between writers."""

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in (
            f"busy_timeout={busy_timeout_ms}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "recursive_triggers=ON",  # without it REPLACE deletes rows behind the append-only triggers' back
        ):
            connection.execute(f"PRAGMA {pragma}").close()
