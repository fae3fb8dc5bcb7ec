"""postgres.promote: make a standby the primary. There is no way back."""

import psycopg
from psycopg import errors

from bot.actions.heartbeat import LOCAL
from bot.actions.postgres.connect_grants import from_json, give, read_grants
from bot.actions.postgres.connections import Connection, changing, looking, said, secret_versions, shown_target
from bot.actions.postgres.promote_plan import GRANT, NAME, PromoteFacts, PromoteParameters, plan_promotion
from bot.actions.postgres.promote_proof import prove
from bot.actions.postgres.server_state import ServerState, server_state
from bot.actions.postgres.standby import standby_evidence
from bot.domain.changes import Plan, Settlement, Verdict
from bot.domain.model import JsonValue
from bot.domain.targets import PostgresTarget
from bot.engine.ports import Action, Context, NotApplied, OutcomeUnknown

MAY_PROMOTE = "SELECT has_function_privilege('pg_promote(boolean, integer)', 'EXECUTE')"
SPARE_SECONDS = 10  # between the server giving up waiting and the statement's own end
STILL_POSSIBLE = "It may still promote itself later: promote no other server until that is settled."


def observe(params: PromoteParameters, context: Context) -> PromoteFacts:
    """Read standby, heartbeat, right and old primary; raises Unavailable."""
    with looking(context, params.database) as connection:
        row = connection.execute(MAY_PROMOTE).fetchone()
        return PromoteFacts(
            account=context.facts.environment_facts.account,
            evidence=standby_evidence(connection, params.database, context),
            may_promote=bool(row and row[0]),
            grants=read_grants(connection, params.database.database),
            secrets=secret_versions(context, params.database),
        )


def apply(params: PromoteParameters, plan: Plan, context: Context) -> dict[str, JsonValue]:
    """Promote it and wait, then let the clients in. The result holds database, timeline and system identifier."""
    target = params.database
    with changing(context, target) as connection:
        state = _check_server(connection, target, plan)
        if state.in_recovery and not _promote(connection, params):
            raise OutcomeUnknown(
                f"{target.name} did not finish its promotion within {params.wait.total_seconds():g} s. {STILL_POSSIBLE}"
            )
        context.changed()
        _let_clients_in(connection, target, plan)
        return _result(target, connection)


def _check_server(connection: Connection, target: PostgresTarget, plan: Plan) -> ServerState:
    try:
        state = server_state(connection)
    except psycopg.Error as error:
        raise NotApplied(f"Nothing was promoted: {target.name} could not be looked at: {said(error)}") from error
    if state.system_identifier != plan.desired["system_identifier"]:
        raise NotApplied(f"Nothing was promoted: another server answers as {target.name} than when this was planned.")
    if plan.saved["in_recovery"] and not state.in_recovery:
        raise OutcomeUnknown(f"{target.name} is not in recovery any more: somebody promoted it since this was planned.")
    return state


def _promote(connection: Connection, params: PromoteParameters) -> bool:
    wait = int(params.wait.total_seconds())
    name = params.database.name
    try:
        connection.execute("SELECT set_config('statement_timeout', %s, false)", (f"{wait + SPARE_SECONDS}s",))
        row = connection.execute("SELECT pg_promote(true, %s)", (wait,)).fetchone()
    except errors.InsufficientPrivilege as error:
        raise NotApplied(
            f"{name} refused: {params.database.user} may not promote it. As a superuser: "
            f"{GRANT.format(user=params.database.user)}."
        ) from error
    except errors.ObjectNotInPrerequisiteState as error:
        raise OutcomeUnknown(f"{name} says that it is not in recovery: somebody promoted it meanwhile.") from error
    except psycopg.Error as error:
        raise OutcomeUnknown(f"{name} did not confirm its promotion: {said(error)}. {STILL_POSSIBLE}") from error
    return bool(row and row[0])


def _let_clients_in(connection: Connection, target: PostgresTarget, plan: Plan) -> None:
    try:
        connection.execute(LOCAL)
        give(connection, target.database, from_json(plan.desired["grants"]))
    except psycopg.Error as error:
        raise OutcomeUnknown(f"{target.name} is promoted, but did not grant CONNECT: {said(error)}") from error


def _result(target: PostgresTarget, connection: Connection) -> dict[str, JsonValue]:
    try:
        return result_of(target, server_state(connection))
    except psycopg.Error:  # it is promoted; what is missing here, verify reads
        return {"database": shown_target(target)}


def result_of(target: PostgresTarget, state: ServerState) -> dict[str, JsonValue]:
    """What later steps may refer to."""
    return {
        "database": shown_target(target),
        "timeline": state.timeline,
        "system_identifier": state.system_identifier,
    }


def settle(params: PromoteParameters, plan: Plan, context: Context) -> Settlement:
    """A server in recovery proves nothing: a promotion that was asked for can take effect much later."""
    target = params.database
    with looking(context, target) as connection:
        state = server_state(connection)
    if state.system_identifier != plan.desired["system_identifier"]:
        return Settlement(
            outcome="unknown", finding=f"Another server answers as {target.name} than was to be promoted."
        )
    if state.in_recovery:
        finding = f"{target.name} is in recovery, on timeline {state.timeline}: not promoted so far. {STILL_POSSIBLE}"
        return Settlement(outcome="unknown", finding=finding)
    finding = f"{target.name} accepts writes, on timeline {state.timeline}."
    return Settlement(outcome="happened", finding=finding, result=result_of(target, state))


def verify(params: PromoteParameters, plan: Plan, context: Context) -> Verdict:
    """The same server, out of recovery, on a newer timeline, takes a row and gives it back."""
    with looking(context, params.database) as connection:
        return prove(connection, params.database, plan, context)


ACTION = Action(
    name=NAME,
    summary="Promote a PostgreSQL standby to primary",
    params=PromoteParameters,
    observe=observe,
    plan=plan_promotion,
    apply=apply,
    settle=settle,
    verify=verify,
    point_of_no_return=True,
)
