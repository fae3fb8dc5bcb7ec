"""1,000 status updates that fall due in one second."""

import time
from collections.abc import Callable, Iterator

from sqlalchemy import text

from bench.rows import Row, laboratory
from tests.integration.lab import Lab

INCIDENTS = 1000
COUNT = text("SELECT count(*), count(DISTINCT stream) FROM events WHERE type = 'UpdatePosted'")


def run(new: Callable[[str], str]) -> Iterator[Row]:
    """From the moment that they are due until the last is in the timeline."""
    for kind in ("SQLite", "PostgreSQL"):
        with laboratory(new(kind), {}) as lab:
            for _ in range(INCIDENTS):
                lab.declare()
            with lab.running() as replica:
                replica.wait_until_idle()
                lab.advance(1801)
                begun = time.monotonic()
                while _posted(lab)[0] < INCIDENTS and time.monotonic() - begun < 120:
                    time.sleep(0.1)
                took = time.monotonic() - begun
                replica.wait_until_idle()
            posted, streams = _posted(lab)
            yield Row("1,000 updates due at once", kind, took, "s", 30.0)
            yield Row("Updates posted twice", kind, posted - streams, "", 0.0)


def _posted(lab: Lab) -> tuple[int, int]:
    with lab.desk.database.read() as connection:
        row = connection.execute(COUNT).one()
    return row[0], row[1]
