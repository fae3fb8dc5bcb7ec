"""What a promotion would do and what it would cost. Pure."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from bot.actions.postgres.connect_grants import Grant, missing_of, to_json
from bot.actions.postgres.connections import server_lock, short_name
from bot.actions.postgres.data_loss import Evidence, bound, loss_measurements, loss_risks, quote
from bot.domain.changes import Change, Plan, Precondition, SecretVersion
from bot.domain.durations import Duration
from bot.domain.model import Model
from bot.domain.targets import PostgresTarget

NAME = "postgres.promote"
GRANT = "GRANT EXECUTE ON FUNCTION pg_promote(boolean, integer) TO {user}"
WAY_BACK = "The old primary comes back as a replica of this one; the way back is a failback."
SLOTS = "Replication slots do not move with a promotion: other replicas must be pointed at this server or rebuilt."
PAUSED = "Replay is paused: the promotion replays what was received first, which takes longer."


class PromoteParameters(Model):
    """The standby to promote, and how long the server may take (1 s to 5 min) before its outcome counts as unknown."""

    database: PostgresTarget
    wait: Annotated[Duration, Field(ge=timedelta(seconds=1), le=timedelta(minutes=5))] = timedelta(seconds=60)


class PromoteFacts(Model):
    """The world before a promotion."""

    account: str | None
    evidence: Evidence
    may_promote: bool
    grants: tuple[Grant, ...] = ()
    secrets: tuple[SecretVersion, ...] = ()


def plan_promotion(params: PromoteParameters, facts: PromoteFacts) -> Plan:
    """The plan; empty where the server is a primary that lets its clients in."""
    target, standby = params.database, facts.evidence.standby
    grants = _grants_to_give(facts)
    base = Plan(
        action=NAME,
        summary=f"Promote {target.name}",
        target=short_name(target),
        account=facts.account or "",
        region=target.region,
        changes=tuple(_grant_change(params, grant) for grant in grants),
        targets=(server_lock(facts.account, target),),
        desired={
            "in_recovery": False,
            "system_identifier": standby.system_identifier,
            "grants": to_json(grants),
        },
        saved={"in_recovery": standby.in_recovery, "timeline": standby.timeline},
        secrets=facts.secrets,
    )
    if standby.in_recovery:
        return base.model_copy(update=_promotion(params, facts, base.changes))
    if grants:
        return base
    done = f"{target.name} accepts writes already, on timeline {standby.timeline}."
    return base.model_copy(update={"nothing_to_do": done})


def _grants_to_give(facts: PromoteFacts) -> tuple[Grant, ...]:
    """What a fence by revoke_connect took on the primary, for a standby receives that too.

    Before the promotion it may be on its way still, so all of it is granted; that does no harm where it is not missing.
    """
    fence = facts.evidence.fence
    taken = fence.grants if fence else ()
    return taken if facts.evidence.standby.in_recovery else missing_of(taken, facts.grants)


def _grant_change(params: PromoteParameters, grant: Grant) -> Change:
    return Change(
        resource=f"database {params.database.database}",
        what=f"CONNECT of {grant.name}",
        before="revoked by the fence",
        after="granted",
    )


def _promotion(params: PromoteParameters, facts: PromoteFacts, grants: tuple[Change, ...]) -> dict[str, object]:
    evidence, name = facts.evidence, params.database.name
    quoted = quote(evidence)
    timeline = evidence.standby.timeline
    return {
        "changes": (
            Change(resource=name, what="role", before="in recovery", after="accepts writes"),
            Change(resource=name, what="timeline", before=str(timeline), after=str(timeline + 1)),
            *grants,
        ),
        "measurements": loss_measurements(evidence, quoted),
        "bounds": bound(quoted, evidence.rpo),
        "risks": loss_risks(evidence, quoted),
        "preconditions": _preconditions(params, facts),
        "warnings": (SLOTS, PAUSED) if evidence.standby.paused else (SLOTS,),
        "point_of_no_return": True,
        "way_back": WAY_BACK,
    }


def _preconditions(params: PromoteParameters, facts: PromoteFacts) -> tuple[Precondition, ...]:
    grant = GRANT.format(user=params.database.user)
    found = [Precondition(text=f"{params.database.user} may promote it (else: {grant})", holds=facts.may_promote)]
    old = facts.evidence.old_primary
    if old is not None:
        same = old.system_identifier == facts.evidence.standby.system_identifier
        text = f"It is a copy of {old.name} (same system identifier; else correct the targets in the recovery plan)"
        found.append(Precondition(text=text, holds=same))
    return tuple(found)
