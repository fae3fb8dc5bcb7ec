"""The durable engine (DBOS Transact) behind a few verbs. The only module that knows it.

A job is a name and JSON arguments; its id makes it once. It is enqueued in the transaction that causes it and run at
least once: a job whose replica dies is run again from its beginning, so every job reads the state before it acts.
"""

import time
from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import wraps

from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer, WorkflowStatus
from sqlalchemy import Connection

from bot.domain.model import JsonValue
from bot.domain.timeline import moment
from bot.store.database import Database

APPLICATION = "dr-bot"
VERSION = "jobs-1"  # a constant: a new one would strand what is enqueued; a new job body gets a new name instead
ACTIVE = ["ENQUEUED", "PENDING"]
PATIENCE_MS = 10_000  # the engine's own connections wait longer for SQLite's lock than people do

Handler = Callable[..., None]


@dataclass(frozen=True)
class Job:
    """One short piece of work: which handler, on which queue, with which arguments. The same id runs once."""

    name: str
    id: str
    queue: str
    arguments: tuple[JsonValue, ...]


@dataclass(frozen=True)
class Queue:
    """How many of its jobs one replica runs at once, and how often (seconds) it asks for more: asking is what idling costs."""

    at_once: int
    poll: float


# Steps never wait behind looks or messages, and somebody waits for a step.
QUEUES: Mapping[str, Queue] = {"steps": Queue(20, 0.2), "looks": Queue(20, 0.5), "messages": Queue(25, 0.5)}
SPARE_THREADS = 4
DROPPED_AFTER = 5.0  # seconds: a job begins within milliseconds of being taken


class Enqueuer:
    """Puts jobs into the transactions of others; needs no running engine."""

    def __init__(self, database: Database) -> None:
        self._client = DBOSClient(
            system_database_engine=database.engine,
            application_name=APPLICATION,
            serializer=DBOSPortableJSONSerializer(),
            lazy=True,
            retry_connection_errors=False,
        )

    def enqueue(self, connection: Connection, job: Job) -> None:
        """Commits and rolls back with the caller's transaction; an id that is known already changes nothing."""
        options = {"workflow_name": job.name, "queue_name": job.queue, "workflow_id": job.id}
        self._client.enqueue_in_transaction(connection, options, *job.arguments)  # type: ignore[arg-type]


def prepare(database: Database) -> None:
    """Create or upgrade the engine's own tables and queues, in the same database."""
    DBOS.migrate(database.url)
    client = DBOSClient(system_database_engine=database.engine, application_name=APPLICATION, lazy=True)
    for name, queue in QUEUES.items():
        client.register_queue(name, worker_concurrency=queue.at_once, polling_interval_sec=queue.poll)


def resume(orphans: Sequence[WorkflowStatus]) -> list[str]:
    """Enqueue jobs again, each on its own queue; returns their ids."""
    for queue in {job.queue_name for job in orphans}:
        DBOS.resume_workflows([j.workflow_id for j in orphans if j.queue_name == queue], queue_name=queue)
    return [job.workflow_id for job in orphans]


class Durable:
    """The running engine of this process. There is one at a time in a process."""

    def __init__(self, database: Database, executor_id: str, handlers: Mapping[str, Handler]) -> None:
        self._database = Database(database.url, busy_timeout_ms=PATIENCE_MS)
        self._executor_id = executor_id
        self._handlers = handlers
        self._launched = False
        self._running: set[str] = set()
        self._unseen: dict[str, float] = {}

    def launch(self) -> None:
        """Start taking jobs. The lease must be held before, or another replica could think this one dead."""
        DBOS(
            config={
                "name": APPLICATION,
                "system_database_url": self._database.url,
                "system_database_engine": self._database.engine,
                "executor_id": self._executor_id,
                "application_version": VERSION,
                "serializer": DBOSPortableJSONSerializer(),
                "max_executor_threads": sum(queue.at_once for queue in QUEUES.values()) + SPARE_THREADS,
                "log_level": "WARNING",
            }
        )
        for name, handler in self._handlers.items():
            DBOS.workflow(name=name)(self._seen(handler))
        DBOS.launch()
        self._launched = True

    def busy(self) -> int:
        """How many jobs wait or run."""
        return len(DBOS.list_workflows(status=ACTIVE, load_input=False, load_output=False))

    def standing(self) -> dict[str, int]:
        """How many jobs are `waiting` and `running`."""
        found = Counter(job.status for job in DBOS.list_workflows(status=ACTIVE, load_input=False, load_output=False))
        return {"waiting": found["ENQUEUED"], "running": found["PENDING"]}

    def _seen(self, handler: Handler) -> Handler:
        """The same handler, known to run while it does."""

        @wraps(handler)
        def run(*arguments: JsonValue) -> None:
            job = DBOS.workflow_id or ""
            self._running.add(job)
            try:
                handler(*arguments)
            finally:
                self._running.discard(job)

        return run

    def _dropped(self, job: WorkflowStatus) -> bool:
        """Whether a job was taken by this very replica and never began: the database went away in between."""
        if job.executor_id != self._executor_id or job.workflow_id in self._running:
            self._unseen.pop(job.workflow_id, None)
            return False
        return time.monotonic() - self._unseen.setdefault(job.workflow_id, time.monotonic()) > DROPPED_AFTER

    def take_over(self, living: Callable[[], Container[str] | None]) -> list[str]:
        """Enqueue again what replicas that are no longer alive left running, and what this one dropped; returns the ids.

        The living are asked for after the running jobs: a replica holds its lease before it takes its first job. Where
        it can't be said who lives, nothing is taken.
        """
        pending = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        live = living() if pending else None
        self._unseen = {
            job.workflow_id: self._unseen[job.workflow_id] for job in pending if job.workflow_id in self._unseen
        }
        if live is None:
            return []
        return resume([job for job in pending if job.executor_id not in live or self._dropped(job)])

    def inherit(self, name: str) -> list[str]:
        """The same for what earlier lives of this replica left: who holds its name knows that they are over."""
        pending = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        others = [job for job in pending if job.executor_id != self._executor_id]
        return resume([job for job in others if (job.executor_id or "").rpartition("-")[0] == name])

    def forget(self, before: datetime) -> int:
        """Delete finished jobs older than a moment; returns how many."""
        done = DBOS.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED"],
            end_time=moment(before),
            limit=1000,
            load_input=False,
            load_output=False,
        )
        if done:
            DBOS.delete_workflows([job.workflow_id for job in done])
        return len(done)

    def stop(self, patience_seconds: int = 5) -> None:
        """Take no more jobs, give the running ones a moment, and let go."""
        if not self._launched:
            return
        patience = patience_seconds if DBOS.list_workflows(status="PENDING", load_input=False, load_output=False) else 0
        DBOS.destroy(workflow_completion_timeout_sec=patience, destroy_registry=True)
        self._database.close()
