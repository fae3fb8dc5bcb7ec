"""A workspace with the bot in it, for a test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.slack.world import SlackWorld, slack_world


@pytest.fixture
def world(tmp_path: Path, counter: Iterator[int]) -> Iterator[SlackWorld]:
    """The bot on SQLite in a workspace of its own."""
    with slack_world(f"sqlite:///{tmp_path}/dr.db", tmp_path, counter) as world:
        yield world
