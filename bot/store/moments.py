"""Due moments: what has to happen in a stream at a time, written in the transaction that decides it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from bot.domain.model import JsonValue, canonical
from bot.domain.timeline import moment
from bot.store.schema import moments
from bot.store.sql import insert, when, when_or_none


@dataclass(frozen=True)
class Moment:
    """What is to happen, and when. `data` is JSON."""

    at: datetime
    kind: str
    data: Mapping[str, JsonValue]


@dataclass(frozen=True)
class DueRow:
    """A moment that has come."""

    stream: str
    key: str
    at: datetime
    kind: str
    data: Mapping[str, JsonValue]


OF_STREAM = select(moments.c.key).where(moments.c.stream == bindparam("stream"))
DUE = (
    select(moments)
    .where(moments.c.at <= bindparam("now"))
    .order_by(moments.c.at, moments.c.stream, moments.c.key)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)  # SQLite has no row locks and needs none: its writers take turns
)
DROP = moments.delete().where(moments.c.stream == bindparam("of_stream"), moments.c.key == bindparam("of_key"))
REARM = (
    moments.update()
    .where(moments.c.stream == bindparam("of_stream"), moments.c.key == bindparam("of_key"))
    .values(at=bindparam("new_at"))
)
NEXT = select(func.min(moments.c.at))


def put(connection: Connection, stream: str, items: Mapping[str, Moment]) -> None:
    """Write moments, new or changed; a stream's other moments stay."""
    if not items:
        return
    rows = [
        {"stream": stream, "key": key, "at": moment(item.at), "kind": item.kind, "data": canonical(dict(item.data))}
        for key, item in sorted(items.items())
    ]
    statement = insert(connection, moments)
    columns = {name: statement.excluded[name] for name in ("at", "kind", "data")}
    connection.execute(statement.on_conflict_do_update(index_elements=["stream", "key"], set_=columns), rows)


def drop_all(connection: Connection, stream: str, keys: Iterable[str]) -> None:
    """Take moments away; those that are gone already don't matter."""
    gone = [{"of_stream": stream, "of_key": key} for key in sorted(keys)]
    if gone:
        connection.execute(DROP, gone)


def due(connection: Connection, now: datetime, limit: int) -> list[DueRow]:
    """The moments that have come, oldest first, locked against other sweeps until this transaction ends."""
    rows = connection.execute(DUE, {"now": moment(now), "limit": limit})
    return [DueRow(stream, key, when(at), kind, json.loads(data)) for stream, key, at, kind, data in rows]


def rearm(connection: Connection, stream: str, key: str, at: datetime) -> bool:
    """Move one moment; False where it is no longer there."""
    moved = connection.execute(REARM, {"of_stream": stream, "of_key": key, "new_at": moment(at)})
    return moved.rowcount == 1


def drop(connection: Connection, stream: str, key: str) -> bool:
    """Take one moment away; False where it was no longer there."""
    return connection.execute(DROP, {"of_stream": stream, "of_key": key}).rowcount == 1


def next_at(connection: Connection) -> datetime | None:
    """The earliest moment of all."""
    return when_or_none(connection.execute(NEXT).scalar())


def keys(connection: Connection, stream: str) -> frozenset[str]:
    """The keys of a stream's moments."""
    return frozenset(row.key for row in connection.execute(OF_STREAM, {"stream": stream}))
