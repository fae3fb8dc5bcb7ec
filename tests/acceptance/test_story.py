"""The story in a process of its own. That it is told to its good end is what `make story` proves by its exit code."""

import signal
import time
from collections.abc import Callable

from bot.playground.binaries import Binaries
from tests.acceptance.told import telling

FIRST_LINE_WITHIN = 3.0  # on a machine that does other things too; a tenth of a second where it is at rest


def test_ctrl_c_ends_the_story_in_order(
    pg_binaries: Binaries, eventually: Callable[..., bool], alive: Callable[[int], bool]
) -> None:
    """The first line comes at once; Ctrl-C in the middle of the night leaves no process and no file behind."""
    with telling("story") as told:
        told.read_until("DR Bot")
        assert time.monotonic() - told.started < FIRST_LINE_WITHIN
        told.read_until("[Done] below 1")
        assert told.runs(b"serve")
        assert told.end(signal.SIGINT) == 128 + signal.SIGINT
        assert eventually(lambda: not any(alive(pid) for pid in told.children))
        assert list(told.scratch.iterdir()) == []
