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
from bot.domain.events import NoteAdded
from bot.domain.incident import Incident
from bot.domain.timeline import record
from bot.playground.processes import free_port
from bot.store import streams
from tests.integration.lab import Lab

INCIDENTS, EVENTS = 100, 200
STARTS = 3  # the one in the middle counts
ROOT = Path(__file__).parent.parent


def run(new: Callable[[str], str]) -> Iterator[Row]:
    """The process is new and its database full."""
    for kind in ("SQLite", "PostgreSQL"):
        url = new(kind)
        with laboratory(url, {}) as lab:
            for _ in range(INCIDENTS):
                _fill(lab, lab.declare())
        starts = sorted(_started(url) for _ in range(STARTS))
        ready, resident = starts[STARTS // 2]
        yield Row("Start to ready, 100 x 200 events", kind, ready, "s", 2.0)
        yield Row("Resident memory then", kind, resident, "MB", 150.0)


def _fill(lab: Lab, incident: Incident) -> None:
    """Notes, in one transaction; the last by the desk, so that the list agrees with the timeline."""
    notes = [NoteAdded(text="Still looking.")] * (EVENTS - 2)
    assert incident.last_at is not None
    rows = record(
        notes, stream=incident.id, after=incident.seq, prev=incident.head, at=incident.last_at, actor=lab.actor("alice")
    )
    lab.desk.transact(lambda connection, _: streams.append(connection, rows))
    lab.desk.record(incident.id, c.Note(actor=lab.actor("alice"), text="Still looking."))


def _started(url: str) -> tuple[float, float]:
    address = f"127.0.0.1:{free_port()}"
    with TemporaryDirectory() as directory:
        environment = os.environ | {"DATABASE_URL": url.replace("+psycopg", ""), "DR_HTTP": address}
        log = Path(directory, "log")
        with log.open("w") as errors, httpx.Client(base_url=f"http://{address}", timeout=1) as client:
            begun = time.monotonic()
            child = subprocess.Popen(
                [Path(sys.executable).with_name("dr"), "serve"], env=environment, cwd=ROOT, stderr=errors
            )
            try:
                while not _is_ready(client):
                    if child.poll() is not None or time.monotonic() - begun > 60:
                        raise RuntimeError(log.read_text())
                    time.sleep(0.01)
                ready = time.monotonic() - begun
                time.sleep(3)
                status = Path(f"/proc/{child.pid}/status").read_text()
            finally:
                child.terminate()
                child.wait(timeout=10)
    resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    return ready, resident / 1024


def _is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.HTTPError:
        return False
