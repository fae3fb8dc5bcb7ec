"""What time it is: the database's clock, so that replicas agree, plus an offset that tests and demos move."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import Connection, text

# SQLite learned unixepoch('subsec') in 3.42; this spelling works in every version, in milliseconds.
SQLITE_NOW = text("SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')")
POSTGRESQL_NOW = text("SELECT clock_timestamp()")
LARGEST_OFFSET = timedelta(days=36_500).total_seconds()


class Clock:
    """The database's clock plus the seconds that `offset_file` holds, read at every look."""

    def __init__(self, offset_file: Path | None = None) -> None:
        self._file = offset_file
        self._offset = timedelta(0)
        self._warned = False

    def now(self, connection: Connection) -> datetime:
        """The moment now, aware, in UTC."""
        return database_now(connection) + self.offset()

    def offset(self) -> timedelta:
        """What the file says; while it can't be read, what it said last, with one warning."""
        if self._file is None:
            return self._offset
        try:
            self._offset = read_offset(self._file)
            self._warned = False
        except (OSError, ValueError) as error:
            if not self._warned:
                structlog.get_logger().warning("clock_offset_unreadable", file=str(self._file), error=str(error))
            self._warned = True
        return self._offset


def database_now(connection: Connection) -> datetime:
    """The database's own clock, aware, in UTC."""
    if connection.dialect.name == "sqlite":
        return datetime.fromisoformat(connection.execute(SQLITE_NOW).scalar_one())
    now: datetime = connection.execute(POSTGRESQL_NOW).scalar_one()
    return now.astimezone(UTC)


def read_offset(file: Path) -> timedelta:
    """The offset in the file; raises OSError, or ValueError for anything but a number of seconds within a century."""
    seconds = float(file.read_text(encoding="utf-8"))
    if not abs(seconds) <= LARGEST_OFFSET:
        raise ValueError(f"{seconds} is not a number of seconds within a century")
    return timedelta(seconds=seconds)
