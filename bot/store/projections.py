"""The list of incidents, for quick listing: each incident's line is written with its events, in one transaction."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, select

from bot.domain.model import canonical
from bot.domain.timeline import moment
from bot.store.schema import incidents
from bot.store.sql import Insert, insert_for, when, when_or_none


@dataclass(frozen=True)
class IncidentRow:
    """One line of the list. `waiting` says in words what the incident waits for; `seq` is the row of its stream."""

    id: str
    number: int
    state: str
    severity: str
    title: str
    systems: tuple[str, ...]
    drill: bool
    private: bool
    commander: str | None
    since: datetime
    declared_at: datetime
    next_update_at: datetime | None
    waiting: str
    seq: int
    open: bool


def put_incident(connection: Connection, row: IncidentRow) -> None:
    """Write an incident's line, new or changed."""
    values = vars(row) | {
        "systems": canonical(row.systems),
        "since": moment(row.since),
        "declared_at": moment(row.declared_at),
        "next_update_at": moment(row.next_update_at) if row.next_update_at else None,
    }
    connection.execute(_upsert(connection.dialect.name), values)


@lru_cache
def _upsert(dialect: str) -> Insert:
    """Built once: it is part of every command."""
    statement = insert_for(dialect, incidents)
    changed = {column.name: statement.excluded[column.name] for column in incidents.columns if column.name != "id"}
    return statement.on_conflict_do_update(index_elements=["id"], set_=changed)


def list_incidents(connection: Connection, *, include_closed: bool = False) -> list[IncidentRow]:
    """The open incidents, or all of them, newest first."""
    statement = select(incidents).order_by(incidents.c.number.desc())
    if not include_closed:
        statement = statement.where(incidents.c.open)
    return [
        IncidentRow(
            **row._asdict()
            | {
                "systems": tuple(json.loads(row.systems)),
                "since": when(row.since),
                "declared_at": when(row.declared_at),
                "next_update_at": when_or_none(row.next_update_at),
            }
        )
        for row in connection.execute(statement)
    ]
