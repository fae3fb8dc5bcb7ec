"""Tells an operator and the commanders by email that Slack is away, and once more that it is back.

Once an outage, whoever notices it.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from bot.comms.outgoing import Outgoing
from bot.domain.model import sha256
from bot.domain.outages import STREAM, ChatBack, ChatLost, OperatorTold, Outage, What, follow
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
        """Who noted it tells it at once; the others wait whether it does."""
        outage = self._read()
        what = outage.untold if outage else None
        if outage is None or what is None or self._moment() < self._not_before:
            return
        age = self.desk.now() - (outage.ended_at or outage.noted_at)
        if not mine and age < timedelta(seconds=self.patience.turn):
            return
        told = self._told(outage, what, last=age > timedelta(seconds=self.patience.give_up))
        while told is not None and not self._append(told):
            again = self._read()
            told = told if again and again.number == outage.number and again.untold == what else None

    def _told(self, outage: Outage, what: What, *, last: bool) -> Event | None:
        """What came of telling it; None where it should be tried again."""
        message = letter(outage, what, self.desk.plan)
        failures: list[NotDelivered] = []
        sent = ((name, self._sent(message, person, failures)) for name, person in contacts(self.desk.plan))
        operator, id_ = next(((name, id_) for name, id_ in sent if id_), (None, ""))
        others = tuple(
            name
            for name, person in self._commanders(operator)
            if self._sent(replace(message, token=f"{message.token}.{name}"), person, failures)
        )
        reason = redact(" ".join(dict.fromkeys(map(str, failures))))
        if operator is not None or others:
            log.warning("operator_told", what=what, person=operator, others=others, outage=outage.number)
            told = {"person": operator, "others": others, "channel": CHANNEL, "message_id": id_, "failure": reason}
            return OperatorTold(outage=outage.number, what=what, **told)
        log.error("operator_not_told", what=what, reason=reason or NOBODY, slack=outage.reason)
        if not last and not all(failure.permanent for failure in failures):
            self._not_before = self._moment() + self.patience.again
            return None
        return OperatorTold(outage=outage.number, what=what, failure=reason or NOBODY)

    def _sent(self, message: Outgoing, person: Person, failures: list[NotDelivered]) -> str:
        """The mail's id; empty where it can't be sent."""
        try:
            return self.send(message, person)
        except NotDelivered as failure:
            failures.append(failure)
            return ""

    def _commanders(self, told: str | None) -> Iterator[tuple[str, Person]]:
        """Whoever leads an open incident, and has not been told."""
        commanders = dict.fromkeys(row.commander for row in self.desk.incidents())
        people = self.desk.plan.people
        yield from ((name, people[name]) for name in commanders if name in people and name != told)

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


def contacts(plan: RecoveryPlan) -> Iterator[tuple[str, Person]]:
    """The emergency contacts whom an operator's message goes to: the first that can be reached."""
    for role in ("primary", "secondary"):
        name = plan.emergency_contacts.get(role)
        if name is not None and name in plan.people:
            yield name, plan.people[name]


def letter(outage: Outage, what: What, plan: RecoveryPlan) -> Outgoing:
    """The message. Its name is the outage's, so that a repeat is the same mail."""
    origin = sha256(f"{plan.organisation} {moment(outage.noted_at)}")[:12]
    thread = f"slack-outage.{outage.number}.{origin}"
    subject, text = _away(outage) if what == "away" else _back(outage)
    return Outgoing(token=f"{thread}.{what}", thread=thread, subject=f"{plan.organisation}: {subject}", text=text)


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
