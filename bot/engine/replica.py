"""One replica: it holds a lease, turns due moments into jobs, takes over what the dead left, and runs the jobs."""

import math
import threading
import time
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import wraps

import structlog
from sqlalchemy import Connection

from bot.domain.errors import DRError, NotConfirmed, NotRecorded
from bot.domain.model import JsonValue
from bot.engine.agenda import queue_of
from bot.engine.desk import Desk
from bot.engine.durable import Durable, Handler, Job
from bot.engine.pulse import Pulse
from bot.engine.steps import StepRunner
from bot.engine.telling import Teller
from bot.store import leases, moments
from bot.store.engine_lock import EngineLock

LEASE = timedelta(seconds=5)
RENEW_EVERY = 1.0  # seconds
SWEEP_EVERY = 0.25
TAKE_OVER_EVERY = 1.25
KEEP_JOBS = timedelta(days=7)
GIVE_AGAIN_EVERY = 30.0
FORGET_EVERY = 3600.0
BATCH = 200
# A moment that was turned into a job is armed again so much later, in case the job is lost: looks re-arm themselves.
SAFETY = timedelta(minutes=1)
SOON = timedelta(seconds=10)  # longer than looks pause
VITAL = frozenset({"lease", "sweep", "take-over"})  # parts without which nothing is executed
WORKING = frozenset({"look", "deliver"})  # kinds that somebody who waits for the end waits for
log = structlog.get_logger()


class LeaseLost(DRError):
    """Another process has taken this replica's lease: this one must not act any more."""


