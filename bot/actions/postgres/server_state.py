"""What one server says of itself: its role, its timeline and how far it has come."""

from datetime import datetime

from psycopg.errors import ObjectNotInPrerequisiteState
from psycopg.rows import class_row

from bot.actions.postgres.connections import Connection
from bot.domain.model import Model

# On a primary pg_control_checkpoint() keeps the old timeline until the first checkpoint after a promotion.
# The functions under CASE fail on the other kind of server.
STATE = """
SELECT recovering AS in_recovery,
       (SELECT system_identifier::text FROM pg_control_system()) AS system_identifier,
       CASE WHEN recovering
            THEN greatest((SELECT timeline_id FROM pg_control_checkpoint()), receiver.received_tli)
            ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer END AS timeline,
       receiver.status AS receiver,
       CASE WHEN recovering THEN coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
            ELSE pg_current_wal_lsn() END::text AS position,
       CASE WHEN recovering THEN pg_last_wal_replay_lsn()::text END AS replayed,
       coalesce(CASE WHEN recovering THEN pg_is_wal_replay_paused() END, false) AS paused,
       pg_last_xact_replay_timestamp() AS last_transaction
FROM (SELECT pg_is_in_recovery() AS recovering) AS role
LEFT JOIN pg_stat_wal_receiver AS receiver ON true
"""


class ServerState(Model):
    """One server. `position` is how far its WAL reaches: written on a primary, received on a standby.

    `receiver` is the state of the standby's connection to its primary, None where there is no connection.
    """

    in_recovery: bool
    system_identifier: str
    timeline: int
    receiver: str | None
    position: str | None
    replayed: str | None
    paused: bool
    last_transaction: datetime | None

    @property
    def streaming(self) -> bool:
        """The standby believes that it hears its primary."""
        return self.receiver == "streaming"


def server_state(connection: Connection) -> ServerState:
    """Read it; raises psycopg.Error."""
    with connection.cursor(row_factory=class_row(ServerState)) as cursor:
        try:
            state = cursor.execute(STATE).fetchone()
        except ObjectNotInPrerequisiteState:  # it was promoted while it answered
            state = cursor.execute(STATE).fetchone()
    if state is None:  # pragma: no cover  # one row by construction
        raise AssertionError(STATE)
    return state


def bytes_between(behind: str, ahead: str) -> int:
    """How many bytes of WAL `behind` lacks of `ahead`; 0 where it lacks none."""
    return max(0, position_of(ahead) - position_of(behind))


def position_of(lsn: str) -> int:
    """A position in the WAL, `16/B374D848`, as a number."""
    high, low = lsn.split("/")
    return (int(high, 16) << 32) + int(low, 16)
