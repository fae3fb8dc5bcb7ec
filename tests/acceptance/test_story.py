"""The story in a process of its own. That it is told to its good end is what `make demo` proves by its exit code."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.playground.binaries import Binaries
from bot.playground.processes import descendants

START = [sys.executable, "-u", "-m", "bot.playground", "story"]
FIRST_LINE_WITHIN = 3.0  # on a machine that does other things too; a tenth of a second where it is at rest
ENDED_WITHIN = 10.0  # three seconds where it is at rest


class Told:
    """A story that is being told. `scratch` is where it keeps its files."""

    def __init__(self, scratch: Path) -> None:
        self.started = time.monotonic()
        self.scratch = scratch
        self.process = subprocess.Popen(
            START, stdout=subprocess.PIPE, text=True, start_new_session=True, env={**os.environ, "TMPDIR": str(scratch)}
        )
        self.children: list[int] = []

    def read_until(self, words: str) -> str:
        """Everything told up to the line with these words; fails where the story ends before."""
        assert self.process.stdout is not None
        told = ""
        for line in self.process.stdout:
            told += line
            if words in line:
                return told
        pytest.fail(f"The story ended without {words!r}:\n{told}")

    def runs(self, word: bytes) -> bool:
        """Whether one of the story's processes, all noted now, has this word in its command line."""
        self.children = descendants(self.process.pid)
        return any(word in command_line(pid).split(b"\0") for pid in self.children)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()


def command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


@contextmanager
def telling() -> Iterator[Told]:
    with tempfile.TemporaryDirectory(prefix="dr-bot-tests-") as scratch:
        Path(scratch).chmod(0o755)  # PostgreSQL's user must get in
        told = Told(Path(scratch))
        try:
            yield told
        finally:
            told.close()


def test_ctrl_c_ends_the_story_in_order(
    pg_binaries: Binaries, eventually: Callable[..., bool], alive: Callable[[int], bool]
) -> None:
    """The first line comes at once; Ctrl-C while a person's command runs leaves no process and no file behind."""
    with telling() as told:
        told.read_until("DR Bot")
        assert time.monotonic() - told.started < FIRST_LINE_WITHIN
        told.read_until("$ dr declare")
        assert eventually(lambda: told.runs(b"declare"))
        interrupted = time.monotonic()
        os.killpg(told.process.pid, signal.SIGINT)
        assert told.process.wait(20) == 128 + signal.SIGINT
        assert time.monotonic() - interrupted < ENDED_WITHIN
        assert eventually(lambda: not any(alive(pid) for pid in told.children))
        assert list(told.scratch.iterdir()) == []


def test_a_killed_story_leaves_nothing_behind(
    pg_binaries: Binaries, eventually: Callable[..., bool], alive: Callable[[int], bool]
) -> None:
    """After kill -9 every process that the story started ends by itself, and its files are removed."""
    with telling() as told:
        told.read_until("ready to take work")
        assert told.runs(b"serve")
        told.process.kill()
        assert eventually(lambda: not any(alive(pid) for pid in told.children), seconds=15)
        assert eventually(lambda: list(told.scratch.iterdir()) == [], seconds=5)
