"""Who can get into a database, who is in it, and whether the bot may change that. Seen from the maintenance database."""

import psycopg
from psycopg.rows import class_row

from bot.actions.postgres.connect_grants import Grant, read_grants
from bot.actions.postgres.connections import Connection
from bot.actions.postgres.server_state import ServerState, server_state
from bot.domain.model import Model

# Neither of these writes for a client; the walsender is the replication that must go on.
SESSIONS = """
SELECT pid FROM pg_stat_activity
WHERE datname = %s AND pid <> pg_backend_pid() AND coalesce(backend_type, '') NOT IN ('autovacuum worker', 'walsender')
"""
ADMITTED = """
SELECT rolname, rolsuper FROM pg_roles
WHERE rolcanlogin AND rolname <> %(user)s AND has_database_privilege(oid, %(database)s, 'CONNECT') ORDER BY rolname
"""
RIGHTS = """
SELECT pg_has_role(datdba, 'USAGE') AS may_revoke, pg_has_role('pg_signal_backend', 'USAGE') AS may_end_sessions
FROM pg_database WHERE datname = %s
"""


class Rights(Model):
    """What the bot's role may do to the database."""

    may_revoke: bool
    may_end_sessions: bool


class Doors(Model):
    """`admitted` and `superusers` are the login roles that get in, without the bot's own. `server` was read last."""

    grants: tuple[Grant, ...]
    admitted: tuple[str, ...]
    superusers: tuple[str, ...]
    sessions: int
    rights: Rights
    server: ServerState


def look_at_doors(connection: Connection, database: str, user: str) -> Doors:
    """Read them; raises psycopg.Error."""
    with connection.cursor(row_factory=class_row(Rights)) as cursor:
        rights = cursor.execute(RIGHTS, (database,)).fetchone()
    if rights is None:
        raise psycopg.DataError(f"there is no database {database}")
    roles = connection.execute(ADMITTED, {"database": database, "user": user}).fetchall()
    return Doors(
        grants=read_grants(connection, database),
        admitted=tuple(name for name, is_superuser in roles if not is_superuser),
        superusers=tuple(name for name, is_superuser in roles if is_superuser),
        sessions=len(sessions_in(connection, database)),
        rights=rights,
        server=server_state(connection),
    )


def sessions_in(connection: Connection, database: str) -> list[int]:
    """The process ids of those who are in; raises psycopg.Error."""
    return [row[0] for row in connection.execute(SESSIONS, (database,)).fetchall()]


def end_sessions(connection: Connection, database: str) -> int:
    """End them one by one and count; those of superusers can't be ended and are left to the proof."""
    ended = 0
    for pid in sessions_in(connection, database):
        try:
            connection.execute("SELECT pg_terminate_backend(%s)", (pid,))
        except psycopg.errors.InsufficientPrivilege:
            continue
        ended += 1
    return ended
