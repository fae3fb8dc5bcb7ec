"""The clock's offset."""

from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.store.clock import Clock
from bot.store.database import Database

HOUR = timedelta(hours=1)


def test_the_offset_moves_the_clock(tmp_path: Path) -> None:
    """The file is read at every look, so that a test can let a day pass."""
    database = Database(f"sqlite:///{tmp_path}/dr.db")
    offset = tmp_path / "offset"
    clock = Clock(offset)
    with database.read() as connection:
        offset.write_text("0\n")
        before = clock.now(connection)
        offset.write_text("86400.5\n")
        assert timedelta(days=1) < clock.now(connection) - before < timedelta(days=1, minutes=1)
    database.close()


@pytest.mark.parametrize("text", ["", "soon", "nan", "inf", "1e99", "\udcff"])
def test_an_unreadable_offset_keeps_the_last_one(tmp_path: Path, text: str) -> None:
    """A file that is garbled or gone, maybe because it is being written, doesn't let the time jump; one warning says so."""
    offset = tmp_path / "offset"
    clock = Clock(offset)
    offset.write_text("3600")
    assert clock.offset() == HOUR
    offset.write_bytes(text.encode(errors="surrogateescape"))
    with capture_logs() as logs:
        assert clock.offset() == HOUR
        offset.unlink()
        assert clock.offset() == HOUR
    assert [(log["event"], log["file"]) for log in logs] == [("clock_offset_unreadable", str(offset))]
    offset.write_text("-3600")
    assert clock.offset() == -HOUR


def test_without_a_file_nothing_is_added() -> None:
    """The database's clock alone counts."""
    assert Clock().offset() == timedelta(0)
