"""Tells an operator and the commanders by email that Slack is away, and once more that it is back.

Once an outage, whoever notices it.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from bot.comms.outgoing import Outgoing
from bot.domain.model import sha256
from bot.domain.outages import STREAM, ChatBack, ChatLost, OperatorTold, Outage, follow
from bot.domain.plan import Person, RecoveryPlan
from bot.domain.timeline import BOT, Event, moment, record
from bot.engine.desk import Desk
from bot.engine.parts import Part
from bot.engine.ports import NotDelivered
from bot.redaction import redact
from bot.store import streams
from bot.store.errors import Conflict

CHANNEL = "email"
BAD = ("degraded", "failed")
NOBODY = "The recovery plan names no primary or secondary emergency contact."
log = structlog.get_logger()


@dataclass(frozen=True)
class Patience:
    """In seconds: so long must it be bad, or good again, before it counts; so long is another replica left to tell.

    A mail server that fails for now is tried `again`, until it is time to `give_up`.
    """

    bad: float = 120.0
    good: float = 30.0
    turn: float = 60.0
    again: float = 60.0
    give_up: float = 3600.0


@dataclass
class Alarm:
    """`look` is called every few seconds. `send` hands one message to one person; raises NotDelivered."""

    desk: Desk
    part: Callable[[], Part]
    send: Callable[[Outgoing, Person], str]
    replica: str
    patience: Patience = Patience()
    _bad: bool = False
    _since: float = field(init=False)
    _head: streams.Head | None = None
    _outage: Outage | None = None
    _not_before: float = 0.0

    def __post_init__(self) -> None:
        self._since = self._moment()

    def _moment(self) -> float:
        """Seconds that pass whether or not the database answers, moved on as tests move the clock."""
        return time.monotonic() + self.desk.clock.offset().total_seconds()

    def look(self) -> None:
        """Note what has lasted, and tell it where nobody has; raises the store's errors."""
        part = self.part()
        bad = part.state in BAD
        now = self._moment()
        if bad != self._bad:
            self._bad, self._since = bad, now
        lasted = now - self._since
        outage = self._read()
        event = self._event(part, lasted, outage)
        mine = event is not None and self._append(event)
        self._tell(mine)

    def _event(self, part: Part, lasted: float, outage: Outage | None) -> Event | None:
        """What there is to note: one row a look."""
        going = outage if outage is not None and outage.ended_at is None else None
        if self._bad:
            if lasted < self.patience.bad or (going and self.replica in going.without):
                return None
            since = self.desk.now() - timedelta(seconds=round(lasted))
            return ChatLost(replica=self.replica, reason=redact(part.reason), since=since)
        if going is None or lasted < self.patience.good:
            return None
        if self.replica in going.without:
            return ChatBack(replica=self.replica)
        living = {executor.name for executor in self.desk.executors()} | {self.replica}
        gone = sorted(going.without - living)
        return ChatBack(replica=gone[0]) if gone else None

    # --- telling -----------------------------------------------------------------------------------------------------------

    def _tell(self, mine: bool) -> None:
        """Who noted it first tells it at once; the others wait whether it does."""
        outage = self._read()
        if outage is None or self._moment() < self._not_before:
            return
        first = mine and (outage.what == "back" or outage.without == {self.replica})
        age = self.desk.now() - (outage.ended_at or outage.noted_at)
        if not first and age < timedelta(seconds=self.patience.turn):
            return
        last = age > timedelta(seconds=self.patience.give_up)
        if outage.what == "away":
            self._tell_an_operator(outage, last=last)
            people = self._commanders()
        else:
            people = sorted(outage.heard)  # who never heard of an outage need not hear of its end
        for name in people:
            self._tell_one(outage, name, last=last)

    def _tell_an_operator(self, outage: Outage, *, last: bool) -> None:
        """The first emergency contact who can be reached."""
        known = list(contacts(self.desk.plan))
        if outage.heard & set(known):
            return
        if not known and ("away", None) not in outage.settled:
            log.error("operator_not_told", what="away", reason=NOBODY, slack=outage.reason)
            self._append_told(OperatorTold(outage=outage.number, what="away", failure=NOBODY))
        for name in known:
            if self._tell_one(outage, name, last=last):
                return

    def _tell_one(self, outage: Outage, name: str, *, last: bool) -> bool:
        """Whether somebody was told now. What fails for now is tried again; what fails for good is put on record."""
        what, person = outage.what, self.desk.plan.people.get(name)
        now = self._outage
        if person is None or now is None or (what, name) in now.settled:
            return False
        told = OperatorTold(outage=outage.number, what=what, person=name, channel=CHANNEL)
        try:
            id_ = self.send(letter(outage, self.desk.plan, name), person)
        except NotDelivered as failure:
            reason = redact(str(failure))
            log.error("operator_not_told", what=what, person=name, reason=reason, slack=outage.reason)
            if failure.permanent or last:
                self._append_told(told.model_copy(update={"failure": reason}))
            else:
                self._not_before = self._moment() + self.patience.again
            return False
        log.warning("operator_told", what=what, person=name, outage=outage.number)
        self._append_told(told.model_copy(update={"message_id": id_}))
        return True

    def _append_told(self, told: OperatorTold) -> None:
        """Put on record, unless another replica has put the same there, or the outage is over."""
        while not self._append(told):
            outage = self._read()
            if outage is None or outage.number != told.outage or (told.what, told.person) in outage.settled:
                return
        self._read()

    def _commanders(self) -> list[str]:
        """Whoever leads an open incident."""
        return sorted({row.commander for row in self.desk.incidents() if row.commander})

    # --- the stream --------------------------------------------------------------------------------------------------------

    def _read(self) -> Outage | None:
        with self.desk.database.read() as connection:
            self._catch_up(connection)
        return self._outage

    def _catch_up(self, connection: Connection) -> None:
        rows = streams.load_behind(connection, STREAM, self._head) if self._head else None
        if rows is None:
            rows, self._outage = streams.load(connection, STREAM), None
        self._outage = follow(rows, self._outage)
        if rows:
            self._head = streams.Head(rows[-1].seq, rows[-1].hash)

    def _append(self, event: Event) -> bool:
        """Whether it was noted: of two replicas that note the same moment one wins, and the other looks again."""

        def note(connection: Connection, now: datetime) -> None:
            head = streams.head(connection, STREAM)
            if head.seq != (self._head.seq if self._head else 0):
                raise Conflict("Another replica was first.")
            rows = record([event], stream=STREAM, after=head.seq, prev=head.hash, at=now, actor=BOT)
            streams.append(connection, rows)

        try:
            self.desk.transact(note)
        except Conflict:
            return False
        log.info("chat_noted", what=event.type)
        return True


