"""`dr serve` as a process of its own, and what it says of itself on the web."""

import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from bot.playground.announce import ChildFailed
from bot.playground.processes import Processes

READY_WITHIN = 40.0
EVERY = 0.2
AT_WORK = ('dr_steps{state="running"}', 'dr_jobs{state="waiting"}', 'dr_jobs{state="running"}')


@dataclass(frozen=True)
class Serving:
    """A running `dr serve`."""

    url: str
    process: subprocess.Popen[bytes]

    def refuse_ended(self) -> None:
        """Raises ChildFailed where it runs no more."""
        if self.process.poll() is not None:
            raise ChildFailed(f"dr serve ended by itself with {self.process.returncode}")

    def wait_for_people(self, timeout: float) -> None:
        """Return once the bot has nothing to do by itself, or after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        quiet = 0
        while quiet < 2 and time.monotonic() < deadline:
            quiet = 0 if self.is_at_work() else quiet + 1
            time.sleep(EVERY)

    def is_at_work(self) -> bool:
        """Whether a step runs or a job waits, as its metrics have it."""
        try:
            lines = httpx.get(f"{self.url}/metrics", timeout=3, trust_env=False).text.splitlines()
        except httpx.TransportError:
            return True
        figures = dict(line.rsplit(" ", 1) for line in lines if line.startswith(AT_WORK))
        return any(float(figure) for figure in figures.values())

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
