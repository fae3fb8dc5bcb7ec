"""One of the playground's programs in a process of its own, what it tells, and what it leaves behind."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.playground.processes import descendants

ENDED_WITHIN = 60.0  # three seconds where it is at rest
TOLD_WITHIN = 300.0  # half a minute where it is at rest
READY = "Ctrl-C ends it"  # what the interactive demo tells last


class Told:
    """A program that tells what it does. `scratch` is where it keeps its files."""

    def __init__(self, scratch: Path, *words: str) -> None:
        self.started = time.monotonic()
        self.scratch = scratch
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "bot.playground", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            env={**os.environ, "TMPDIR": str(scratch)},
        )
        self.children: list[int] = []

    def read_until(self, words: str) -> str:
        """Everything told up to the line with these words, all children noted then; fails where it ends before.

        It is killed where they do not come in time.
        """
        assert self.process.stdout is not None
        told, begun = "", time.monotonic()
        overdue = threading.Timer(TOLD_WITHIN, self.process.kill)
        overdue.start()
        try:
            for line in self.process.stdout:
                told += line
                if words in line:
                    self.children = descendants(self.process.pid)
                    return told
        finally:
            overdue.cancel()
        code, took = self.process.wait(), time.monotonic() - begun
        pytest.fail(f"It ended with {code} after {took:.0f} s without {words!r}:\n{told}")

    def runs(self, word: bytes) -> bool:
        """Whether one of its processes has this word in its command line."""
        return any(word in command_line(pid).split(b"\0") for pid in self.children)

    def end(self, sent: signal.Signals) -> int:
        """How it ended after a signal to all of it, as a terminal sends it; it must not take long."""
        interrupted = time.monotonic()
        os.killpg(self.process.pid, sent)
        code = self.process.wait(90)
        assert time.monotonic() - interrupted < ENDED_WITHIN
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(ENDED_WITHIN)
            except subprocess.TimeoutExpired:
                self.process.kill()  # what it started ends by itself then
                self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


@contextmanager
def telling(*words: str) -> Iterator[Told]:
    """`python -m bot.playground WORDS`, ended with the block."""
    with tempfile.TemporaryDirectory(prefix="dr-bot-tests-") as scratch:
        Path(scratch).chmod(0o755)  # PostgreSQL's user must get in
        told = Told(Path(scratch), *words)
        try:
            yield told
        finally:
            told.close()
