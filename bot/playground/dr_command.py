"""The real `dr` command, run as one person or another: for a script, or on a terminal as a person sees it."""

import os
import pty
import select
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

TIMEOUT = 120.0
QUESTION = b"[y/N]"
ROWS = 50
LED_ASTRAY = ("AWS_", "DR_", "SLACK_", "DATABASE_URL", "SMTP_URL", "COLUMNS", "LINES")


class DrFailed(Exception):
    """The dr command is missing, was refused, or did not end in time; the text says what it said."""


def dr_path() -> str:
    """The command installed beside this Python."""
    path = Path(sys.executable).with_name("dr")
    if not path.exists():
        raise DrFailed(f"there is no dr command in {path.parent}; install the package first: pip install -e .")
    return str(path)


def environment_for(estate: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without what would lead `dr` astray, and the estate's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(LED_ASTRAY)}
    return kept | dict(estate)


@dataclass(frozen=True)
class DrCommand:
    """Runs `dr` in the estate's directory, where `keys/PERSON` is each person's key."""

    directory: Path
    environment: Mapping[str, str]
    width: int = 88
    running: set[subprocess.Popen[bytes]] = field(default_factory=set)

    def read(self, *words: str) -> str:
        """What a reading command writes to stdout; raises DrFailed."""
        done = subprocess.run(
            [dr_path(), *words],
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT,
            start_new_session=True,
        )
        if done.returncode != 0:
            raise DrFailed(f"dr {' '.join(words)} ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def on_terminal(self, *words: str) -> str:
        """What the command shows on a terminal where somebody answers yes; raises DrFailed if it is refused."""
        master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (ROWS, self.width))
        try:
            child = self._start(words, slave)
        finally:
            os.close(slave)
        try:
            shown = read_terminal(master, time.monotonic() + TIMEOUT)
            code = child.wait(TIMEOUT)
        except subprocess.TimeoutExpired as error:
            raise DrFailed(f"dr {' '.join(words)} did not end within {TIMEOUT:.0f} s") from error
        finally:
            os.close(master)
            end(child)
            self.running.discard(child)
        if code != 0:
            raise DrFailed(f"dr {' '.join(words)} ended with {code}: {shown.strip()}")
        return shown

    def stop(self) -> None:
        """End what still runs on a terminal."""
        for child in tuple(self.running):
            end(child)

    def _start(self, words: Sequence[str], terminal: int) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(
            [dr_path(), *words],
            cwd=self.directory,
            env={**self.environment, "TERM": "xterm-256color"},
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
        )
        self.running.add(child)
        return child


def read_terminal(master: int, deadline: float) -> str:
    """Everything until the command lets go of the terminal; a question is answered with yes."""
    shown, answered = b"", 0
    while time.monotonic() < deadline:
        if not select.select([master], [], [], 0.2)[0]:
            continue
        try:
            chunk = os.read(master, 65536)
        except OSError:  # so Linux says that nobody has the terminal open any more
            chunk = b""
        if not chunk:
            break
        shown += chunk
        if shown.rstrip(b": ").endswith(QUESTION) and shown.endswith(b" ") and len(shown) > answered:
            os.write(master, b"y\n")
            answered = len(shown)
    return shown.decode(errors="replace").replace("\r\n", "\n")


def end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.kill()
        child.wait()
