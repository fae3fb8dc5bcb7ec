"""Which replicas are alive: a row each, good until a moment by the database's clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, select

from bot.domain.timeline import moment
from bot.store.errors import NameTaken
from bot.store.schema import replicas
from bot.store.sql import insert, when


@dataclass(frozen=True)
class Replica:
    """One process that executes. `executor_id` is new at every start; `url` is where its web page answers."""

    name: str
    executor_id: str
    lease_until: datetime
    started_at: datetime
    version: str
    url: str


def take(
    connection: Connection,
    name: str,
    executor_id: str,
    ttl: timedelta,
    now: datetime,
    *,
    version: str = "",
    url: str = "",
) -> None:
    """Start a lease under a name whose last one has ended; raises NameTaken while another process lives under it."""
    values = {
        "executor_id": executor_id,
        "lease_until": moment(now + ttl),
        "started_at": moment(now),
        "version": version,
        "url": url,
    }
    free = or_(replicas.c.lease_until <= moment(now), replicas.c.executor_id == executor_id)
    statement = insert(connection, replicas).values(name=name, **values)
    taken = statement.on_conflict_do_update(index_elements=["name"], set_=values, where=free)
    if connection.execute(taken.returning(replicas.c.name)).first() is None:
        raise NameTaken(
            f"A replica named {name} is running already.",
            f"Stop it, give this one another name in DR_REPLICA, or wait {ttl.total_seconds():g} s if it has died.",
        )


def clear(connection: Connection) -> None:
    """End every lease: for who knows by other means that nobody lives."""
    connection.execute(replicas.delete())


def renew(connection: Connection, name: str, executor_id: str, ttl: timedelta, now: datetime) -> bool:
    """Extend the lease, even one that has run out; False where another process has taken it."""
    statement = (
        replicas.update()
        .where(replicas.c.name == name, replicas.c.executor_id == executor_id)
        .values(lease_until=moment(now + ttl))
    )
    return connection.execute(statement).rowcount == 1


def live(connection: Connection, now: datetime) -> list[Replica]:
    """The replicas whose lease still holds, by name."""
    statement = select(replicas).where(replicas.c.lease_until > moment(now)).order_by(replicas.c.name)
    return [
        Replica(row.name, row.executor_id, when(row.lease_until), when(row.started_at), row.version, row.url)
        for row in connection.execute(statement)
    ]


def release(connection: Connection, name: str, executor_id: str) -> None:
    """End this process's lease; another's is left alone."""
    connection.execute(replicas.delete().where(replicas.c.name == name, replicas.c.executor_id == executor_id))
