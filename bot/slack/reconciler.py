"""Makes each incident's channel show the incident: post what is missing, edit what has changed, nothing else.

It compares the state with what the rows say is shown, so bursts coalesce, and after a crash or an outage it just goes on.
"""

import math
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import Connection

from bot.domain.cadence import draft_moment
from bot.domain.errors import NotConfirmed, NotRecorded
from bot.domain.incident import Incident
from bot.engine.desk import Desk
from bot.slack.chat import POST_EVERY, Chat, OutcomeUnknown, SlackAway, SlackRefused, SlackTrouble
from bot.slack.identity import Members
from bot.slack.place import Places
from bot.slack.showing import CLAIM, SETTLED_AFTER, Paint, Showing
from bot.store import chat as rows

LOOK_EVERY = 0.25  # seconds
REST = 0.05  # between two looks, however often it is nudged: a crowd that types needs the processor more
BURY_EVERY = 1.0
REFRESH = timedelta(minutes=1)  # the clocks on the card
REFRESH_EACH = timedelta(seconds=3)  # for every open incident: Slack takes 50 edits a minute of all channels together
UPDATE_EVERY = timedelta(seconds=1)  # of one channel, on average
LONGEST_PAUSE = timedelta(minutes=1)
SURVEY_EVERY = timedelta(minutes=10)  # between two looks at whether the messages are still there
STAYS_OPEN = timedelta(days=1)  # an incident that ended and can't be shown everywhere: so long it is tried
PUT_OFF = timedelta(seconds=5)  # until what no post waits for is tried again
AT_ONCE = 12
log = structlog.get_logger()


