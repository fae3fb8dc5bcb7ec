"""Driver errors told as the store's own: which of them certainly left nothing behind, and what to do next."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import psycopg
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, TimeoutError

from bot.domain.errors import DRError
from bot.store.errors import CommitUnknown, DatabaseFull, DatabaseGone, Locked, ReadOnly

SQLITE_KINDS: dict[int, type[DRError]] = {
    sqlite3.SQLITE_BUSY: Locked,
    sqlite3.SQLITE_LOCKED: Locked,
    sqlite3.SQLITE_FULL: DatabaseFull,
    sqlite3.SQLITE_READONLY: ReadOnly,
    sqlite3.SQLITE_PERM: ReadOnly,
    sqlite3.SQLITE_CANTOPEN: DatabaseGone,
    sqlite3.SQLITE_IOERR: DatabaseGone,
    sqlite3.SQLITE_CORRUPT: DatabaseGone,
    sqlite3.SQLITE_NOTADB: DatabaseGone,
}
# SQLSTATE, or its class in two letters, as PostgreSQL's appendix A lists them.
POSTGRESQL_KINDS: dict[str, type[DRError]] = {
    "55P03": Locked,  # lock_not_available
    "57014": Locked,  # query_canceled: our statement_timeout
    "40": Locked,  # serialization failure, deadlock
    "53100": DatabaseFull,
    "53": DatabaseGone,  # too many connections, out of memory
    "25006": ReadOnly,
    "42501": ReadOnly,  # insufficient_privilege
    "08": DatabaseGone,
    "28": DatabaseGone,  # wrong password
    "3D": DatabaseGone,  # no such database
    "57P": DatabaseGone,  # shutting down, starting up, crashed
    "58": DatabaseGone,  # I/O error, missing file
}
TEXTS: dict[type[DRError], tuple[str, str]] = {
    Locked: ("The database is busy", "Try again in a moment."),
    DatabaseFull: ("The database is full", "Make room on its disk, then repeat the command."),
    ReadOnly: ("The database takes no writes", "Check the file's rights, or that DATABASE_URL names the primary."),
    DatabaseGone: ("The database does not answer", "Check that it runs and that DATABASE_URL is right."),
    CommitUnknown: ("The database went away during the commit", "Not confirmed: look before you repeat the command."),
}
Phase = Literal["read", "write", "commit"]


@contextmanager
def translated(url: URL, phase: Phase) -> Iterator[None]:
    """Raise the store's error for a driver's failure; errors of the caller's own making pass unchanged."""
    try:
        yield
    except TimeoutError as error:
        raise Locked(sentence(Locked, phase, "every connection is in use")) from error
    except DBAPIError as error:
        kind = failure_kind(error)
        if kind is None:
            raise
        if phase == "commit" and kind is DatabaseGone:
            kind = CommitUnknown
        raise kind(sentence(kind, phase, first_line(error, url))) from error


def sentence(kind: type[DRError], phase: Phase, cause: str) -> str:
    """What is wrong, what became of the command, what to do next."""
    wrong, advice = TEXTS[kind]
    certain = "" if phase == "read" or kind is CommitUnknown else " Nothing was recorded."
    return f"{wrong} ({cause}).{certain} {advice}"


def failure_kind(error: DBAPIError) -> type[DRError] | None:
    """Which of the store's errors it is; None where the statement itself is at fault."""
    driver = error.orig
    if isinstance(driver, sqlite3.Error):
        code = getattr(driver, "sqlite_errorcode", None)
        return SQLITE_KINDS.get(code & 0xFF) if code is not None else None
    if isinstance(driver, psycopg.Error):
        return postgresql_kind(driver, disconnected=error.connection_invalidated)
    return None


def postgresql_kind(driver: psycopg.Error, *, disconnected: bool) -> type[DRError] | None:
    """By SQLSTATE; an operational error without one comes from the connection itself."""
    if driver.sqlstate is None:
        return DatabaseGone if disconnected or isinstance(driver, psycopg.OperationalError) else None
    for length in (5, 3, 2):
        kind = POSTGRESQL_KINDS.get(driver.sqlstate[:length])
        if kind is not None:
            return kind
    return DatabaseGone if disconnected else None


def is_duplicate(error: DBAPIError) -> bool:
    """Whether a unique key or primary key refused the row."""
    driver = error.orig
    if isinstance(driver, sqlite3.Error):
        return driver.sqlite_errorcode in (sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE)
    return isinstance(driver, psycopg.errors.UniqueViolation)


def first_line(error: DBAPIError, url: URL) -> str:
    """The driver's own words, one line, the password taken out should it stand there."""
    text = str(error.orig).strip().partition("\n")[0].rstrip(".")
    return text.replace(url.password, "***") if url.password else text
