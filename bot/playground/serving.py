"""`dr serve` as a process of its own, and what it says of itself on the web."""

import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from bot.playground.announce import ChildFailed
from bot.playground.processes import Processes

READY_WITHIN = 120.0


@dataclass(frozen=True)
class Serving:
    """A running `dr serve`."""

    url: str
    process: subprocess.Popen[bytes]

    def refuse_ended(self) -> None:
        """Raises ChildFailed where it runs no more."""
        if self.process.poll() is not None:
            raise ChildFailed(f"dr serve ended by itself with {self.process.returncode}")

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=1, trust_env=False).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False


def start_serving(processes: Processes, dr: str, directory: Path, environment: Mapping[str, str]) -> Serving:
    """Start it and wait until it is ready; raises ChildFailed with the end of its log."""
    log = directory / "logs" / "dr-serve.log"
    child = processes.spawn([dr, "serve"], log=log, environment=environment, directory=directory)
    serving = Serving(environment["DR_URL"], child)
    deadline = time.monotonic() + READY_WITHIN
    while not serving.is_ready():
        if child.poll() is not None or time.monotonic() > deadline:
            raise ChildFailed(f"dr serve did not start: {log.read_text(errors='replace').strip()[-800:]}")
        time.sleep(0.1)
    return serving
