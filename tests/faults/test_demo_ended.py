"""The demo and the story ended in the middle: nothing is left behind."""

import signal
import time
from collections.abc import Callable

from bot.playground.binaries import Binaries
from tests.acceptance.told import READY, telling


def test_ctrl_c_ends_the_story_in_order(
    pg_binaries: Binaries, eventually: Callable[..., bool], alive: Callable[[int], bool]
) -> None:
    """The first line comes at once; Ctrl-C in the middle of the night leaves no process and no file behind."""
    with telling("story") as told:
        told.read_until("DR Bot")
        first_line = time.monotonic() - told.started
        told.read_until("listening in the workspace")
        assert first_line < (time.monotonic() - told.started) / 3  # a hundredth where the machine is at rest
        told.read_until("[Done] below 1")
        assert told.runs(b"serve")
        assert told.end(signal.SIGINT) == 128 + signal.SIGINT
        assert eventually(lambda: not any(alive(pid) for pid in told.children))
        assert eventually(lambda: list(told.scratch.iterdir()) == [])


def test_a_killed_demo_leaves_nothing_behind(
    pg_binaries: Binaries, eventually: Callable[..., bool], alive: Callable[[int], bool]
) -> None:
    """After kill -9 every process that the demo started ends by itself, and its files are removed."""
    with telling("demo") as told:
        told.read_until(READY)
        assert told.runs(b"serve")
        told.process.kill()
        assert eventually(lambda: not any(alive(pid) for pid in told.children))
        assert eventually(lambda: list(told.scratch.iterdir()) == [])
