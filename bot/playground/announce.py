"""How a child tells its parent the address that the system gave it: through a file that appears whole."""

import subprocess
import time
from pathlib import Path

TIMEOUT = 60.0


class ChildFailed(Exception):
    """A child ended, or said nothing in time; the text holds the end of its log."""


def announce(file: Path, url: str) -> None:
    unfinished = file.with_suffix(".new")
    unfinished.write_text(url)
    unfinished.rename(file)


def announced(child: subprocess.Popen[bytes], file: Path, log: Path) -> str:
    """Wait for the child's address."""
    deadline = time.monotonic() + TIMEOUT
    while not file.exists():
        if child.poll() is not None or time.monotonic() > deadline:
            raise ChildFailed(f"{file.stem} did not start: {log.read_text(errors='replace').strip()[-400:]}")
        time.sleep(0.02)
    return file.read_text()
