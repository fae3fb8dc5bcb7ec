"""postgres.replica_fit: is this standby good enough to take over?

Lag as PostgreSQL tells it is not asked: it grows while nothing is written and shows 0 on a standby that lost its primary.
What counts is the last heartbeat that arrived: nothing older than it is missing.
"""

from datetime import datetime, timedelta

from bot.actions.postgres.connections import looking
from bot.actions.postgres.data_loss import Evidence
from bot.actions.postgres.standby import standby_evidence
from bot.actions.postgres.words import clock, date_and_clock, length
from bot.domain.changes import Risk, Verdict
from bot.domain.durations import Duration
from bot.domain.model import JsonValue, Model
from bot.domain.targets import PostgresTarget
from bot.domain.timeline import moment
from bot.engine.ports import Check, Context

CLOCK_TOLERANCE = timedelta(seconds=2)


class ReplicaFitParameters(Model):
    """The standby, and how much of the newest data may be lost."""

    database: PostgresTarget
    rpo: Duration


def look(params: ReplicaFitParameters, context: Context) -> Verdict:
    """It holds only where the loss is bounded within the objective; raises Unavailable where the standby is silent."""
    with looking(context, params.database) as connection:
        evidence = standby_evidence(connection, params.database, context)
    return judge(params, evidence)


def judge(params: ReplicaFitParameters, evidence: Evidence) -> Verdict:
    """The verdict on what was read; pure."""
    found = _found(evidence)
    wrong = _wrong(params, evidence)
    if wrong:
        return Verdict(holds=False, finding=wrong, evidence=found)
    unknown = _unknown(params, evidence)
    if unknown:
        risk = Risk(name="data_loss_unknown", text=f"{unknown} How much data is lost is unknown.")
        return Verdict(holds=None, finding=unknown, evidence=found, risks=(risk,))
    return _measured(params, evidence, found)


def _wrong(params: ReplicaFitParameters, evidence: Evidence) -> str:
    name, standby, old = params.database.name, evidence.standby, evidence.old_primary
    if not standby.in_recovery:
        return f"{name} is not a standby: it accepts writes, on timeline {standby.timeline}."
    if old is not None and old.system_identifier != standby.system_identifier:
        return f"{name} is not a copy of {old.name}: their system identifiers differ. Correct the targets."
    return ""


def _unknown(params: ReplicaFitParameters, evidence: Evidence) -> str:
    name, beat = params.database.name, evidence.heartbeat
    if evidence.standby.paused:
        return f"Replay is paused on {name}: what it has received can't be seen. Resume it with pg_wal_replay_resume()."
    if beat is None:
        return f"No heartbeat has reached {name}: how fresh it is can't be known."
    if beat > _until(evidence) + CLOCK_TOLERANCE:
        return f"The last heartbeat on {name} lies in the future: the bot's clock has been set back."
    return ""


def _until(evidence: Evidence) -> datetime:
    """Writes after a proven fence can't be lost; without one they could go on until now."""
    fence = evidence.fence
    fenced_at = None if fence is None or evidence.fence_broken else fence.proven_at
    if fenced_at is None or (evidence.heartbeat is not None and fenced_at < evidence.heartbeat):
        return evidence.now
    return fenced_at


def _measured(params: ReplicaFitParameters, evidence: Evidence, found: dict[str, JsonValue]) -> Verdict:
    beat, until = evidence.heartbeat, _until(evidence)
    if beat is None:  # pragma: no cover  # unknown, and answered above
        raise AssertionError(params)
    lost = max(until - beat, timedelta())
    reasoning = _reasoning(evidence, beat, until)
    figures: dict[str, JsonValue] = {**found, "data_loss": lost.total_seconds()}
    finding = f"At most {length(lost)} would be lost, the objective allows {length(params.rpo)}. {reasoning}"
    if lost <= params.rpo:
        return Verdict(holds=True, finding=finding, evidence=figures)
    risk = Risk(name="data_loss_beyond", text=_risk(evidence, beat, params.rpo))
    return Verdict(holds=None, finding=finding, evidence=figures, risks=(risk,))


def _reasoning(evidence: Evidence, beat: datetime, until: datetime) -> str:
    here = clock(beat, evidence.now)
    if until != evidence.now:
        return (
            f"The last heartbeat here is from {here}; the old primary was proven fenced {clock(until, evidence.now)}."
        )
    if not evidence.standby.streaming:
        return f"It hears no primary, so its lag can't be measured. The last heartbeat here is from {here}."
    return f"It hears its primary; the last heartbeat here is from {here}."


def _risk(evidence: Evidence, beat: datetime, rpo: timedelta) -> str:
    since = "the last heartbeat here" if evidence.standby.streaming else date_and_clock(beat)
    return f"Everything that was written after {since} may be lost; the objective allows {length(rpo)}."


def _found(evidence: Evidence) -> dict[str, JsonValue]:
    standby = evidence.standby
    return {
        "heartbeat": moment(evidence.heartbeat) if evidence.heartbeat else None,
        "streaming": standby.streaming,
        "timeline": standby.timeline,
        "system_identifier": standby.system_identifier,
        "received": standby.position,
        "replayed": standby.replayed,
        "bytes_behind": evidence.bytes_behind,
    }


CHECK = Check(
    name="postgres.replica_fit",
    summary="Is the standby fresh enough to take over?",
    params=ReplicaFitParameters,
    look=look,
)
