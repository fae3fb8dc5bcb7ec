"""When the chat was away: events of the bot's own stream, so that an outage is told once, whichever replica notices."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from bot.domain.timeline import Event, Recorded

STREAM = "bot"
What = Literal["away", "back"]


class ChatLost(Event):
    """A replica has been without the chat since a moment, or with half of it."""

    replica: str
    reason: str
    since: datetime


class ChatBack(Event):
    """A replica has the chat again, or is gone itself."""

    replica: str


class OperatorTold(Event):
    """Somebody was told of an outage, or can't be, and why: an emergency contact, or who leads an open incident.

    `outage` is the row at which it began. Without a `person` there was nobody to tell.
    """

    outage: int
    what: What
    person: str | None = None
    channel: str = ""
    message_id: str = ""
    failure: str = ""


@dataclass(frozen=True)
class Outage:
    """From the first replica that lost the chat to the last that has it again. `number` is its first row.

    `heard` are those who were told that the chat is away; `settled` says of whom nothing more is to be done, and for what.
    """

    number: int
    since: datetime
    reason: str
    noted_at: datetime
    without: frozenset[str]
    ended_at: datetime | None = None
    heard: frozenset[str] = frozenset()
    settled: frozenset[tuple[What, str | None]] = frozenset()

    @property
    def what(self) -> What:
        """What there is to tell now."""
        return "away" if self.ended_at is None else "back"


def follow(rows: Iterable[Recorded], outage: Outage | None = None) -> Outage | None:
    """The last outage, carried on by more rows of the stream."""
    for row in rows:
        outage = _after(outage, row)
    return outage


def _after(outage: Outage | None, row: Recorded) -> Outage | None:
    match row.event:
        case ChatLost(replica=name, reason=reason, since=since):
            if outage is None or outage.ended_at is not None:
                return Outage(row.seq, since, reason, row.at, frozenset({name}))
            return replace(outage, without=outage.without | {name})
        case ChatBack(replica=name) if outage is not None and outage.ended_at is None:
            without = outage.without - {name}
            return replace(outage, without=without, ended_at=None if without else row.at)
        case OperatorTold(outage=number, what=what, person=person) if outage is not None and outage.number == number:
            hears = {person} if person and what == "away" and not row.event.failure else frozenset[str]()
            return replace(outage, settled=outage.settled | {(what, person)}, heard=outage.heard | hears)
    return outage
