"""The few spellings that the two databases share but SQLAlchemy keeps apart."""

from datetime import datetime

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Insert = sqlite.Insert | postgresql.Insert


def insert(connection: Connection, table: Table) -> Insert:
    """An INSERT that knows ON CONFLICT, for the connection's database."""
    return insert_for(connection.dialect.name, table)


def insert_for(dialect: str, table: Table) -> Insert:
    """The same by the dialect's name, for statements that are built once."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def when(text: str) -> datetime:
    """The aware UTC datetime of a stored moment."""
    return datetime.fromisoformat(text)


def when_or_none(text: str | None) -> datetime | None:
    """The same where a moment may be missing."""
    return None if text is None else datetime.fromisoformat(text)
