"""Whether the timeline is what was written: every chain is computed again from its rows as they are stored."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple, TypedDict

from sqlalchemy import Connection, select, tuple_

from bot.domain.model import JsonValue
from bot.domain.timeline import GENESIS, chain_hash
from bot.store.schema import events

CHUNK = 500


class Row(NamedTuple):
    """A row of the timeline, every column as text, as it is stored and hashed."""

    stream: str
    seq: int
    type: str
    at: str
    actor: str
    data: str
    prev: str
    hash: str


class Witness(NamedTuple):
    """A row's hash as it was seen outside of the database: posted in a channel, written into a review."""

    stream: str
    seq: int
    hash: str


@dataclass(frozen=True)
class Finding:
    """The first row of a stream that isn't what was written, and how one can tell."""

    stream: str
    seq: int
    what: str


class Line(TypedDict):
    """One exported event. `actor` and `data` are JSON; text that is none is given as it is."""

    stream: str
    seq: int
    type: str
    at: str
    actor: JsonValue
    data: JsonValue
    prev: str
    hash: str


def verify(connection: Connection, witnesses: Iterable[Witness] = ()) -> Iterator[Finding]:
    """One finding for each stream that isn't whole. Only a witness can tell that a stream's end, or all of it, is gone
    or was written anew."""
    expected: dict[str, list[Witness]] = {}
    for witness in witnesses:
        expected.setdefault(witness.stream, []).append(witness)
    for stream, chain in groupby(rows(connection), key=lambda row: row.stream):
        finding = first_bad(stream, chain, sorted(expected.pop(stream, ())))
        if finding:
            yield finding
    for stream, missing in sorted(expected.items()):
        yield Finding(stream, 1, f"the whole stream is gone; it once had {max(missing).seq} rows")


def export(connection: Connection, stream: str | None = None) -> Iterator[Line]:
    """Every event of one stream or of all, in order; the hashes can be checked from what is given here."""
    for row in rows(connection, stream):
        yield Line(
            stream=row.stream,
            seq=row.seq,
            type=row.type,
            at=row.at,
            actor=parsed(row.actor),
            data=parsed(row.data),
            prev=row.prev,
            hash=row.hash,
        )


def rows(connection: Connection, stream: str | None = None) -> Iterator[Row]:
    """The rows in order, read in chunks: by their key, for a cursor of the server's outlives a server that went away."""
    statement = select(events).order_by(events.c.stream, events.c.seq).limit(CHUNK)
    if stream is not None:
        statement = statement.where(events.c.stream == stream)
    following = statement
    while chunk := connection.execute(following).all():
        yield from (Row(*row) for row in chunk)
        following = statement.where(tuple_(events.c.stream, events.c.seq) > (chunk[-1].stream, chunk[-1].seq))


def first_bad(stream: str, chain: Iterable[Row], witnesses: Sequence[Witness]) -> Finding | None:
    """The first row that doesn't fit; consumes the chain no further."""
    seen = {witness.seq: witness.hash for witness in witnesses}
    seq, prev = 0, GENESIS
    for row in chain:
        what = fault(row, seq + 1, prev, seen.get(row.seq))
        if what:
            return Finding(stream, row.seq if row.seq == seq + 1 else seq + 1, what)
        seq, prev = row.seq, row.hash
    if witnesses and witnesses[-1].seq > seq:
        return Finding(stream, seq + 1, f"the stream ends at row {seq}; it once had {witnesses[-1].seq}")
    return None


def fault(row: Row, seq: int, prev: str, witnessed: str | None) -> str | None:
    """What is wrong with a row that ought to be number `seq` behind a row with hash `prev`."""
    if row.seq != seq:
        return f"row {seq} is missing; row {row.seq} comes next"
    if row.prev != prev:
        return "it does not follow the row before it: a row was exchanged, removed or put in"
    if row.hash != chain_hash(row.prev, row.stream, row.seq, row.type, row.at, row.actor, row.data):
        return "its content is not what its hash was made from: it was edited"
    if witnessed is not None and row.hash != witnessed:
        return "its hash is not the one seen outside: the stream was written anew"
    return None


def parsed(text: str) -> JsonValue:
    """A column's JSON; a text that was damaged stays a text, so that it can be exported and looked at."""
    try:
        value: JsonValue = json.loads(text)
    except json.JSONDecodeError:
        return text
    return value
