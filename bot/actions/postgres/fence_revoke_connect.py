"""Fence by taking CONNECT from everybody, the owner too, and ending all sessions. It needs a primary that answers.

The bot's own role keeps its right, for two reasons: the access list travels to a standby that still streams, and there
the bot has to promote and to give the grants back (`postgres.promote` does, from this step's evidence); and undo needs a
way in, for which the maintenance database would do. No application may use the bot's role, and the plan says so.
Undo grants again what was taken, while no other server was promoted.
"""

import psycopg
from psycopg import errors

from bot.actions.heartbeat import LOCAL
from bot.actions.postgres.connect_grants import Grant, from_json, give, missing_of, read_grants, take, to_json
from bot.actions.postgres.connections import Connection, changing, looking, maintenance, said, secret_versions
from bot.actions.postgres.doors import Doors, end_sessions, look_at_doors
from bot.actions.postgres.fencing import (
    FenceParameters,
    Method,
    Place,
    called,
    fence_plan,
    is_fence,
    not_fenced,
    place_of,
    proven,
    taken_down,
    unfence_plan,
    unproven,
)
from bot.domain.changes import Change, Measurement, Plan, Precondition, SecretVersion, Settlement, Verdict
from bot.domain.model import JsonValue, Model
from bot.engine.ports import Context, NotApplied, OutcomeUnknown, Unavailable

# The transaction was refused as a whole: PostgreSQL rolled it back.
REFUSED = (
    errors.InsufficientPrivilege,
    errors.InvalidCatalogName,
    errors.LockNotAvailable,
    errors.ReadOnlySqlTransaction,
    errors.UndefinedObject,
)


class DoorFacts(Model):
    """Who gets in, without the bot's own role among the grants; `taken` is what an attempt before this one took."""

    place: Place
    database: str
    doors: Doors
    secrets: tuple[SecretVersion, ...]
    taken: tuple[Grant, ...] = ()


def observe(params: FenceParameters, context: Context) -> DoorFacts:
    """Look from the maintenance database; raises Unavailable."""
    doors = _doors(params, context)
    return DoorFacts(
        place=place_of(context),
        database=params.database.database,
        doors=doors,
        secrets=secret_versions(context, params.database),
        taken=missing_of(from_json(context.facts.saved.get("grants")), doors.grants),
    )


def _doors(params: FenceParameters, context: Context) -> Doors:
    target = params.database
    with looking(context, maintenance(target)) as connection:
        doors = look_at_doors(connection, target.database, target.user)
    grants = tuple(grant for grant in doors.grants if grant.role != target.user)
    return doors.model_copy(update={"grants": grants})


def plan(params: FenceParameters, facts: DoorFacts) -> Plan:
    """Take every grant, end every session."""
    planned = fence_plan(
        params,
        facts.place,
        changes=_changes(params, facts.doors),
        nothing_to_do=f"Nobody has CONNECT on {params.database.database}, and nobody is in it.",
        desired={"grants": []},
        saved={"grants": to_json((*facts.doors.grants, *facts.taken))},
        warnings=_warnings(params, facts.doors),
        preconditions=_preconditions(params, facts.doors),
        way_back="Undo grants again what was taken, while no other server was promoted.",
    )
    count = Measurement(name="sessions", text=f"{facts.doors.sessions} open sessions", value=facts.doors.sessions)
    return planned.model_copy(update={"measurements": (count,), "secrets": facts.secrets})


def _changes(params: FenceParameters, doors: Doors) -> tuple[Change, ...]:
    database = f"database {params.database.database}"
    taken = [
        Change(resource=database, what=f"CONNECT of {g.name}", before="granted", after="revoked") for g in doors.grants
    ]
    if taken or doors.sessions:
        taken.append(Change(resource=database, what="sessions", before="open", after="ended"))
    return tuple(taken)


def _warnings(params: FenceParameters, doors: Doors) -> tuple[str, ...]:
    found = [
        f"{params.database.user} keeps its right to connect, for the promotion and for undo: no application may use it.",
        "A standby that still streams receives this too; postgres.promote grants there what was taken here.",
    ]
    if doors.superusers:
        found.append(f"Superusers get in all the same, so this will stay unproven: {', '.join(doors.superusers)}.")
    return tuple(found)


def _preconditions(params: FenceParameters, doors: Doors) -> tuple[Precondition, ...]:
    user = params.database.user
    return (
        Precondition(
            text=f"{user} may revoke CONNECT on {params.database.database} (else: grant it the owner's role)",
            holds=doors.rights.may_revoke,
        ),
        Precondition(
            text=f"{user} may end sessions (else: GRANT pg_signal_backend TO {user})",
            holds=doors.rights.may_end_sessions,
        ),
    )


