"""The lock that keeps the engine on a SQLite file to one process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.store.engine_lock import EngineLock
from bot.store.errors import EngineRunning

HOLD = """
import fcntl, sys
file = open(sys.argv[1], "w")
fcntl.flock(file, fcntl.LOCK_EX)
file.write("4711\\n")
file.flush()
print("held", flush=True)
sys.stdin.read()
"""


def test_one_engine_at_a_time(tmp_path: Path) -> None:
    """The second is refused and told which process is the first; a released lock can be taken again."""
    path = str(tmp_path / "dr.db")
    first = EngineLock(path)
    with first:
        with pytest.raises(EngineRunning, match=rf"\(process {os.getpid()}\)\. Stop it first"):
            EngineLock(path).take()
        assert os.getpid() == int(Path(first.path).read_text())
    with EngineLock(path):
        pass


def test_a_killed_engine_holds_nothing(tmp_path: Path) -> None:
    """When the holder is killed its lock is free at once, whatever its file still says."""
    lock = EngineLock(str(tmp_path / "dr.db"))
    holder = subprocess.Popen(
        [sys.executable, "-S", "-c", HOLD, lock.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(EngineRunning, match="process 4711"):
            lock.take()
        holder.kill()
    with lock:
        assert Path(lock.path).read_text() == f"{os.getpid()}\n"