def contacts(plan: RecoveryPlan) -> Iterator[str]:
    """The emergency contacts whom an operator's message goes to: the first that can be reached."""
    for role in ("primary", "secondary"):
        name = plan.emergency_contacts.get(role)
        if name is not None and name in plan.people:
            yield name


def letter(outage: Outage, plan: RecoveryPlan, name: str) -> Outgoing:
    """The message to one person. Its token is made from the outage's own name, so that a repeat is the same mail."""
    thread = f"slack-outage.{outage.number}.{sha256(f'{plan.organisation} {moment(outage.noted_at)}')[:12]}"
    subject, text = _away(outage) if outage.what == "away" else _back(outage)
    return Outgoing(f"{thread}.{outage.what}.{name}", thread, f"{plan.organisation}: {subject}", text)


def _away(outage: Outage) -> tuple[str, str]:
    text = (
        f"DR Bot has trouble with Slack since {clock(outage.since)}.\n\n"
        f"{outage.reason}\n\n"
        "Everything goes on by the dr command: `dr list` shows the incidents, `dr show INC-7` one of them. "
        "Messages wait and are posted when Slack is back. `dr doctor` says what can be mended.\n\n"
        "This is told once; you hear again when Slack is back."
    )
    return "DR Bot has trouble with Slack", text


def _back(outage: Outage) -> tuple[str, str]:
    assert outage.ended_at is not None
    minutes = max(1, round((outage.ended_at - outage.since).total_seconds() / 60))
    text = (
        f"DR Bot works with Slack again since {clock(outage.ended_at)}, after {minutes} min.\n\n"
        "The incidents' channels are brought up to date by themselves."
    )
    return "DR Bot works with Slack again", text


def clock(at: datetime) -> str:
    """`2026-11-22 03:04 UTC`."""
    return f"{at:%Y-%m-%d %H:%M} UTC"
