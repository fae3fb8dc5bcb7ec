"""Ends and removes what a playground left behind when its parent dies without a word.

Run as a script. Reads lines on stdin: `pid N SIGNAL`, `done N`, `directory PATH`, `removed PATH`. When stdin ends it
sends the processes still listed their signal, kills what is left of their groups a moment later, and removes the
directories. Standard library only, since it must start at once.
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

GRACE = 1.0


def survivors(lines: Iterable[str]) -> tuple[dict[int, int], list[Path]]:
    """The processes, each with its signal, and the directories that are still there after these lines."""
    processes: dict[int, int] = {}
    directories: dict[Path, None] = {}
    for line in lines:
        verb, _, value = line.rstrip("\n").partition(" ")
        if verb == "pid":
            pid, sent = value.split()
            processes[int(pid)] = int(sent)
        elif verb == "done":
            processes.pop(int(value), None)
        elif verb == "directory":
            directories[Path(value)] = None
        elif verb == "removed":
            directories.pop(Path(value), None)
    return processes, list(directories)


def end(processes: Mapping[int, int]) -> None:
    if not processes:
        return
    for pid, sent in processes.items():
        signal_group(pid, sent)
    time.sleep(GRACE)
    for pid in processes:
        signal_group(pid, signal.SIGKILL)


def signal_group(group: int, sent: int) -> None:
    try:
        os.killpg(group, sent)
    except ProcessLookupError:
        return


def remove_directories(directories: Iterable[Path]) -> None:
    """Remove them, twice: a killed server's children may write for a moment longer."""
    for _ in range(2):
        for directory in directories:
            shutil.rmtree(directory, ignore_errors=True)
        if not any(directory.exists() for directory in directories):
            return
        time.sleep(GRACE)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    processes, directories = survivors(sys.stdin)
    end(processes)
    remove_directories(directories)


if __name__ == "__main__":
    main()
