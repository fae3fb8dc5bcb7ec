"""Messages on their way out: one row each, claimed before the send and settled after it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, Row, func, select

from bot.domain.model import JsonValue, canonical
from bot.domain.timeline import moment
from bot.store.schema import deliveries
from bot.store.sql import insert, when, when_or_none

State = Literal["pending", "sending", "sent", "failed"]


@dataclass(frozen=True)
class Message:
    """One message to one person or place over one channel; its id makes it once. `data` fills the template."""

    id: str
    stream: str
    channel: str
    recipient: str
    template: str
    data: Mapping[str, JsonValue]


@dataclass(frozen=True)
class Delivery:
    """A message and how far it has come. `sending` without an end means that nobody knows whether it went out."""

    message: Message
    state: State
    tries: int
    next_at: datetime | None
    message_id: str | None
    error: str | None
    created_at: datetime
    changed_at: datetime


def add(connection: Connection, message: Message, now: datetime) -> bool:
    """Record a message as pending, due now; False where its id is known already."""
    at = moment(now)
    statement = insert(connection, deliveries).values(
        id=message.id,
        stream=message.stream,
        channel=message.channel,
        recipient=message.recipient,
        template=message.template,
        data=canonical(dict(message.data)),
        state="pending",
        tries=0,
        next_at=at,
        created_at=at,
        changed_at=at,
    )
    added = statement.on_conflict_do_nothing(index_elements=["id"]).returning(deliveries.c.id)
    return connection.execute(added).first() is not None


def get(connection: Connection, id_: str) -> Delivery | None:
    """One delivery by its message's id."""
    row = connection.execute(select(deliveries).where(deliveries.c.id == id_)).first()
    return as_delivery(row) if row else None


def claim(connection: Connection, id_: str, now: datetime) -> Delivery | None:
    """Take a pending delivery for one try; None where it isn't pending, so that of two claimers one sends."""
    statement = (
        deliveries.update()
        .where(deliveries.c.id == id_, deliveries.c.state == "pending")
        .values(state="sending", tries=deliveries.c.tries + 1, next_at=None, changed_at=moment(now))
        .returning(deliveries)
    )
    row = connection.execute(statement).first()
    return as_delivery(row) if row else None


def reclaim(connection: Connection, id_: str, now: datetime, before: datetime) -> Delivery | None:
    """Take for one more try what has been sending since before a moment; None where it is not."""
    statement = (
        deliveries.update()
        .where(deliveries.c.id == id_, deliveries.c.state == "sending", deliveries.c.changed_at < moment(before))
        .values(tries=deliveries.c.tries + 1, changed_at=moment(now))
        .returning(deliveries)
    )
    row = connection.execute(statement).first()
    return as_delivery(row) if row else None


def mark(
    connection: Connection,
    id_: str,
    state: State,
    now: datetime,
    *,
    message_id: str | None = None,
    error: str | None = None,
    next_at: datetime | None = None,
) -> bool:
    """Record how a try ended; whether it was recorded. `pending` with `next_at` asks for another try.

    What another sender has settled stays as it is: only `sending` fails or is put off, and `sent` is final.
    `message_id` is the channel's own.
    """
    open_ = deliveries.c.state != "sent" if state == "sent" else deliveries.c.state == "sending"
    marked = connection.execute(
        deliveries.update()
        .where(deliveries.c.id == id_, open_)
        .values(
            state=state,
            message_id=message_id or deliveries.c.message_id,
            error=error,
            next_at=moment(next_at) if next_at else None,
            changed_at=moment(now),
        )
    )
    return marked.rowcount == 1


def pending(connection: Connection, now: datetime, limit: int) -> list[Delivery]:
    """What is due to be sent, oldest first."""
    statement = (
        select(deliveries)
        .where(deliveries.c.state == "pending", deliveries.c.next_at <= moment(now))
        .order_by(deliveries.c.next_at, deliveries.c.id)
        .limit(limit)
    )
    return [as_delivery(row) for row in connection.execute(statement)]


def unsettled(connection: Connection, before: datetime, limit: int) -> list[Delivery]:
    """What has been sending since before a moment: its sender died or hangs, so look it up before repeating."""
    statement = (
        select(deliveries)
        .where(deliveries.c.state == "sending", deliveries.c.changed_at < moment(before))
        .order_by(deliveries.c.changed_at, deliveries.c.id)
        .limit(limit)
    )
    return [as_delivery(row) for row in connection.execute(statement)]


def of_stream(connection: Connection, stream: str) -> list[Delivery]:
    """Everything that a stream caused to be sent, in the order in which it was recorded."""
    statement = select(deliveries).where(deliveries.c.stream == stream)
    rows = connection.execute(statement.order_by(deliveries.c.created_at, deliveries.c.id))
    return [as_delivery(row) for row in rows]


def count_by_state(connection: Connection) -> dict[str, int]:
    """How many deliveries there are of each state that occurs."""
    statement = select(deliveries.c.state, func.count().label("number")).group_by(deliveries.c.state)
    return {row.state: row.number for row in connection.execute(statement)}


def as_delivery(row: Row[tuple[object, ...]]) -> Delivery:
    message = Message(row.id, row.stream, row.channel, row.recipient, row.template, json.loads(row.data))
    return Delivery(
        message,
        row.state,
        row.tries,
        when_or_none(row.next_at),
        row.message_id,
        row.error,
        when(row.created_at),
        when(row.changed_at),
    )
