"""The engine's own delay from the last approval to the call, and what 100 idle incidents cost."""

import resource
import time
from collections.abc import Callable, Iterator

from bench.rows import Row, laboratory, percentile
from tests.integration.lab import Lab

FLIP = {"id": "flip", "title": "Flip it", "action": "toy.flip"}
RUNBOOKS = {f"flip_{n}": {"steps": [FLIP | {"with": {"name": f"switch_{n}", "to": "on"}}]} for n in range(60)} | {
    "wait": {"steps": [{"id": "look", "title": "Look", "manual": "Look."}]}
}
IDLE_BOUNDS = {"SQLite": 5.0, "PostgreSQL": 10.0}
IDLE_INCIDENTS = 100
IDLE_SECONDS = 15.0


def run(new: Callable[[str], str]) -> Iterator[Row]:
    """Measured while 100 other incidents are open."""
    for kind, bound in IDLE_BOUNDS.items():
        with laboratory(new(kind), RUNBOOKS) as lab:
            for _ in range(IDLE_INCIDENTS):
                lab.started("wait")
            with lab.running() as replica:
                replica.wait_until_idle(settle_seconds=2)
                yield Row("100 idle incidents", kind, _idle_share(), "% of a core", bound)
                delays = [_delay(lab, n) for n in range(60)]
            yield Row("Rule met to call sent, p50", kind, percentile(delays, 0.5), "ms", 200.0)
            yield Row("Rule met to call sent, p99", kind, percentile(delays, 0.99), "ms", 600.0)


def _idle_share() -> float:
    """This process runs the engine and nothing else meanwhile."""
    begun, used = time.monotonic(), _used()
    time.sleep(IDLE_SECONDS)
    return (_used() - used) / (time.monotonic() - begun) * 100


def _used() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _delay(lab: Lab, number: int) -> float:
    """From the committed last approval to the call, in milliseconds."""
    incident = lab.started(f"flip_{number}")
    lab.wait(incident, "flip", "pending_approval")
    before = len(lab.board.calls)
    lab.approve(incident, "flip", "bob")
    met = time.perf_counter()
    while len(lab.board.calls) == before:
        time.sleep(0.001)
    delay = (time.perf_counter() - met) * 1000
    lab.wait(incident, "flip", "completed")
    return delay
