"""From a command's call to its commit, beside a bare commit of one row; and the folding of a long timeline."""

from collections.abc import Callable, Iterator
from functools import partial

from sqlalchemy import Connection, text

from bench.rows import Row, laboratory, percentile, timed
from bot.domain import commands as c
from bot.domain.evolve import fold
from bot.store import streams
from tests.integration.lab import Lab

TIMES = 400
BOUNDS = {"SQLite": 10.0, "PostgreSQL": 20.0}
STEPS = [{"id": f"step_{n}", "title": "Look", "manual": "Look."} for n in range(15)]
RUNBOOKS = {"manual": {"steps": STEPS}}


def run(new: Callable[[str], str]) -> Iterator[Row]:
    """A note on an incident with a run of 15 steps, committed; against one INSERT and its commit."""
    for kind, bound in BOUNDS.items():
        with laboratory(new(kind), RUNBOOKS) as lab:
            incident = lab.started("manual")
            with lab.desk.database.begin() as connection:
                connection.execute(text("CREATE TABLE bare (n integer)"))
            command = partial(lab.give, incident, c.Note, "alice", text="The page is slow again.")
            timed(command, 20)
            alone, whole = timed(partial(_bare, lab), TIMES), timed(command, TIMES)
            ratio = f"{percentile(whole, 0.5) / percentile(alone, 0.5):.1f} x one row ({percentile(alone, 0.5):.1f} ms)"
            yield Row("Command to commit, p50", kind, percentile(whole, 0.5), "ms", None, ratio)
            yield Row("Command to commit, p99", kind, percentile(whole, 0.99), "ms", bound)
            if kind == "SQLite":
                yield from _folding(lab.desk.database.engine.connect(), incident.id)


def _bare(lab: Lab) -> None:
    with lab.desk.database.begin() as connection:
        connection.execute(text("INSERT INTO bare VALUES (1)"))


def _folding(connection: Connection, stream: str) -> Iterator[Row]:
    with connection:
        rows = streams.load(connection, stream)
        thousand = (rows[:3] + rows[3:] * 10)[:1000]
        loading = min(timed(lambda: streams.load(connection, stream), 10)) / len(rows) * 1000
    folding = min(timed(lambda: fold(thousand), 20))
    yield Row("Folding 1,000 events", "memory", folding, "ms", 5.0, f"loading them first: {loading:.1f} ms")
