"""The bot in a process of its own, in a workspace: one for all tests, each of which declares incidents of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.playground.postgres import Server
from tests.faults.nursery import Nursery
from tests.faults.slack.world import World, running_world


@pytest.fixture(scope="session")
def new_directory(scratch: Path, counter: Iterator[int]) -> Callable[[], Path]:
    """Makes empty directories that every user may enter."""

    def make() -> Path:
        path = scratch / f"slack-{next(counter)}"
        path.mkdir(mode=0o755)
        return path

    return make


@pytest.fixture(scope="session")
def sqlite_world(new_directory: Callable[[], Path], nursery: Nursery, counter: Iterator[int]) -> Iterator[World]:
    """The bot on SQLite, without Slack's rate limits."""
    directory = new_directory()
    with running_world(directory, f"sqlite:///{directory}/dr.db", nursery, counter) as world:
        yield world


@pytest.fixture
def world(sqlite_world: World) -> Iterator[World]:
    """The same, with no open incident and nothing wrong; the bot runs and hears."""
    sqlite_world.make_ready()
    yield sqlite_world
    sqlite_world.tidy_up()


@pytest.fixture
def pg_world(
    new_directory: Callable[[], Path], nursery: Nursery, counter: Iterator[int], pg_server: Server
) -> Iterator[World]:
    """A bot of this test alone, on PostgreSQL."""
    name = f"slack_{next(counter)}"
    pg_server.execute(f"CREATE DATABASE {name}")
    with running_world(new_directory(), pg_server.url(name), nursery, counter) as world:
        yield world
