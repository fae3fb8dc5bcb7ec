"""What the chat shows: each incident's channel, the messages in it, and what their buttons mean.

The timeline is the truth; these rows only say how much of it the chat shows by now, so that nothing is posted twice.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, func, or_, select

from bot.domain.model import JsonValue, canonical
from bot.domain.postings import Posting
from bot.domain.timeline import moment
from bot.store.schema import buttons, channels, events, incidents, surfaces
from bot.store.sql import insert, when

TROUBLES = select(channels.c.stream, channels.c.trouble).where(channels.c.trouble != "")
BELONGS = select(channels.c.stream).where(channels.c.channel == bindparam("channel"))  # part of every command
TURNS = {
    "IncidentMitigated": "mitigated",
    "IncidentResolved": "resolution",
    "IncidentClosed": "closed",
    "IncidentCanceled": "canceled",
    "IncidentReopened": "reopened",
}


@dataclass(frozen=True)
class Channel:
    """An incident's channel; `channel` is None until the chat has made it. `done` names what was set up in it."""

    stream: str
    name: str
    channel: str | None
    done: set[str]
    shown_seq: int
    tries: int
    trouble: str


@dataclass(frozen=True)
class Shown:
    """A message in the chat. Without `ts` its post was begun, and nobody knows yet whether it took effect."""

    key: str
    channel: str
    nonce: str
    ts: str | None
    digest: str
    begun_at: datetime


# --- channels ---------------------------------------------------------------------------------------------------------


def behind(connection: Connection, now: datetime, limit: int) -> list[str]:
    """The incidents whose channel is gone or does not show their present state, or is due to be looked at; oldest first.

    An incident that ended is shown once more, as it ended, and then left alone.
    """
    due = channels.c.due_at <= moment(now)
    gone = and_(incidents.c.open, channels.c.channel.is_(None))
    late = and_(or_(incidents.c.seq != channels.c.shown_seq, gone), or_(channels.c.tries == 0, due))
    tick = and_(incidents.c.open, due)
    free = or_(channels.c.claimed_until.is_(None), channels.c.claimed_until <= moment(now))
    statement = (
        select(incidents.c.id)
        .outerjoin(channels, channels.c.stream == incidents.c.id)
        .where(or_(and_(channels.c.stream.is_(None), incidents.c.open), and_(or_(late, tick), free)))
        .order_by(incidents.c.severity, incidents.c.number)
        .limit(limit)
    )
    return list(connection.execute(statement).scalars())


def claim(connection: Connection, stream: str, by: str, now: datetime, ttl: timedelta) -> Channel | None:
    """Take an incident's channel for one reconciliation; None while another has it."""
    fresh = {"name": "", "done": "[]", "shown_seq": 0, "due_at": moment(now), "tries": 0, "trouble": ""}
    connection.execute(
        insert(connection, channels).values(stream=stream, **fresh).on_conflict_do_nothing(index_elements=["stream"])
    )
    taken = (
        channels.update()
        .where(
            channels.c.stream == stream,
            or_(channels.c.claimed_until.is_(None), channels.c.claimed_until <= moment(now)),
        )
        .values(claimed_by=by, claimed_until=moment(now + ttl))
        .returning(channels)
    )
    row = connection.execute(taken).first()
    if row is None:
        return None
    return Channel(row.stream, row.name, row.channel, set(json.loads(row.done)), row.shown_seq, row.tries, row.trouble)


def keep(connection: Connection, stream: str, by: str, now: datetime, ttl: timedelta) -> bool:
    """Hold a claim for longer; False where it was lost meanwhile."""
    held = channels.update().where(channels.c.stream == stream, channels.c.claimed_by == by)
    return connection.execute(held.values(claimed_until=moment(now + ttl))).rowcount == 1


def opened(connection: Connection, stream: str, name: str, channel: str | None) -> None:
    """Record the channel that the chat has made, or (None) that it is gone: then nothing in it is shown any more."""
    values: dict[str, object] = {"name": name, "channel": channel}
    if channel is None:
        values["done"] = "[]"
        there = surfaces.c.channel == channel_of(connection, stream)
        connection.execute(surfaces.delete().where(surfaces.c.stream == stream, there))
    connection.execute(channels.update().where(channels.c.stream == stream).values(values))


def did(connection: Connection, stream: str, done: Iterable[str]) -> None:
    """Record what has been set up in the channel so far."""
    connection.execute(channels.update().where(channels.c.stream == stream).values(done=json.dumps(sorted(done))))


def done(connection: Connection, stream: str) -> set[str]:
    """What has been set up in the channel so far."""
    found = connection.execute(select(channels.c.done).where(channels.c.stream == stream)).scalar()
    return set(json.loads(found)) if found else set()


def release(
    connection: Connection,
    stream: str,
    by: str,
    shown_seq: int,
    due_at: datetime,
    *,
    free_at: datetime | None = None,
    tries: int = 0,
    trouble: str = "",
) -> None:
    """End a claim: how far the channel shows the timeline, and when it is to be looked at again whatever happens.

    Until `free_at` nobody may claim it: so bursts coalesce. While `tries` is not 0, nothing is tried before `due_at`.
    """
    values = {
        "shown_seq": shown_seq,
        "due_at": moment(due_at),
        "tries": tries,
        "trouble": trouble,
        "claimed_by": None,
        "claimed_until": moment(free_at) if free_at else None,
    }
    connection.execute(channels.update().where(channels.c.stream == stream, channels.c.claimed_by == by).values(values))


def claimants(connection: Connection) -> set[str]:
    """Who holds a claim, or held one when they died."""
    found = connection.execute(select(channels.c.claimed_by).where(channels.c.claimed_by.is_not(None)))
    return set(found.scalars())


