"""The timeline: append-only streams of events, each stream one hash chain."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

from bot.domain.model import Model, canonical, sha256

GENESIS = "0" * 64


class Actor(Model):
    """Who speaks, and through what."""

    person: str | None = None
    slack: str | None = None
    via: Literal["slack", "cli", "bot"] = "bot"


BOT = Actor()


class Event(Model):
    """Something that happened. Subclasses are the event types; the class name is the type's name in the store."""

    types: ClassVar[dict[str, type["Event"]]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        Event.types[cls.__name__] = cls

    @property
    def type(self) -> str:
        """The type's name."""
        return type(self).__name__

    @property
    def trigger(self) -> str:
        """The event's name in the transition tables; an outcome may refine the type."""
        return type(self).__name__

    def data(self) -> str:
        """The event's own fields as canonical JSON text."""
        return canonical(self.model_dump(mode="json", exclude_defaults=True, by_alias=True))


@dataclass(frozen=True)
class Recorded:
    """An event at its place in its stream."""

    stream: str
    seq: int
    at: datetime
    actor: Actor
    event: Event
    prev: str
    hash: str


def moment(at: datetime) -> str:
    """RFC 3339 in UTC with microseconds: the one spelling that is stored and hashed."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def chain_hash(prev: str, stream: str, seq: int, type_: str, at: str, actor: str, data: str) -> str:
    """The hash of one row: its predecessor's hash and every column, as text."""
    return sha256(canonical([prev, stream, seq, type_, at, actor, data]))


def record(
    events: Iterable[Event], *, stream: str, after: int, prev: str, at: datetime, actor: Actor
) -> list[Recorded]:
    """Put events behind row `after` (0 for an empty stream) of a chain whose head is `prev`."""
    recorded = []
    for seq, event in enumerate(events, start=after + 1):
        row = chain_hash(
            prev, stream, seq, event.type, moment(at), canonical(actor.model_dump(mode="json")), event.data()
        )
        recorded.append(Recorded(stream, seq, at, actor, event, prev, row))
        prev = row
    return recorded


def read_event(type_: str, data: str) -> Event:
    """An event from its row; raises KeyError for a type that this version does not know."""
    return Event.types[type_].model_validate_json(data)
