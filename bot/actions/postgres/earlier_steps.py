"""What the run's earlier steps proved about the servers."""

from collections.abc import Iterable
from datetime import datetime

from bot.actions.postgres.connect_grants import Grant, from_json
from bot.domain.model import JsonValue, Model
from bot.engine.ports import Earlier

FENCE = "postgres.fence"
PROMOTE = "postgres.promote"
HOLDS = frozenset({"completed", "done", "verified", "nothing_to_do"})
"""Outcomes under which a step's evidence still counts. Not among them: skipped, undone, unproven."""


class Fence(Model):
    """A fence of this run. `proven_at` None: nothing proves that the server is shut.

    By revoke_connect, which needs a living server: `grants` is what it took away, `position` where the server's WAL
    ended when the fence was proven.
    """

    step: str
    method: str
    server: str
    proven_at: datetime | None
    grants: tuple[Grant, ...] = ()
    position: str | None = None
    system_identifier: str | None = None


def latest_fence(earlier: Iterable[Earlier], *, except_server: str) -> Fence | None:
    """The run's last fence of a server other than the one that is to be promoted."""
    fences = [step for step in earlier if step.action == FENCE and _found(step).get("server") != except_server]
    if not fences:
        return None
    last = max(fences, key=lambda step: step.ended_at)
    found = _found(last)
    proven_at = found.get("proven_at") if last.outcome in HOLDS else None
    return Fence(
        step=last.step,
        method=str(found.get("method", "")),
        server=str(found.get("server", "")),
        proven_at=datetime.fromisoformat(str(proven_at)) if proven_at else None,
        grants=from_json(found.get("grants")),
        position=_text(found.get("position")),
        system_identifier=_text(found.get("system_identifier")),
    )


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None


def _found(step: Earlier) -> dict[str, JsonValue]:
    return {**step.result, **step.evidence}


def has_promoted(earlier: Iterable[Earlier]) -> bool:
    """Whether a step of this run has made another server the primary, or may have."""
    return any(step.action == PROMOTE and step.outcome != "skipped" for step in earlier)
