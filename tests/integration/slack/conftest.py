"""A workspace with the bot in it."""

from collections.abc import Iterator

import pytest

from tests.integration.slack.world import SlackWorld, slack_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, counter: Iterator[int]) -> Iterator[SlackWorld]:
    """The bot on SQLite in a workspace of its own; each test declares incidents of its own."""
    directory = tmp_path_factory.mktemp("slack")
    with slack_world(f"sqlite:///{directory}/dr.db", directory, counter) as world:
        yield world


@pytest.fixture(autouse=True)
def nothing_open(world: SlackWorld) -> None:
    """Each test begins with no open incident."""
    world.end_all()
