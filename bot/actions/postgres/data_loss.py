"""How much data a promotion may lose: what can be said, and what must be accepted where it can't. Pure.

At most what was written between the last replicated heartbeat and the moment when the old primary was proven fenced;
see `bot.actions.heartbeat` for why the two moments may be subtracted.
"""

import math
from datetime import datetime, timedelta

from bot.actions.postgres.earlier_steps import Fence
from bot.actions.postgres.server_state import ServerState, bytes_between
from bot.actions.postgres.words import clock, date_and_clock, length
from bot.domain.changes import Measurement, Risk
from bot.domain.durations import Duration
from bot.domain.model import Model

MINUTE = 60


class OldPrimary(Model):
    """The server that the standby copies, while it answers. `shut`: by a fence that lets the bot alone in."""

    name: str
    server: str
    system_identifier: str
    position: str
    shut: bool = False


class Evidence(Model):
    """Everything that bounds the loss, at one moment."""

    now: datetime
    rpo: Duration
    standby: ServerState
    heartbeat: datetime | None
    fence: Fence | None
    old_primary: OldPrimary | None

    @property
    def bytes_behind(self) -> int | None:
        """WAL that the old primary has and the standby lacks; None where it is unknown."""
        if self.old_primary is None or self.standby.position is None:
            return None
        return bytes_between(self.standby.position, self.old_primary.position)

    @property
    def everything_arrived(self) -> bool:
        """The standby has the WAL up to where the old primary was when its fence was proven."""
        fence, standby = self.fence, self.standby
        if fence is None or fence.position is None or standby.position is None:
            return False
        same_cluster = fence.system_identifier == standby.system_identifier
        return same_cluster and bytes_between(standby.position, fence.position) == 0

    @property
    def fence_broken(self) -> bool:
        """The fence was proven, and yet the old primary lets us in."""
        proven = self.fence is not None and self.fence.proven_at is not None
        return proven and self.old_primary is not None and not self.old_primary.shut


class Quote(Model):
    """At most how many whole seconds of writes are lost; None is unknown. `text` says why."""

    seconds: int | None
    text: str


def quote(evidence: Evidence) -> Quote:
    """The figure and its reasoning."""
    fence, beat = evidence.fence, evidence.heartbeat
    if fence is None or fence.proven_at is None:
        return _unknown("the old primary is not proven fenced")
    if evidence.fence_broken:
        return _unknown("the old primary still lets clients in, although it was proven fenced")
    if evidence.everything_arrived:
        return Quote(seconds=0, text="nothing: everything that was written before the proof of the fence is here")
    if beat is None:
        return _unknown("no heartbeat has reached this replica")
    if beat > fence.proven_at:
        return _unknown("a heartbeat here is newer than the proof of the fence, so something still writes")
    lost = fence.proven_at - beat
    here, fenced = clock(beat, evidence.now), clock(fence.proven_at, evidence.now)
    text = f"at most {length(lost)}: last heartbeat here {here}, old primary proven fenced {fenced}"
    return Quote(seconds=math.ceil(lost.total_seconds()), text=text)


def _unknown(why: str) -> Quote:
    return Quote(seconds=None, text=f"unknown: {why}")


def bound(quoted: Quote, rpo: timedelta) -> dict[str, float]:
    """What approvers accept: the objective where the quote is within it, else the quote in full minutes."""
    if quoted.seconds is None:
        return {}
    if quoted.seconds <= rpo.total_seconds():
        return {"data_loss": rpo.total_seconds()}
    return {"data_loss": float(math.ceil(quoted.seconds / MINUTE) * MINUTE)}


def loss_risks(evidence: Evidence, quoted: Quote) -> tuple[Risk, ...]:
    """What must be accepted. No figure here moves while the old primary is down."""
    risks = [*_fence_risk(evidence)]
    since = _since(evidence)
    if quoted.seconds is None:
        text = f"How much data is lost is {quoted.text}. {since} may be lost."
        risks.append(Risk(name="data_loss_unknown", text=text))
    elif quoted.seconds > evidence.rpo.total_seconds():
        text = f"{since} may be lost; the objective allows {length(evidence.rpo)}."
        risks.append(Risk(name="data_loss_beyond", text=text))
    return tuple(risks)


def _fence_risk(evidence: Evidence) -> tuple[Risk, ...]:
    fence = evidence.fence
    if fence is not None and fence.proven_at is not None and not evidence.fence_broken:
        return ()
    if fence is None:
        what = "No step of this run has fenced the old primary."
    elif evidence.fence_broken:
        what = "The old primary lets clients in, although it was proven fenced."
    else:
        what = "The old primary is not proven fenced."
    text = f"{what} If it lives it goes on taking writes, which are lost, and clients may find two primaries."
    return (Risk(name="fence_unproven", text=text),)


def _since(evidence: Evidence) -> str:
    """The heartbeat's moment is named only where it stands still."""
    if evidence.heartbeat is None:
        return "Everything that was written lately"
    if evidence.standby.streaming:
        return "Everything that was written after the last heartbeat here"
    return f"Everything that was written after {date_and_clock(evidence.heartbeat)}"


def loss_measurements(evidence: Evidence, quoted: Quote) -> tuple[Measurement, ...]:
    """The figures beside the plan, newest first in importance."""
    return (
        Measurement(name="data_loss", text=quoted.text, value=quoted.seconds, unit="s"),
        Measurement(
            name="objective",
            text=f"{length(evidence.rpo)}: {_verdict(quoted, evidence.rpo)}",
            value=evidence.rpo.total_seconds(),
            unit="s",
        ),
        _bytes_behind(evidence),
        _last_transaction(evidence),
        Measurement(
            name="replication",
            text="the standby hears its primary" if evidence.standby.streaming else "the standby hears no primary",
            value=float(evidence.standby.streaming),
        ),
    )


def _verdict(quoted: Quote, rpo: timedelta) -> str:
    if quoted.seconds is None:
        return "unknown"
    return "within" if quoted.seconds <= rpo.total_seconds() else "beyond"


def _bytes_behind(evidence: Evidence) -> Measurement:
    behind = evidence.bytes_behind
    if behind is None or evidence.old_primary is None:
        return Measurement(name="bytes_behind", text="unknown: the old primary does not answer", unit="B")
    text = f"{behind:,} bytes of WAL behind {evidence.old_primary.name}"
    return Measurement(name="bytes_behind", text=text, value=behind, unit="B")


def _last_transaction(evidence: Evidence) -> Measurement:
    last = evidence.standby.last_transaction
    if last is None:
        return Measurement(name="last_transaction", text="unknown: nothing has been replayed since the standby started")
    text = f"last replicated transaction {clock(last, evidence.now)} by the old primary's clock"
    return Measurement(name="last_transaction", text=text, value=last.timestamp(), unit="s since 1970")