@dataclass
class Replica:
    """Runs the engine in this process. `name` must be its own among the living; `url` is where it answers."""

    desk: Desk
    runner: StepRunner
    teller: Teller
    name: str
    url: str = ""
    version: str = ""
    every: Mapping[float, tuple[Callable[[], None], ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._stopping = threading.Event()
        self._released = threading.Event()
        self._restored = threading.Event()
        self._judges_from = math.inf
        self._lease_until = datetime.min.replace(tzinfo=UTC)
        self._lost = threading.Event()
        self._threads: list[threading.Thread] = []
        path = self.desk.database.path
        self._lock = EngineLock(path) if path else None
        self._durable = Durable(self.desk.database, self.runner_id, self._handlers())
        self.pulse = Pulse()

    def _handlers(self) -> dict[str, Handler]:
        """Job names and their bodies. A changed body that reads other arguments gets a new name."""
        bodies: dict[str, Handler] = {
            "plan": self.runner.plan,
            "attempt": self.runner.attempt,
            "look": self.runner.look,
            "stalled": self.runner.stalled,
            "judge": self.runner.judge,
            "expire": self.runner.expire,
            "announce": self.teller.announce,
            "update": self.teller.update,
            "deliver": self.teller.deliver,
            "redeliver": self.teller.redeliver,
        }
        return {name: persistent(name, body) for name, body in bodies.items()}

    def watch(self, every: Mapping[float, tuple[Callable[[], None], ...]]) -> None:
        """Repeat more beside the engine, each so many seconds; to be said before the start."""
        self.every = {
            seconds: (*self.every.get(seconds, ()), *every.get(seconds, ())) for seconds in {*self.every, *every}
        }

    # --- life -----------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Lease and lock first, then the engine; raises NameTaken, EngineRunning and the store's errors."""
        if self._lock is not None:
            self._lock.take()
        self.desk.transact(self._take_lease)
        self._durable.launch()
        if self._lock is not None:
            self._durable.take_over(lambda: {self.runner_id})  # the lock proves that no other lives
        else:
            self._durable.inherit(self.name)
        self._spawn("restore", RENEW_EVERY, self._restore, self._restored)
        self._spawn("lease", RENEW_EVERY, self._renew, self._released)
        self._spawn("sweep", SWEEP_EVERY, self.sweep)
        self._spawn("take-over", TAKE_OVER_EVERY, self._take_over)
        self._spawn("give-again", GIVE_AGAIN_EVERY, self.teller.give_again)
        self._spawn("forget", FORGET_EVERY, self._forget)
        for seconds, works in self.every.items():
            for work in works:
                self._spawn(work.__qualname__, seconds, work)

    @property
    def runner_id(self) -> str:
        """The name under which the durable engine knows this life of the replica."""
        return self.runner.executor

    def wait(self, until: threading.Event | None = None) -> None:
        """Block until `stop` is called elsewhere; raises LeaseLost."""
        while not self._stopping.wait(0.2):
            if until is not None and until.is_set():
                return
            if self._lost.is_set():
                raise LeaseLost("Another process has taken this replica's lease.")

    def wait_until_idle(self, settle_seconds: float = 1.0) -> None:
        """Block until nothing is due and nothing runs; what waits for a person or for a later moment is not waited for."""
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < settle_seconds:
            if self._lost.is_set():
                raise LeaseLost("Another process has taken this replica's lease.")
            if self._durable.busy() or self.desk.transact(_has_work):
                quiet_since = time.monotonic()
            time.sleep(0.1)

    def stop(self) -> None:
        """Take nothing more, let running jobs end, give the lease back."""
        self._stopping.set()
        self._durable.stop()
        self._released.set()
        for thread in self._threads:
            thread.join(timeout=2)
        try:
            self.desk.transact(lambda connection, _: leases.release(connection, self.name, self.runner_id))
        except (NotRecorded, NotConfirmed) as trouble:
            log.warning("lease_not_released", reason=str(trouble))
        if self._lock is not None:
            self._lock.release()

    def trouble(self) -> str:
        """Why this replica takes no work; empty while it does."""
        if self._lost.is_set():
            return "Another process has taken this replica's lease."
        if self._stopping.is_set():
            return "It is stopping."
        return self.pulse.trouble(VITAL) or self.pulse.silence()

    def jobs(self) -> Mapping[str, int]:
        """How many jobs of all replicas are `waiting` and `running`."""
        return self._durable.standing()

    # --- what goes on -----------------------------------------------------------------------------------------------------

    def _spawn(
        self, name: str, seconds: float, work: Callable[[], object], until: threading.Event | None = None
    ) -> None:
        arguments = (name, seconds, work, until or self._stopping)
        thread = threading.Thread(target=self._repeat, args=arguments, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _repeat(self, name: str, seconds: float, work: Callable[[], object], until: threading.Event) -> None:
        """A database that is away is waited for; it is said once when it goes and once when it is back."""
        while not until.is_set():
            try:
                work()
                if self.pulse.well(name):
                    log.info("back", part=name)
            except LeaseLost:
                self._lost.set()
                return
            except (NotRecorded, NotConfirmed) as trouble:
                if self.pulse.unwell(name, str(trouble)):
                    log.warning("away", part=name, reason=str(trouble))
            except Exception as error:  # the edge of this thread: it must go on
                self.pulse.unwell(name, f"{name} fails with {type(error).__name__}; the log says more.")
                log.exception("part_failed", part=name)
            until.wait(seconds)

    def _restore(self) -> None:
        """Once, and beside the work: with hundreds of open incidents it takes a moment."""
        restored = self.desk.restore_agenda()
        if restored:
            log.warning("agenda_restored", incidents=restored)
        self._restored.set()

    def _take_lease(self, connection: Connection, now: datetime) -> None:
        if self._lock is not None:
            leases.clear(connection)  # the lock proves that no other lives
        leases.take(connection, self.name, self.runner_id, LEASE, now, version=self.version, url=self.url)

    def _renew(self) -> None:
        """After a gap (the database was away, or its clock jumped) nobody is judged until all had time to renew."""

        def renew(connection: Connection, now: datetime) -> tuple[bool, datetime]:
            return leases.renew(connection, self.name, self.runner_id, LEASE, now), now

        renewed, now = self.desk.transact(renew)
        if not renewed:
            raise LeaseLost
        if now >= self._lease_until:
            self._judges_from = time.monotonic() + LEASE.total_seconds()
        self._lease_until = now + LEASE

    def sweep(self) -> int:
        """Turn the moments that have come into jobs; returns how many."""
        swept = self.desk.transact(self._sweep)
        self.pulse.swept()
        return swept

    def _sweep(self, connection: Connection, now: datetime) -> int:
        rows = moments.due(connection, now, BATCH)
        for row in rows:
            self.desk.enqueue(connection, moment_job(row))
            if row.kind == "deliver":
                moments.drop(connection, row.stream, row.key)
            else:
                moments.rearm(connection, row.stream, row.key, now + SAFETY)
        return len(rows)

    def _take_over(self) -> None:
        if time.monotonic() < self._judges_from:
            return
        taken = self._durable.take_over(self._living)
        if taken:
            log.warning("taken_over", jobs=len(taken))

    def _living(self) -> Container[str] | None:
        """Who holds a lease; None while this replica's own has run out, for then the others' may have for the same reason."""
        living = {replica.executor_id for replica in self.desk.executors()}
        judges = self.runner_id in living and time.monotonic() >= self._judges_from
        return living if judges else None

    def _forget(self) -> None:
        self._durable.forget(self.desk.now() - KEEP_JOBS)


def persistent(name: str, body: Handler) -> Handler:
    """The same job, begun again while the database is away: every job reads the state before it acts."""

    @wraps(body)
    def run(*arguments: JsonValue) -> None:
        pause = 0.2
        while True:
            try:
                body(*arguments)
                return
            except (NotRecorded, NotConfirmed) as trouble:
                log.warning("job_waits", job=name, arguments=arguments, reason=str(trouble))
                time.sleep(pause)
                pause = min(pause * 2, 5.0)

    return run


def moment_job(row: moments.DueRow) -> Job:
    """The job of a moment. Its id is the moment itself, so that it happens once, whoever sweeps."""
    data = row.data
    at = row.at.isoformat()
    match row.kind:
        case "update":
            return Job("update", f"update|{row.stream}|{at}", "messages", (row.stream, data["number"]))
        case "announce":
            return Job("announce", f"announce|{row.stream}|{at}", "messages", (row.stream,))
        case "deliver":
            return Job("deliver", f"{row.key}|{at}", "messages", (data["delivery"],))
        case "expire":
            arguments: tuple[JsonValue, ...] = (row.stream, data["run"], data["step"])
        case "plan" | "attempt" | "judge":
            arguments = tuple(_list(data["arguments"]))
        case _:
            arguments = (row.stream, data["run"], data["step"], data["attempt"])
    return Job(row.kind, f"{row.key}|{row.stream}|{at}", queue_of(row.kind), arguments)


def _list(value: JsonValue) -> list[JsonValue]:
    assert isinstance(value, list)
    return value


def _has_work(connection: Connection, now: datetime) -> bool:
    """Something is due, or a step that runs will be looked at soon."""
    soon = moments.due(connection, now + SOON, BATCH)
    return any(row.at <= now or (row.kind in WORKING and not row.data.get("doubt")) for row in soon)
