"""Kills and removes what a playground left behind when its parent dies without a word.

Run as a script. Reads lines on stdin: `pid N`, `done N`, `directory PATH`, `removed PATH`. When stdin ends it kills the
process groups still listed and removes the directories. Standard library only, since it must start at once.
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path


def survivors(lines: Iterable[str]) -> tuple[list[int], list[Path]]:
    """The process groups and the directories that are still there after these lines."""
    groups: dict[int, None] = {}
    directories: dict[Path, None] = {}
    for line in lines:
        verb, _, value = line.rstrip("\n").partition(" ")
        if verb == "pid":
            groups[int(value)] = None
        elif verb == "done":
            groups.pop(int(value), None)
        elif verb == "directory":
            directories[Path(value)] = None
        elif verb == "removed":
            directories.pop(Path(value), None)
    return list(groups), list(directories)


def kill_groups(groups: Iterable[int]) -> None:
    for group in groups:
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            continue


def remove_directories(directories: Iterable[Path]) -> None:
    """Remove them, twice: a server's children may write for a moment after it was killed."""
    for _ in range(2):
        for directory in directories:
            shutil.rmtree(directory, ignore_errors=True)
        if not any(directory.exists() for directory in directories):
            return
        time.sleep(0.5)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    groups, directories = survivors(sys.stdin)
    kill_groups(groups)
    remove_directories(directories)


if __name__ == "__main__":
    main()