def undo(done: Plan, facts: DoorFacts) -> Plan:
    """Grant what is missing of the saved grants."""
    missing = missing_of(from_json(done.saved["grants"]), facts.doors.grants)
    database = f"database {facts.database}"
    changes = tuple(
        Change(resource=database, what=f"CONNECT of {grant.name}", before="revoked", after="granted")
        for grant in missing
    )
    return unfence_plan(done, facts.place, changes, "Everybody has CONNECT again.")


def apply(params: FenceParameters, plan: Plan, context: Context) -> dict[str, JsonValue]:
    """In one transaction: keep ours and revoke the others', or grant, for the undo. Then end the sessions, for a fence."""
    target = params.database
    with changing(context, maintenance(target)) as connection:
        try:
            connection.execute(LOCAL)
            with connection.transaction():
                _change_grants(params, plan, connection)
        except REFUSED as error:
            raise NotApplied(f"{target.name} refused: {said(error)}. Nothing was changed.") from error
        except psycopg.Error as error:
            raise OutcomeUnknown(f"{target.name} did not confirm that CONNECT was changed: {said(error)}") from error
        context.changed()
        if not is_fence(plan):
            return called(params)
        try:
            ended = end_sessions(connection, target.database)
        except psycopg.Error as error:
            raise OutcomeUnknown(
                f"{target.name} lets nobody in, but did not end the sessions: {said(error)}"
            ) from error
        return called(params, grants=plan.saved["grants"], sessions_ended=ended)


def _change_grants(params: FenceParameters, plan: Plan, connection: Connection) -> None:
    database = params.database.database
    if not is_fence(plan):
        give(connection, database, from_json(plan.desired["grants"]))
        return
    give(connection, database, [Grant(role=params.database.user)])
    saved = from_json(plan.saved["grants"])
    gone = missing_of(saved, read_grants(connection, database))  # by an attempt before this one
    taken = tuple(grant for grant in saved if grant not in gone)
    take(connection, database, taken)
    if taken and not missing_of(taken, read_grants(connection, database)):
        # Without the right to it PostgreSQL merely warns, and revokes nothing.
        raise NotApplied(f"{params.database.user} may not revoke CONNECT on {database}: grant it the owner's role.")


def settle(params: FenceParameters, plan: Plan, context: Context) -> Settlement:
    """The access list says what became of it."""
    live = to_json(_doors(params, context).grants)
    finding = f"CONNECT has: {', '.join(grant.name for grant in from_json(live)) or 'nobody'}."
    if live == plan.desired["grants"]:
        return Settlement(outcome="happened", finding=finding, result=called(params, grants=plan.saved["grants"]))
    if live == plan.saved["grants"]:
        return Settlement(outcome="not_happened", finding=finding)
    return Settlement(outcome="unknown", finding=finding)


def verify(params: FenceParameters, plan: Plan, context: Context) -> Verdict:
    """No login role may get in and nobody is in. A server that stopped answering proves nothing."""
    try:
        doors = _doors(params, context)
    except Unavailable as error:
        if not is_fence(plan):
            raise
        return unproven(params, "it does not answer, and that is no proof.", error=str(error))
    if not is_fence(plan):
        missing = missing_of(from_json(plan.desired["grants"]), doors.grants)
        return taken_down(not missing, f"CONNECT lacks: {', '.join(g.name for g in missing) or 'nobody'}.")
    return _judge(params, plan, doors, context)


def _judge(params: FenceParameters, plan: Plan, doors: Doors, context: Context) -> Verdict:
    grants = plan.saved["grants"]
    if doors.admitted:
        return not_fenced(params, f"These roles may still connect: {', '.join(doors.admitted)}.", grants=grants)
    if doors.superusers:
        names = ", ".join(doors.superusers)
        return unproven(
            params, f"superusers may still connect: {names}.", grants=grants, superusers=[*doors.superusers]
        )
    if doors.sessions:
        return not_fenced(params, f"{doors.sessions} sessions are still open.", grants=grants)
    finding = f"No role but {params.database.user} may connect to {params.database.name}, and no session is open."
    server = doors.server
    return proven(
        params,
        context.now(),
        finding,
        grants=grants,
        position=server.position,
        system_identifier=server.system_identifier,
    )


METHOD = Method(observe, plan, apply, settle, verify, undo)
