"""The timeline's streams: load, append, and the idempotency keys of the commands behind them."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, select
from sqlalchemy.exc import IntegrityError

from bot.domain.model import canonical
from bot.domain.timeline import GENESIS, Actor, Recorded, moment, read_event
from bot.store.errors import Conflict
from bot.store.failures import is_duplicate
from bot.store.schema import command_keys, events, incidents, numbers
from bot.store.sql import insert, when


class Place(NamedTuple):
    """A row of the timeline."""

    stream: str
    seq: int


class Head(NamedTuple):
    """The last row of a stream; (0, GENESIS) where there is none yet."""

    seq: int
    hash: str


LOAD = (
    select(events)
    .where(events.c.stream == bindparam("stream"), events.c.seq > bindparam("after"))
    .order_by(events.c.seq)
)
HEAD = (
    select(events.c.seq, events.c.hash)
    .where(events.c.stream == bindparam("stream"))
    .order_by(events.c.seq.desc())
    .limit(1)
)
APPEND = events.insert()
KEY = select(command_keys.c.stream, command_keys.c.seq).where(command_keys.c.key == bindparam("key"))
OF_REQUEST = select(command_keys.c.stream, command_keys.c.seq).where(
    (command_keys.c.key == bindparam("key"))
    | (command_keys.c.key > bindparam("after")) & (command_keys.c.key < bindparam("before"))
)
REMEMBER = command_keys.insert()
RECENT = select(events.c.actor).where(events.c.type == bindparam("type"), events.c.at >= bindparam("since"))
OPEN = select(incidents.c.id).where(incidents.c.open).order_by(incidents.c.number)


def load(connection: Connection, stream: str, after: int = 0) -> list[Recorded]:
    """A stream's events behind row `after`, in order; raises KeyError for a type that this version doesn't know."""
    return [_recorded(row) for row in connection.execute(LOAD, {"stream": stream, "after": after})]


def load_behind(connection: Connection, stream: str, known: Head) -> list[Recorded] | None:
    """A stream's events behind a head that was read before; None where the stream does not have that row."""
    rows = connection.execute(LOAD, {"stream": stream, "after": known.seq - 1}).all()
    if not rows or Head(rows[0].seq, rows[0].hash) != known:
        return None
    return [_recorded(row) for row in rows[1:]]


def _recorded(row: Row[*tuple[Any, ...]]) -> Recorded:
    stream, seq, type_, at, actor, data, prev, hash_ = row
    return Recorded(stream, seq, when(at), read_actor(actor), read_event(type_, data), prev, hash_)


def head(connection: Connection, stream: str) -> Head:
    """The last row's number and hash."""
    row = connection.execute(HEAD, {"stream": stream}).first()
    return Head(row.seq, row.hash) if row else Head(0, GENESIS)


def append(connection: Connection, recorded: Sequence[Recorded]) -> None:
    """Add rows that `record` made; raises Conflict, after which the transaction must be rolled back."""
    if not recorded:
        return
    try:
        connection.execute(APPEND, [as_row(item) for item in recorded])
    except IntegrityError as error:
        if not is_duplicate(error):
            raise
        raise Conflict(f"Nothing was recorded: someone else changed {recorded[0].stream} first. Look again.") from error


def key_seen(connection: Connection, key: str) -> Place | None:
    """Where the command with this idempotency key was recorded."""
    row = connection.execute(KEY, {"key": key}).first()
    return Place(row.stream, row.seq) if row else None


def request_seen(connection: Connection, key: str) -> Place | None:
    """The same for a request, whose commands have its key or begin with it and a colon."""
    row = connection.execute(OF_REQUEST, {"key": key, "after": f"{key}:", "before": f"{key};"}).first()
    return Place(row.stream, row.seq) if row else None


def remember_key(connection: Connection, key: str, place: Place, at: datetime) -> None:
    """Note that the command with this key is recorded; raises Conflict where another writer was first."""
    try:
        connection.execute(REMEMBER, {"key": key, "stream": place.stream, "seq": place.seq, "at": moment(at)})
    except IntegrityError as error:
        if not is_duplicate(error):
            raise
        raise Conflict("Nothing was recorded: this command was recorded already. Look again.") from error


def next_number(connection: Connection, name: str) -> int:
    """The next of 1, 2, 3, …; others wait for this transaction, and a rollback leaves no gap."""
    statement = insert(connection, numbers).values(name=name, value=1)
    counted = statement.on_conflict_do_update(index_elements=["name"], set_={"value": numbers.c.value + 1})
    value: int = connection.execute(counted.returning(numbers.c.value)).scalar_one()
    return value


def open_streams(connection: Connection) -> list[str]:
    """The open incidents, oldest first."""
    return list(connection.execute(OPEN).scalars())


def count_recent(connection: Connection, type_: str, since: datetime, person: str) -> int:
    """How many events of a type a person caused since a moment, in every stream."""
    actors = connection.execute(RECENT, {"type": type_, "since": moment(since)}).scalars()
    return sum(read_actor(actor).person == person for actor in actors)


def as_row(item: Recorded) -> dict[str, str | int]:
    """The columns, spelled as the hash was made from them."""
    return {
        "stream": item.stream,
        "seq": item.seq,
        "type": item.event.type,
        "at": moment(item.at),
        "actor": canonical(item.actor.model_dump(mode="json")),
        "data": item.event.data(),
        "prev": item.prev,
        "hash": item.hash,
    }


@lru_cache(maxsize=1024)
def read_actor(text: str) -> Actor:
    """Few people speak in a stream, so each is parsed once."""
    return Actor.model_validate_json(text)
