"""The desk: the one door through which commands come. It decides and records in one transaction, with all that follows."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from bot.domain import commands as c
from bot.domain.cadence import next_update
from bot.domain.decisions import World, decide
from bot.domain.errors import NotConfirmed, Refused
from bot.domain.evolve import fold
from bot.domain.incident import Incident, held_targets
from bot.domain.model import JsonValue, replace
from bot.domain.outages import STREAM, Outage, follow
from bot.domain.plan import RecoveryPlan
from bot.domain.runbook import Runbook
from bot.domain.timeline import GENESIS, Event, Recorded, record
from bot.domain.waiting import waiting_line
from bot.engine.agenda import Agenda, Wake, agenda, look_key
from bot.engine.durable import Enqueuer, Job
from bot.engine.ports import Delivery, Messages, Registry
from bot.store import chat, deliveries, leases, moments, projections, streams, targets
from bot.store.clock import Clock
from bot.store.database import Database
from bot.store.errors import Conflict

RACES = 8  # of two racing writers one wins and the other decides again
CACHED = 512
DEADLINE_SECONDS = 0.8  # our own: a driver's time-outs don't cover a commit that hangs
T = TypeVar("T")
log = structlog.get_logger()
Also = Callable[[Connection], object]


@dataclass(frozen=True)
class Desk:
    """Takes commands. `plan` and `runbooks` are as read at start-up; membership is judged by them at each command."""

    database: Database
    clock: Clock
    plan: RecoveryPlan
    runbooks: Mapping[str, Runbook]
    registry: Registry
    messages: Messages
    enqueuer: Enqueuer
    deadline_seconds: float = DEADLINE_SECONDS
    _cache: dict[str, Incident] = field(default_factory=dict)
    _prompt: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(16, thread_name_prefix="desk"))

    # --- people's commands --------------------------------------------------------------------------------------------

    def declare(self, command: c.Declare, *, key: str) -> Incident:
        """Declare an incident under the next free number; the same key declares it once.

        Raises Refused, NotRecorded, or NotConfirmed after 800 ms without a confirmed commit.
        """
        return self._promptly(lambda: self._declare(command, key))

    def give(self, incident_id: str, command: c.Command, *, key: str) -> Incident:
        """Give a person's command; the same key counts once. Raises as `declare`."""
        return self._promptly(lambda: self.record(incident_id, command, key=key, interactive=True))

    def find(self, incident_id: str) -> Incident:
        """The incident as it stands; raises Refused where there is none."""
        with self.database.read() as connection:
            return self._existing(connection, incident_id)

    def timeline(self, incident_id: str) -> list[Recorded]:
        """Everything that happened, in order; raises Refused where there is no such incident."""
        with self.database.read() as connection:
            self._existing(connection, incident_id)
            return streams.load(connection, incident_id)

    def incidents(self, *, ended: bool = False) -> list[projections.IncidentRow]:
        """The open incidents, or all of them."""
        with self.database.read() as connection:
            return projections.list_incidents(connection, include_closed=ended)

    def now(self) -> datetime:
        """The database's clock with the test offset."""
        with self.database.read() as connection:
            return self.clock.now(connection)

    def executors(self) -> list[leases.Replica]:
        """The replicas that do the work; empty where nobody does."""
        with self.database.read() as connection:
            return leases.live(connection, self.clock.now(connection))

    def outage(self) -> Outage | None:
        """The chat's outage that goes on, as the replicas have noted it; None while the chat is there."""
        with self.database.read() as connection:
            found = follow(streams.load(connection, STREAM))
        return found if found is not None and found.ended_at is None else None

    def unshown(self) -> int:
        """How many open incidents the chat does not show as they are now."""
        with self.database.read() as connection:
            return chat.waiting(connection)

    def close(self) -> None:
        """Let go of the threads that answer people; what they are doing is not waited for."""
        self._prompt.shutdown(wait=False, cancel_futures=True)

    # --- the engine's commands ------------------------------------------------------------------------------------------

    def record(
        self,
        incident_id: str,
        command: c.Command,
        *,
        key: str = "",
        also: Also | None = None,
        interactive: bool = False,
    ) -> Incident:
        """Decide and record in one transaction; `also` joins it. Of racing writers the loser decides again."""
        for _ in range(RACES):
            try:
                with self.database.begin(interactive=interactive) as connection:
                    after = self._decide(connection, incident_id, command, key)
                    if also is not None:
                        also(connection)
            except Conflict:
                continue
            return self._remember(after)
        raise Conflict(f"{incident_id} changed again and again while this was decided.")

    def transact(self, work: Callable[[Connection, datetime], T]) -> T:
        """Other rows of the engine's own, in one transaction at the database's moment."""
        with self.database.begin() as connection:
            return work(connection, self.clock.now(connection))

    def enqueue(self, connection: Connection, job: Job) -> None:
        """A job in the caller's transaction."""
        self.enqueuer.enqueue(connection, job)

    def restore_agenda(self) -> int:
        """Write whatever moment of an open incident is missing, at start-up; returns how many incidents lacked one."""
        with self.database.read() as connection:
            found = [stream for stream in streams.open_streams(connection) if self._missing(connection, stream)]
        for stream in found:
            self.transact(partial(self._restore, stream))
        return len(found)

    def _restore(self, stream: str, connection: Connection, _: datetime) -> None:
        missing = self._missing(connection, stream)
        moments.put(connection, stream, {k: moments.Moment(w.at, w.kind, w.data) for k, w in missing.items()})

    def _missing(self, connection: Connection, stream: str) -> dict[str, Wake]:
        present = moments.keys(connection, stream)
        wakes = agenda(self._load(connection, stream)).wakes
        return {key: wake for key, wake in wakes.items() if key not in present}

    def tell(self, told: tuple[Delivery, ...]) -> None:
        """Record messages for delivery, each once by its id."""
        self.transact(lambda connection, now: self._tell(connection, told, now))

    # --- within a transaction -------------------------------------------------------------------------------------------

    def _declare(self, command: c.Declare, key: str) -> Incident:
        for _ in range(RACES):
            try:
                with self.database.begin(interactive=True) as connection:
                    seen = streams.key_seen(connection, key)
                    if seen is not None:
                        return self._existing(connection, seen.stream)
                    number = streams.next_number(connection, "incident")
                    if streams.key_seen(connection, key) is not None:
                        raise Conflict("The same declare was recorded while this one waited for its number.")
                    after = self._decide(connection, f"INC-{number}", replace(command, number=number), key)
            except Conflict:
                continue
            return self._remember(after)
        raise Conflict("Too many incidents are declared at once. Try again.")

    def _decide(self, connection: Connection, stream: str, command: c.Command, key: str) -> Incident:
        if key and streams.key_seen(connection, key) is not None:
            return self._existing(connection, stream)
        before = self._load(connection, stream)
        now = self.clock.now(connection)
        if before is not None and before.last_at is not None:
            now = max(now, before.last_at)
        events = decide(before, command, self._world(connection, command, now), stream)
        recorded, after = self._append(connection, stream, before, events, command, now)
        if key:
            streams.remember_key(connection, key, streams.Place(stream, after.seq), now)
        self._follow(connection, before, after, recorded, now)
        if isinstance(command, c.Settle) and command.outcome == "look_again":
            moments.rearm(connection, stream, look_key(command.run, command.step), now)
        return after

    def _world(self, connection: Connection, command: c.Command, now: datetime) -> World:
        recent = 0
        glass = self.plan.approvals.break_glass
        if isinstance(command, c.BreakGlass) and glass is not None and command.actor.person:
            recent = streams.count_recent(connection, "GlassBroken", now - glass.per, command.actor.person)
        return World(now, self.plan, self.runbooks, self.registry.traits, recent)

    def _append(
        self,
        connection: Connection,
        stream: str,
        before: Incident | None,
        events: tuple[Event, ...],
        command: c.Command,
        now: datetime,
    ) -> tuple[tuple[Recorded, ...], Incident]:
        seq, head = (before.seq, before.head) if before else (0, GENESIS)
        recorded = tuple(record(events, stream=stream, after=seq, prev=head, at=now, actor=command.actor))
        streams.append(connection, recorded)
        after = fold(recorded, before)
        assert after is not None
        return recorded, after

    def _follow(
        self,
        connection: Connection,
        before: Incident | None,
        after: Incident,
        recorded: tuple[Recorded, ...],
        now: datetime,
    ) -> None:
        """All that events cause, in their own transaction: locks, jobs, moments, messages, the line in the list."""
        self._lock_targets(connection, before, after, now)
        self._schedule(connection, after.id, agenda(before), agenda(after))
        self._tell(connection, self.messages.caused_by(before, after, recorded), now)
        projections.put_incident(connection, incident_row(after, self.plan))

    def _lock_targets(self, connection: Connection, before: Incident | None, after: Incident, now: datetime) -> None:
        old = held_targets(before) if before else frozenset()
        new = held_targets(after)
        for run, step in {(r, s) for _, r, s in old} - {(r, s) for _, r, s in new}:
            targets.release(connection, after.id, run, step)
        added: dict[tuple[str, str], list[str]] = {}
        for target, run, step in new - old:
            added.setdefault((run, step), []).append(target)
        for (run, step), wanted in added.items():
            attempt = after.runs[run].steps[step].attempt
            targets.take(connection, after.id, run, step, attempt, wanted, now)

    def _schedule(self, connection: Connection, stream: str, before: Agenda, after: Agenda) -> None:
        for job_id in after.jobs.keys() - before.jobs.keys():
            self.enqueuer.enqueue(connection, after.jobs[job_id])
        moments.drop_all(connection, stream, before.wakes.keys() - after.wakes.keys())
        changed = {key: wake for key, wake in after.wakes.items() if before.wakes.get(key) != wake}
        moments.put(connection, stream, {k: moments.Moment(w.at, w.kind, w.data) for k, w in changed.items()})

    def _tell(self, connection: Connection, told: tuple[Delivery, ...], now: datetime) -> None:
        for delivery in told:
            data: dict[str, JsonValue] = {"channels": list(delivery.channels), "fields": dict(delivery.fields)}
            channel = delivery.channels[0] if delivery.channels else ""
            row = deliveries.Message(delivery.id, delivery.stream, channel, delivery.person, delivery.template, data)
            if deliveries.add(connection, row, now):
                self.enqueuer.enqueue(
                    connection, Job("deliver", f"deliver|{delivery.id}|0", "messages", (delivery.id,))
                )

    # --- reading ----------------------------------------------------------------------------------------------------------

    def _load(self, connection: Connection, stream: str) -> Incident | None:
        """The state, folded on from what this process has folded before.

        A timeline only grows, unless its database is replaced by one that lacks the last commits: then it is read anew.
        """
        known = self._cache.get(stream)
        new = streams.load_behind(connection, stream, streams.Head(known.seq, known.head)) if known else None
        if new is not None:
            return fold(new, known)
        if known is not None:
            log.warning("timeline_replaced", incident=stream, seq=known.seq)
            self._cache.pop(stream, None)
        return fold(streams.load(connection, stream), None)

    def _existing(self, connection: Connection, stream: str) -> Incident:
        state = self._load(connection, stream)
        if state is None:
            raise Refused(f"There is no incident {stream}.", "List them with: dr list.")
        return state

    def _remember(self, state: Incident) -> Incident:
        """Only what is committed is kept: the transaction has ended."""
        if len(self._cache) >= CACHED and state.id not in self._cache:
            self._cache.pop(next(iter(self._cache)))
        self._cache[state.id] = state
        return state

    def waited(self, work: Future[T], patience: float) -> T:
        """What comes of some writing; raises TimeoutError where that takes too long, see `Database.wait_until`."""
        begun = time.monotonic()
        while True:
            left = self.database.wait_until(begun, patience) - time.monotonic()
            try:
                return work.result(timeout=max(left, 0.0))
            except TooLate:
                if left <= 0 or work.done():
                    raise

    def _promptly(self, work: Callable[[], T]) -> T:
        try:
            return self.waited(self._prompt.submit(work), self.deadline_seconds)
        except TooLate:
            raise NotConfirmed(
                "Not confirmed: the database did not answer in time. Look at the incident before you repeat it."
            ) from None


def incident_row(incident: Incident, plan: RecoveryPlan) -> projections.IncidentRow:
    """The incident's line in the list."""
    return projections.IncidentRow(
        id=incident.id,
        number=incident.number,
        state=incident.state.value,
        severity=incident.severity,
        title=incident.title,
        systems=incident.systems,
        drill=incident.drill,
        private=incident.private,
        commander=incident.commander,
        since=incident.since,
        declared_at=incident.declared_at,
        next_update_at=next_update(incident),
        waiting=waiting_line(incident, plan),
        seq=incident.seq,
        open=incident.ended_at is None,
    )
