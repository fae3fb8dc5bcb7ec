"""What a benchmark prints: a figure, its bound, and what it is compared with in the same run."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from bot.playground.binaries import find_binaries
from bot.playground.postgres import Server
from bot.playground.processes import Processes
from tests.integration.lab import Lab, make_lab


@dataclass(frozen=True)
class Row:
    """One line of the table. `bound` is None where a figure is only a comparison."""

    what: str
    where: str
    value: float
    unit: str
    bound: float | None = None
    ratio: str = ""

    @property
    def holds(self) -> bool:
        return self.bound is None or self.value <= self.bound


def percentile(values: Sequence[float], share: float) -> float:
    """By nearest rank."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, max(0, round(share * len(ranked)) - 1))]


def timed(work: Callable[[], Any], times: int) -> list[float]:
    """How long each call took, in milliseconds."""
    found = []
    for _ in range(times):
        begun = perf_counter()
        work()
        found.append((perf_counter() - begun) * 1000)
    return found


@contextmanager
def databases() -> Iterator[Callable[[str], str]]:
    """Gives URLs of new, empty databases: `new("SQLite")`, `new("PostgreSQL")`. PostgreSQL commits durably here."""
    numbers = count(1)
    with Processes() as processes, TemporaryDirectory() as directory:
        scratch = processes.scratch_directory("dr-bot-bench-")
        server = Server.create(find_binaries({}, scratch), processes, scratch / "server")
        server.start()
        server.execute("ALTER SYSTEM SET fsync = on")
        server.stop("fast")
        server.start()

        def new(kind: str) -> str:
            number = next(numbers)
            if kind == "SQLite":
                return f"sqlite:///{directory}/bench-{number}.db"
            server.execute(f"CREATE DATABASE bench_{number}")
            return server.url(f"bench_{number}", scheme="postgresql+psycopg")

        yield new


@contextmanager
def laboratory(url: str, runbooks: dict[str, Any]) -> Iterator[Lab]:
    """A laboratory on a database, in a directory of its own."""
    with TemporaryDirectory() as directory:
        lab = make_lab(url, Path(directory), count(1), runbooks)
        try:
            yield lab
        finally:
            lab.close()
