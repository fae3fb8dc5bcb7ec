"""What a standby and the primary that it copies look like right now."""

from collections.abc import Iterator
from contextlib import closing

import psycopg

from bot.actions.heartbeat import last_heartbeat
from bot.actions.postgres.connections import Connection, server_of
from bot.actions.postgres.data_loss import Evidence, OldPrimary
from bot.actions.postgres.earlier_steps import Fence, latest_fence
from bot.actions.postgres.server_state import server_state
from bot.domain.targets import PostgresTarget
from bot.engine.ports import Context, Unavailable

SHUT_BY_GRANTS = "revoke_connect"  # it lets the bot in, and nobody else


def standby_evidence(connection: Connection, replica: PostgresTarget, context: Context) -> Evidence:
    """Read everything that bounds the loss. The old primary is read first, so that its lead is never too small."""
    fence = latest_fence(context.facts.earlier, except_server=server_of(replica))
    old_primary = find_old_primary(context, replica, fence)
    return Evidence(
        standby=server_state(connection),
        heartbeat=last_heartbeat(connection, context.facts.system),
        now=context.now(),
        rpo=context.facts.system_facts.objectives.rpo,
        fence=fence,
        old_primary=old_primary,
    )


def find_old_primary(context: Context, replica: PostgresTarget, fence: Fence | None) -> OldPrimary | None:
    """The system's other server that answers as a primary; None proves nothing."""
    for other in other_servers(context, replica):
        found = _ask(context, other)
        if found is not None:
            shut = fence is not None and fence.method == SHUT_BY_GRANTS and fence.server == found.server
            return found.model_copy(update={"shut": shut})
    return None


def other_servers(context: Context, replica: PostgresTarget) -> Iterator[PostgresTarget]:
    """The PostgreSQL targets of this system in this environment, but for the replica."""
    for entry in context.facts.environment_facts.targets.get(context.facts.system, {}).values():
        if isinstance(entry, dict) and entry.get("kind") == "postgres":
            target = PostgresTarget.model_validate(entry)
            if server_of(target) != server_of(replica):
                yield target


def _ask(context: Context, target: PostgresTarget) -> OldPrimary | None:
    try:
        with closing(context.postgres(target)) as connection:
            state = server_state(connection)
    except (psycopg.Error, Unavailable):
        return None
    if state.in_recovery or state.position is None:
        return None
    return OldPrimary(
        name=target.host,
        server=server_of(target),
        system_identifier=state.system_identifier,
        position=state.position,
    )
