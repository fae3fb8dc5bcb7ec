"""Which step holds which target: a row each, across incidents, from the recorded start until the step has settled."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, select

from bot.domain.timeline import moment
from bot.store.errors import Held
from bot.store.schema import targets
from bot.store.sql import insert, when


@dataclass(frozen=True)
class Holder:
    """A target and the step that holds it."""

    target: str
    stream: str
    run: str
    step: str
    attempt: int
    since: datetime


def take(
    connection: Connection, stream: str, run: str, step: str, attempt: int, wanted: Iterable[str], now: datetime
) -> None:
    """Take every target for this step, all or none; raises Held, after which the transaction must be rolled back.

    What the step holds already stays held, under the new attempt.
    """
    place = {"stream": stream, "run": run, "step": step}
    for target in sorted(set(wanted)):  # one order for everybody, so that two takers can't deadlock
        statement = insert(connection, targets).values(target=target, **place, attempt=attempt, since=moment(now))
        mine = and_(*(targets.c[name] == value for name, value in place.items()))
        taken = statement.on_conflict_do_update(
            index_elements=["target"], set_={"attempt": statement.excluded.attempt}, where=mine
        ).returning(targets.c.target)
        if connection.execute(taken).first() is None:
            holder = holder_of(connection, target)
            raise Held(target, holder.stream, holder.run, holder.step)


def release(connection: Connection, stream: str, run: str, step: str) -> None:
    """Let go of whatever the step holds."""
    connection.execute(targets.delete().where(targets.c.stream == stream, targets.c.run == run, targets.c.step == step))


def holders(connection: Connection, wanted: Iterable[str] | None = None) -> list[Holder]:
    """Who holds the wanted targets, or every target that is held."""
    statement = select(targets).order_by(targets.c.target)
    if wanted is not None:
        statement = statement.where(targets.c.target.in_(list(wanted)))
    return [
        Holder(row.target, row.stream, row.run, row.step, row.attempt, when(row.since))
        for row in connection.execute(statement)
    ]


def holder_of(connection: Connection, target: str) -> Holder:
    """Who holds one target that a refused take has just locked, so that the row is there."""
    return holders(connection, [target])[0]
