"""The few spellings that the two databases share but SQLAlchemy keeps apart."""

from datetime import datetime

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Insert = sqlite.Insert | postgresql.Insert


def insert(connection: Connection, table: Table) -> Insert:
    """An INSERT that knows ON CONFLICT, for the connection's database."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def when(text: str) -> datetime:
    """The aware UTC datetime of a stored moment."""
    return datetime.fromisoformat(text)


def when_or_none(text: str | None) -> datetime | None:
    """The same where a moment may be missing."""
    return None if text is None else datetime.fromisoformat(text)