@dataclass
class Reconciler:
    """Keeps the channels. `paint` says what a channel should show; `name` tells this process from other replicas."""

    desk: Desk
    chat: Chat
    members: Members
    paint: Paint
    name: str
    _stopping: threading.Event = field(default_factory=threading.Event)
    _wake: threading.Event = field(default_factory=threading.Event)
    _busy: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _surveyed: dict[str, datetime] = field(default_factory=dict)
    _buried_at: float = -math.inf

    def __post_init__(self) -> None:
        self.places = Places(self.desk, self.chat, self.members)
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="reconcile")
        self._thread = threading.Thread(target=self._loop, name="reconciler", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing more; what is being posted is waited for, a moment."""
        self._stopping.set()
        self._wake.set()
        self._thread.join(timeout=2)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def nudge(self) -> None:
        """Look now; returns at once."""
        self._wake.set()

    def link(self, incident_id: str, key: str) -> str | None:
        """The address of a message that is shown."""
        with self.desk.database.read() as connection:
            place = rows.message_of(connection, incident_id, key)
        us = self.members.us
        return us.permalink(*place) if us and place else None

    # --- the loop -------------------------------------------------------------------------------------------------------

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                self._hand_out()
            except (NotRecorded, NotConfirmed) as trouble:
                log.debug("reconciler_waits", reason=str(trouble))
            except Exception:  # the edge of this thread: it must go on
                log.exception("reconciler_failed")
            self._stopping.wait(REST)
            self._wake.wait(LOOK_EVERY - REST)
            self._wake.clear()

    def _hand_out(self) -> None:
        self._bury()
        with self.desk.database.read() as connection:
            behind = rows.behind(connection, self.desk.clock.now(connection), AT_ONCE * 2)
        for incident_id in behind:
            with self._lock:
                if incident_id in self._busy or len(self._busy) >= AT_ONCE or self._stopping.is_set():
                    continue
                self._busy.add(incident_id)
            self._pool.submit(self._guarded, incident_id)

    def _bury(self) -> None:
        """Whoever claimed a channel and is dead by its lease is not waited for."""
        if time.monotonic() < self._buried_at + BURY_EVERY:
            return
        self._buried_at = time.monotonic()
        with self.desk.database.read() as connection:
            claimants = rows.claimants(connection)
        if claimants:
            living = {self.name, *(executor.executor_id for executor in self.desk.executors())}
            dead = [claimant for claimant in claimants if claimant.partition("/")[0] not in living]
            if dead:
                self.desk.transact(lambda connection, _: rows.release_all(connection, dead))

    def _guarded(self, incident_id: str) -> None:
        try:
            self.reconcile(incident_id)
        except (NotRecorded, NotConfirmed) as trouble:
            log.warning("channel_waits", incident=incident_id, reason=str(trouble))
        except Exception:  # the edge of this work: another incident's channel must not suffer
            log.exception("channel_failed", incident=incident_id)
        finally:
            with self._lock:
                self._busy.discard(incident_id)

    # --- one incident ---------------------------------------------------------------------------------------------------

    def reconcile(self, incident_id: str) -> None:
        """Make one incident's channel show its state, or leave a note why not and when to try again."""
        by = f"{self.name}/{uuid.uuid4().hex[:8]}"
        incident = self.desk.find(incident_id)
        claimed = self.desk.transact(lambda connection, now: rows.claim(connection, incident_id, by, now, CLAIM))
        if claimed is None:
            return
        link = partial(self.link, incident_id)
        survey = self._is_survey_due(incident_id)
        showing = Showing(self.desk, self.chat, self.places, self.paint, link, incident, by, survey)
        try:
            showing.show(claimed)
        except SlackTrouble as trouble:
            self._later(incident, claimed, by, trouble)
        except BaseException:
            self._later(
                incident, claimed, by, SlackTrouble("The bot failed while it wrote to the channel; its log says more.")
            )
            raise
        else:
            self._shown(incident, claimed, showing)
        if showing.survey:  # it could not be made
            self._surveyed.pop(incident_id, None)

    def _shown(self, incident: Incident, row: rows.Channel, showing: Showing) -> None:
        """Nothing waits but what was put off: that is tried again in its time, and nothing new waits for it.

        An incident that ended is not looked at any more, so it is not done with until all of it is shown.
        """
        put_off = list(showing.put_off.values())
        missing = [*put_off, *map(SlackTrouble, showing.unreached.values())]
        if missing and incident.ended_at is not None and self.desk.now() - incident.ended_at < STAYS_OPEN:
            trouble = put_off[0] if put_off else SlackTrouble(" ".join(map(str, missing)))
            self._later(incident, row, showing.by, trouble)
            return

        def release(connection: Connection, now: datetime) -> None:
            refresh = max(REFRESH, REFRESH_EACH * rows.open_channels(connection))
            due = now + min([refresh, *map(_again_in, put_off)])
            draft = draft_moment(incident, self.desk.plan)
            due = min(due, draft) if draft and draft > now else due
            free = now + UPDATE_EVERY * showing.made
            trouble = " ".join(map(str, missing)) if incident.ended_at is None else ""
            rows.release(connection, incident.id, showing.by, incident.seq, due, free_at=free, trouble=trouble)

        self.desk.transact(release)

    def _later(self, incident: Incident, row: rows.Channel, by: str, trouble: SlackTrouble) -> None:
        """Try again: at its turn, where a channel only takes one post a second; else after a pause that grows."""
        is_turn = isinstance(trouble, SlackAway) and 0 < trouble.retry_after <= 2 * POST_EVERY
        pause = timedelta(seconds=POST_EVERY) if is_turn else self._pause(row.tries, trouble)
        if not is_turn:
            log.warning("channel_behind", incident=incident.id, reason=str(trouble), again_in=pause.total_seconds())
        self.desk.transact(
            lambda connection, now: rows.release(
                connection,
                incident.id,
                by,
                row.shown_seq,
                now + pause,
                tries=max(row.tries, 1) if is_turn else row.tries + 1,
                trouble="" if is_turn else str(trouble),
            )
        )

    def _pause(self, tries: int, trouble: SlackTrouble) -> timedelta:
        pause = min(timedelta(seconds=2**tries), LONGEST_PAUSE)
        if isinstance(trouble, SlackAway):
            pause = max(pause, timedelta(seconds=trouble.retry_after))
        return max(pause, SETTLED_AFTER) if isinstance(trouble, OutcomeUnknown) else pause

    def _is_survey_due(self, incident_id: str) -> bool:
        """Whether it is time to see that what was posted still stands; the first time since this process began."""
        last, now = self._surveyed.get(incident_id), self.desk.now()
        if last is not None and now - last < SURVEY_EVERY:
            return False
        self._surveyed[incident_id] = now
        return last is not None or bool(self._posted(incident_id))

    def _posted(self, incident_id: str) -> bool:
        with self.desk.database.read() as connection:
            return bool(rows.shown(connection, incident_id))


def _again_in(trouble: SlackTrouble) -> timedelta:
    """When it is worth another try: as Slack asks; what it refused, it hardly takes a moment later."""
    if isinstance(trouble, SlackRefused):
        return REFRESH
    return timedelta(seconds=trouble.retry_after) if isinstance(trouble, SlackAway) and trouble.retry_after else PUT_OFF
