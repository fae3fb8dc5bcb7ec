"""`dr serve` as a process of its own, until it can take work."""

import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from bot.playground.announce import ChildFailed
from bot.playground.dr_command import dr_path
from bot.playground.processes import Processes

READY_WITHIN = 40.0


def start_serving(processes: Processes, directory: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start it and wait until it is ready; raises ChildFailed with the end of its log."""
    log = directory / "logs" / "dr-serve.log"
    child = processes.spawn([dr_path(), "serve"], log=log, environment=environment, directory=directory)
    deadline = time.monotonic() + READY_WITHIN
    while not is_ready(environment["DR_URL"]):
        if child.poll() is not None or time.monotonic() > deadline:
            raise ChildFailed(f"dr serve did not start: {log.read_text(errors='replace').strip()[-800:]}")
        time.sleep(0.1)
    return child


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=1, trust_env=False).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