def release_all(connection: Connection, claimants: Iterable[str]) -> None:
    """End the claims of those who are dead."""
    theirs = channels.c.claimed_by.in_(list(claimants))
    connection.execute(channels.update().where(theirs).values(claimed_by=None, claimed_until=None))


def channel_of(connection: Connection, stream: str) -> str | None:
    """The id of an incident's channel, None before it is made."""
    found: str | None = connection.execute(select(channels.c.channel).where(channels.c.stream == stream)).scalar()
    return found


def incident_of_channel(connection: Connection, channel: str) -> str | None:
    """The incident that a channel belongs to."""
    found: str | None = connection.execute(BELONGS, {"channel": channel}).scalar()
    return found


def open_channels(connection: Connection) -> int:
    """How many open incidents there are to be shown."""
    return connection.execute(select(func.count()).select_from(incidents).where(incidents.c.open)).scalar_one()


def troubles(connection: Connection) -> dict[str, str]:
    """The incidents that can't be shown as they should be, and why."""
    return {row.stream: row.trouble for row in connection.execute(TROUBLES)}


def waiting(connection: Connection) -> int:
    """How many open incidents' channels don't show the present state yet."""
    statement = (
        select(incidents.c.id)
        .outerjoin(channels, channels.c.stream == incidents.c.id)
        .where(incidents.c.open, or_(channels.c.stream.is_(None), incidents.c.seq != channels.c.shown_seq))
    )
    return len(connection.execute(statement).all())


# --- messages ---------------------------------------------------------------------------------------------------------


def shown(connection: Connection, stream: str) -> dict[str, Shown]:
    """The messages of an incident, by their keys."""
    rows = connection.execute(select(surfaces).where(surfaces.c.stream == stream))
    return {row.key: Shown(row.key, row.channel, row.nonce, row.ts, row.digest, when(row.begun_at)) for row in rows}


def begin(connection: Connection, stream: str, key: str, channel: str, nonce: str, now: datetime) -> None:
    """Before a post: the nonce in its metadata finds it again, should its outcome get lost."""
    values = {"channel": channel, "nonce": nonce, "ts": None, "digest": "", "begun_at": moment(now)}
    statement = insert(connection, surfaces).values(stream=stream, key=key, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["stream", "key"], set_=values))


def settle(connection: Connection, stream: str, key: str, ts: str, digest: str) -> None:
    """After a post or an edit: where the message is, and what it shows."""
    where = (surfaces.c.stream == stream, surfaces.c.key == key)
    connection.execute(surfaces.update().where(*where).values(ts=ts, digest=digest))


def forget(connection: Connection, stream: str, key: str) -> None:
    """A message is gone from the chat, or was never posted."""
    connection.execute(surfaces.delete().where(surfaces.c.stream == stream, surfaces.c.key == key))


def message_of(connection: Connection, stream: str, key: str) -> tuple[str, str] | None:
    """Channel and ts of a message that is shown."""
    row = connection.execute(
        select(surfaces.c.channel, surfaces.c.ts).where(
            surfaces.c.stream == stream, surfaces.c.key == key, surfaces.c.ts.is_not(None)
        )
    ).first()
    return (row.channel, row.ts) if row else None


def postings(connection: Connection, stream: str) -> dict[str, Posting]:
    """What is posted once, by the keys of its messages: `update/3`, `resolution/41`, a template's name.

    A mitigation that the resolution's own command recorded is no posting: the resolution tells it.
    """
    statement = (
        select(events.c.type, events.c.seq, events.c.at, events.c.data, events.c.hash)
        .where(events.c.stream == stream, events.c.type.in_(("MessagePosted", "UpdatePosted", *TURNS)))
        .order_by(events.c.seq)
    )
    found: dict[str, Posting] = {}
    for kind, seq, at, data, head in connection.execute(statement):
        known = json.loads(data)
        found[key_of(kind, seq, known)] = Posting(known.get("text") or known.get("reason", ""), when(at), seq, head)
        if kind == "IncidentResolved" and (before := found.get(f"mitigated/{seq - 1}")) and before.at == when(at):
            del found[f"mitigated/{seq - 1}"]
    return found


def automatic_updates(connection: Connection, stream: str, before: datetime) -> set[str]:
    """The keys of the updates that went out by themselves, and longer ago."""
    statement = select(events.c.data).where(
        events.c.stream == stream, events.c.type == "UpdatePosted", events.c.at < moment(before)
    )
    found = map(json.loads, connection.execute(statement).scalars())
    return {f"update/{data['number']}" for data in found if data.get("automatic", True)}


def key_of(kind: str, seq: int, data: Mapping[str, JsonValue]) -> str:
    """The key of the message that shows an event. Who reopens an incident resolves it more than once."""
    if kind == "UpdatePosted":
        return f"update/{data['number']}"
    return f"{TURNS[kind]}/{seq}" if kind in TURNS else str(data["template"])


# --- buttons ----------------------------------------------------------------------------------------------------------


def put_buttons(connection: Connection, stream: str, meanings: Mapping[str, Mapping[str, JsonValue]]) -> None:
    """Keep what buttons mean, by their opaque ids, before they are shown. An id always means the same."""
    if meanings:
        rows = [{"id": id_, "stream": stream, "data": canonical(dict(data))} for id_, data in sorted(meanings.items())]
        connection.execute(insert(connection, buttons).on_conflict_do_nothing(index_elements=["id"]), rows)


def button(connection: Connection, id_: str) -> dict[str, JsonValue] | None:
    """What a button means, None for an id that was never shown."""
    found = connection.execute(select(buttons.c.data).where(buttons.c.id == id_)).scalar()
    return None if found is None else json.loads(found)
