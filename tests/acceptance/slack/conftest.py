"""The bot in a process of its own, in a workspace: one for each file of tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.playground.postgres import Server
from tests.acceptance.slack.world import World, running_world
from tests.faults.nursery import Nursery


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Starts lives of the bot."""
    with Nursery() as nursery:
        yield nursery


@pytest.fixture(scope="module")
def directory(scratch: Path, counter: Iterator[int]) -> Path:
    """An empty directory that every user may enter."""
    path = scratch / f"slack-{next(counter)}"
    path.mkdir(mode=0o755)
    return path


@pytest.fixture(scope="module")
def world(directory: Path, nursery: Nursery, counter: Iterator[int]) -> Iterator[World]:
    """The bot on SQLite, without Slack's rate limits."""
    with running_world(directory, f"sqlite:///{directory}/dr.db", nursery, counter) as world:
        yield world


@pytest.fixture(scope="module")
def pg_world(directory: Path, nursery: Nursery, counter: Iterator[int], pg_server: Server) -> Iterator[World]:
    """The same on PostgreSQL."""
    name = f"slack_{next(counter)}"
    pg_server.execute(f"CREATE DATABASE {name}")
    with running_world(directory, pg_server.url(name), nursery, counter) as world:
        yield world


@pytest.fixture(autouse=True)
def nothing_wrong(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each test leaves the workspace without faults."""
    yield
    for name in ("world", "pg_world"):
        if name in request.fixturenames:
            request.getfixturevalue(name).workspace.faults.clear()
