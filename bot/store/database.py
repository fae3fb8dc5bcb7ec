"""One database, SQLite or PostgreSQL: connections, transactions and their time limits."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial

from sqlalchemy import URL, Connection, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError

from bot.store import sqlite
from bot.store.errors import BadDatabaseUrl
from bot.store.failures import translated

POSTGRESQL_NAMES = ("postgresql", "postgres", "postgresql+psycopg")
SQLITE_NAMES = ("sqlite", "sqlite+pysqlite")
PATIENCE_MS = 10_000  # for a lock, when no person waits
QUEUE_SECONDS = 1.2  # for other writers of this process, when one does, as long as they go on
STATEMENT_MS = 200  # beyond the wait for a lock
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
# For this transaction. A replica that is frozen in the middle of one must not hold its locks for ever.
LIMITS = text(
    "SELECT set_config('lock_timeout', :lock, true), set_config('statement_timeout', :statement, true),"
    " set_config('idle_in_transaction_session_timeout', :idle, true)"
)


class Database:
    """The database behind a URL. Its engine is shared with the durable engine; `close` ends every connection."""

    def __init__(
        self,
        url: str,
        *,
        busy_timeout_ms: int = 500,
        queue_seconds: float = QUEUE_SECONDS,
        pool_size: int = 20,
        pool_timeout: float = 2.0,
    ) -> None:
        """Connects at the first use only; raises BadDatabaseUrl."""
        self._url = parse_url(url)
        self._busy_timeout_ms = busy_timeout_ms
        self._queue_seconds = queue_seconds
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        self.engine = create_engine(
            self._url,
            hide_parameters=True,  # a statement's values stay out of tracebacks and logs
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=pool_timeout,
            pool_pre_ping=not self.is_sqlite,
            connect_args={} if self.is_sqlite else POSTGRESQL_OPTIONS,
        )
        self._committed_at = -math.inf
        self._turns = sqlite.Turns(busy_timeout_ms) if self.is_sqlite else None
        if self.is_sqlite:
            sqlite.prepare(self.engine, busy_timeout_ms)

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

        interactive: a person waits, so the wait for a lock ends after `busy_timeout_ms` instead of ten seconds, and the
        wait for this process's other writers so long after the last of them.
        Raises Locked, DatabaseFull, ReadOnly or DatabaseGone, all of them NotRecorded; CommitUnknown at the commit.
        """
        patience_ms = self._busy_timeout_ms if interactive else PATIENCE_MS
        until = partial(self.wait_until, time.monotonic(), patience_ms / 1000)
        with (
            self._turns.turn(until) if self._turns else nullcontext(),
            translated(self._url, "write"),
            self.engine.connect() as connection,
            connection.begin() as transaction,
        ):
            if self._turns:
                self._turns.begin(connection, until())
            else:
                connection.execute(LIMITS, limits(patience_ms))
            yield connection
            with translated(self._url, "commit"):
                transaction.commit()
            self._committed_at = time.monotonic()

    def wait_until(self, begun: float, patience: float) -> float:
        """Until when a writing that began to wait then is waited for; moments are monotonic seconds.

        That is so long after the last commit of this process: while others go on, it is only a queue. It ends in time
        for Slack's three seconds all the same.
        """
        return min(max(begun, self._committed_at) + patience, begun + max(patience, self._queue_seconds))

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
        pool = self.engine.pool
        self.engine.dispose()
        event.listen(pool, "checkin", _end)


def _end(connection: DBAPIConnection | None, _record: object) -> None:
    """A connection that comes back to a closed pool would lie there for ever."""
    if connection is not None:
        connection.close()


def limits(patience_ms: int) -> dict[str, str]:
    """PostgreSQL's time limits for one transaction."""
    return {"lock": f"{patience_ms}ms", "statement": f"{patience_ms + STATEMENT_MS}ms", "idle": f"{PATIENCE_MS}ms"}


def parse_url(url: str) -> URL:
    """A URL of the two kinds that the store knows, with its driver filled in; raises BadDatabaseUrl."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        # The driver's text would repeat the URL and so, maybe, a password.
        raise BadDatabaseUrl(f"DATABASE_URL is no URL. {RIGHT_URL}") from None
    if parsed.drivername in POSTGRESQL_NAMES:
        if "@" in f"{parsed.host}{parsed.database}":
            # A part of the password would pass for the host, and be named wherever the host is.
            raise BadDatabaseUrl("DATABASE_URL holds an @ in its user or password. Write it as %40.")
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername in SQLITE_NAMES and sqlite.has_file(parsed):
        return parsed.set(drivername="sqlite+pysqlite")
    raise BadDatabaseUrl(f"DATABASE_URL names no SQLite file and no PostgreSQL server. {RIGHT_URL}")
