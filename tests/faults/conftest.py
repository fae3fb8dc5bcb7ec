"""Worlds for the tests of faults."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.playground.postgres import Server
from tests.faults.nursery import Nursery


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Prints past pytest's capture, so that a long run shows how far it is."""

    def speak(text: str) -> None:
        with capsys.disabled():
            print(text, flush=True)

    return speak


@pytest.fixture
def home(scratch: Path, counter: Iterator[int]) -> Path:
    """An empty directory that every user may enter."""
    directory = scratch / f"faults-{next(counter)}"
    directory.mkdir(mode=0o755)
    return directory


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Starts lives of the bot."""
    with Nursery() as nursery:
        yield nursery


@pytest.fixture
def sqlite_url(home: Path) -> str:
    return f"sqlite:///{home}/dr.db"


@pytest.fixture
def pg_url(pg_server: Server, counter: Iterator[int]) -> str:
    """A new, empty database on the server that all tests share."""
    name = f"faults_{next(counter)}"
    pg_server.execute(f"CREATE DATABASE {name}")
    return pg_server.url(name)


@pytest.fixture
def places(home: Path, sqlite_url: str, pg_url: str) -> dict[str, tuple[Path, str]]:
    """A directory and an empty database of each kind."""
    other = home / "other"
    other.mkdir(mode=0o755)
    return {"sqlite": (home, sqlite_url), "postgresql": (other, pg_url)}
