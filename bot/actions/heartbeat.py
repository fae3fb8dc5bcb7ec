"""The heartbeat: a row in each primary that says how fresh a replica is.

`at` is the bot's own clock, taken before the row is sent. Whatever was committed on the primary before `at` stands
before the row in the WAL, so a replica that has the row has all of it. The proof of a fence is taken on the same clock.
The time between the two therefore bounds the loss, however far the clocks of the database servers are apart.
"""

from datetime import UTC, datetime

import psycopg
from psycopg import errors

from bot.actions.postgres.connections import Connection, said
from bot.domain.targets import PostgresTarget
from bot.engine.ports import Context, Unavailable

# A commit must not wait for a synchronous standby that has gone: it would wait for ever, deaf to statement_timeout.
LOCAL = "SET synchronous_commit = local"
CREATE = """
CREATE SCHEMA IF NOT EXISTS dr_bot;
CREATE TABLE IF NOT EXISTS dr_bot.heartbeat (system text PRIMARY KEY, at timestamptz NOT NULL, seq bigint)
"""
WRITE = """
INSERT INTO dr_bot.heartbeat AS beat (system, at, seq) VALUES (%s, %s, 1)
ON CONFLICT (system) DO UPDATE SET at = excluded.at, seq = beat.seq + 1
RETURNING seq
"""
READ = "SELECT at FROM dr_bot.heartbeat WHERE system = %s"
NO_TABLE = (errors.UndefinedTable, errors.InvalidSchemaName)
GRANTS = "Run deploy/postgres-grants.sql on it."


def beat(context: Context, system: str, target: PostgresTarget) -> datetime:
    """Write one beat into a primary and return its moment. Raises Unavailable: no answer, a standby, no right."""
    try:
        with context.postgres(target) as connection:
            connection.execute(LOCAL)
            return write_beat(connection, system, context.now())
    except errors.ReadOnlySqlTransaction as error:
        raise Unavailable(f"No heartbeat was written: {target.name} accepts no writes, it is not a primary.") from error
    except errors.InsufficientPrivilege as error:
        raise Unavailable(f"No heartbeat was written to {target.name}: {said(error)}. {GRANTS}") from error
    except psycopg.Error as error:
        raise Unavailable(f"No heartbeat was written to {target.name}: {said(error)}") from error


def write_beat(connection: Connection, system: str, at: datetime) -> datetime:
    """Write the row, and its table first where that is missing and may be created."""
    try:
        connection.execute(WRITE, (system, at))
    except NO_TABLE:
        connection.execute(CREATE)
        connection.execute(WRITE, (system, at))
    return at


def last_heartbeat(connection: Connection, system: str) -> datetime | None:
    """The newest beat of a system that has reached this server, in UTC; None where there is none to be read."""
    try:
        row = connection.execute(READ, (system,)).fetchone()
    except (*NO_TABLE, errors.InsufficientPrivilege):
        return None
    return row[0].astimezone(UTC) if row else None
