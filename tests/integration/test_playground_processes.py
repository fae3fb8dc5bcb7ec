"""Nothing of the playground outlives the program that started it."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from bot.playground.processes import Processes

PARENT = """
import sys, time
from pathlib import Path
from bot.playground.processes import Processes
processes = Processes()
directory = processes.scratch_directory("dr-bot-leash-")
child = processes.spawn(["sleep", "60"], log=directory / "log")
print(child.pid, directory, flush=True)
time.sleep(60)
"""
IGNORING = "trap '' TERM; echo ready; while :; do sleep 1; done"


def test_children_and_directories_go_when_the_parent_is_killed(
    eventually: Callable[..., bool], alive: Callable[[int], bool]
) -> None:
    """After kill -9 of the parent its children are dead and its scratch directories gone."""
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid, directory = parent.stdout.readline().split()
        assert Path(directory).exists()
        parent.kill()
    assert eventually(lambda: not alive(int(pid)), seconds=5)
    assert eventually(lambda: not Path(directory).exists(), seconds=5)


def test_a_kill_takes_the_grandchildren_too(eventually: Callable[..., bool], alive: Callable[[int], bool]) -> None:
    """Killing a child kills what it started, even in a session of its own."""
    with Processes() as processes:
        directory = processes.scratch_directory("dr-bot-kill-")
        mark = directory / "pid"
        child = processes.spawn(["sh", "-c", f"setsid sleep 60 & echo $! > {mark}; wait"], log=directory / "log")
        assert eventually(lambda: mark.exists() and mark.read_text().endswith("\n"), seconds=5)
        grandchild = int(mark.read_text())
        processes.kill(child)
        assert eventually(lambda: not alive(grandchild), seconds=5)


def test_a_child_that_ignores_the_signal_is_killed(eventually: Callable[..., bool]) -> None:
    """A child that does not end when asked ends all the same."""
    with Processes() as processes:
        directory = processes.scratch_directory("dr-bot-stop-")
        child = processes.spawn(
            ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"], log=directory / "log"
        )
        assert eventually(lambda: (directory / "log").read_text() == "ready\n", seconds=5)
        processes.stop(child, signal.SIGTERM, timeout=0.2)
        assert child.returncode == -signal.SIGKILL
