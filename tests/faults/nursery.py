"""Lives of the bot: each a process of its own that runs `dr serve`."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from bot.playground.processes import runs
from tests.faults.gate import kill

PROJECT = Path(__file__).parents[2]


class Nursery:
    """Starts lives of the bot quickly."""

    def __init__(self) -> None:
        self._zygote = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.zygote"],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, environment: Mapping[str, str], log: Path, *arguments: str) -> int:
        """The process's id."""
        stdin, stdout = self._zygote.stdin, self._zygote.stdout
        assert stdin is not None
        assert stdout is not None
        asked = {"arguments": arguments or ("serve",), "environment": dict(environment), "log": str(log)}
        stdin.write(json.dumps(asked) + "\n")
        stdin.flush()
        return int(stdout.readline())

    def close(self) -> None:
        self._zygote.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass
class Life:
    """The bot on one database, as an operator's supervisor keeps it: dead, it is started again."""

    nursery: Nursery
    environment: Mapping[str, str]
    log: Path
    pid: int = 0
    starts: int = 0
    pids: list[int] = field(default_factory=list)

    @property
    def alive(self) -> bool:
        return self.pid != 0 and runs(self.pid)

    def start(self) -> int:
        self.pid = self.nursery.start(self.environment, self.log)
        self.pids.append(self.pid)
        self.starts += 1
        return self.pid

    def end(self) -> None:
        if self.alive:
            kill(self.pid)
