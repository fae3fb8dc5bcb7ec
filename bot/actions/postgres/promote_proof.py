"""The proof that a promoted server really takes writes.

The test row is the bot's own (`SYSTEM/probe` in dr_bot.heartbeat) and it is kept: only a commit shows that commits work.
"""

from psycopg import errors

from bot.actions.heartbeat import GRANTS, LOCAL, NO_TABLE, last_heartbeat, write_beat
from bot.actions.postgres.connect_grants import from_json, missing_of, read_grants
from bot.actions.postgres.connections import Connection, said
from bot.actions.postgres.server_state import ServerState, server_state
from bot.domain.changes import Plan, Risk, Verdict
from bot.domain.model import JsonValue
from bot.domain.targets import PostgresTarget
from bot.domain.timeline import moment
from bot.engine.ports import Context

# With a synchronous standby demanded and none there every commit of the applications waits for ever. Ours doesn't.
HANGS = """
SELECT current_setting('synchronous_standby_names') <> '' AND current_setting('synchronous_commit') NOT IN ('local', 'off')
   AND NOT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum'))
"""


def prove(connection: Connection, target: PostgresTarget, plan: Plan, context: Context) -> Verdict:
    """Look at the server, then write a row and read it back; raises psycopg.Error."""
    state = server_state(connection)
    evidence: dict[str, JsonValue] = {"timeline": state.timeline, "system_identifier": state.system_identifier}
    problem = _problem(target, state, plan) or _hangs(connection, target) or _shut(connection, target, plan)
    if problem:
        return Verdict(holds=False, finding=problem, evidence=evidence)
    return _write_and_read(connection, target, context, evidence)


def _problem(target: PostgresTarget, state: ServerState, plan: Plan) -> str:
    if state.system_identifier != plan.desired["system_identifier"]:
        return f"Another server answers as {target.name} than was promoted."
    if state.in_recovery:
        return f"{target.name} is still in recovery."
    before = plan.saved["timeline"]
    promoted_by_this_plan = plan.saved["in_recovery"]
    if promoted_by_this_plan and isinstance(before, int) and state.timeline <= before:
        return f"{target.name} is on timeline {state.timeline}, which is not newer than {before}."
    return ""


def _hangs(connection: Connection, target: PostgresTarget) -> str:
    row = connection.execute(HANGS).fetchone()
    if row and row[0]:
        return (
            f"{target.name} is promoted, but commits wait for a synchronous standby that is not there. "
            "Clear synchronous_standby_names on it and reload."
        )
    return ""


def _shut(connection: Connection, target: PostgresTarget, plan: Plan) -> str:
    missing = missing_of(from_json(plan.desired["grants"]), read_grants(connection, target.database))
    if missing:
        names = ", ".join(grant.name for grant in missing)
        return (
            f"{target.name} is promoted, but may not be connected to by {names}: the fence took that. Start it again."
        )
    return ""


def _write_and_read(
    connection: Connection, target: PostgresTarget, context: Context, evidence: dict[str, JsonValue]
) -> Verdict:
    probe = f"{context.facts.system}/probe"
    connection.execute(LOCAL)
    try:
        written = write_beat(connection, probe, context.now())
    except errors.ReadOnlySqlTransaction as error:
        finding = f"{target.name} is promoted, but refuses writes: {said(error)}. Is default_transaction_read_only on?"
        return Verdict(holds=False, finding=finding, evidence=evidence)
    except (*NO_TABLE, errors.InsufficientPrivilege) as error:
        text = f"{target.name} is promoted, but that it takes writes is not proven: {said(error)}. {GRANTS}"
        return Verdict(holds=None, finding=text, evidence=evidence, risks=(Risk(name="writes_unproven", text=text),))
    if last_heartbeat(connection, probe) != written:
        return Verdict(holds=False, finding=f"{target.name} did not give back the test row.", evidence=evidence)
    return Verdict(
        holds=True,
        finding="accepts writes (a test row was written and read back)",
        evidence={**evidence, "accepts_writes_at": moment(written)},
    )
