"""Start to ready with 100 open incidents of 200 events each, and the memory that it takes: a real `dr serve`."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from bench.rows import Row, laboratory
from bot.domain import commands as c
from bot.playground.processes import free_port

INCIDENTS, EVENTS = 100, 200
ROOT = Path(__file__).parent.parent


def run(new: Callable[[str], str]) -> Iterator[Row]:
    """The process is new and its database full."""
    for kind in ("SQLite", "PostgreSQL"):
        url = new(kind)
        with laboratory(url, {}) as lab:
            for _ in range(INCIDENTS):
                incident = lab.declare()
                for _ in range(EVENTS - 1):
                    lab.desk.record(incident.id, c.Note(actor=lab.actor("alice"), text="Still looking."))
        ready, resident = _started(url)
        yield Row("Start to ready, 100 x 200 events", kind, ready, "s", 2.0)
        yield Row("Resident memory then", kind, resident, "MB", 150.0)


def _started(url: str) -> tuple[float, float]:
    address = f"127.0.0.1:{free_port()}"
    with TemporaryDirectory() as directory:
        environment = os.environ | {"DATABASE_URL": url.replace("+psycopg", ""), "DR_HTTP": address}
        log = Path(directory, "log")
        with log.open("w") as errors:
            begun = time.monotonic()
            child = subprocess.Popen(
                [Path(sys.executable).with_name("dr"), "serve"], env=environment, cwd=ROOT, stderr=errors
            )
            try:
                while not _is_ready(address):
                    if child.poll() is not None or time.monotonic() - begun > 60:
                        raise RuntimeError(log.read_text())
                    time.sleep(0.02)
                ready = time.monotonic() - begun
                time.sleep(3)
                status = Path(f"/proc/{child.pid}/status").read_text()
            finally:
                child.terminate()
                child.wait(timeout=10)
    resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    return ready, resident / 1024


def _is_ready(address: str) -> bool:
    try:
        return httpx.get(f"http://{address}/readyz", timeout=1).status_code == 200
    except httpx.HTTPError:
        return False
