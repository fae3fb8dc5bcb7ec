"""The quote of a promotion's loss, and the words that it is told in."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions.postgres.data_loss import Evidence, OldPrimary, bound, loss_risks, quote
from bot.actions.postgres.earlier_steps import Fence, has_promoted, latest_fence
from bot.actions.postgres.replica_fit import ReplicaFitParameters, judge
from bot.actions.postgres.server_state import ServerState, bytes_between
from bot.actions.postgres.words import clock, length
from bot.domain.targets import PostgresTarget
from bot.engine.ports import Earlier

NOW = datetime(2026, 11, 3, 3, 9, 40, tzinfo=UTC)
BEAT = datetime(2026, 11, 3, 3, 1, 12, tzinfo=UTC)
FENCED = datetime(2026, 11, 3, 3, 9, 31, tzinfo=UTC)
RPO = timedelta(minutes=5)
STANDBY = ServerState(
    in_recovery=True,
    system_identifier="7",
    timeline=3,
    receiver=None,
    position="0/5000000",
    replayed="0/5000000",
    paused=False,
    last_transaction=None,
)
FENCE = Fence(step="fence_primary", method="ec2_stop", server="west:5432", proven_at=FENCED)
EVIDENCE = Evidence(now=NOW, rpo=RPO, standby=STANDBY, heartbeat=BEAT, fence=FENCE, old_primary=None)
LIVING = OldPrimary(name="west", server="west:5432", system_identifier="7", position="0/5000100")
SHUT = FENCE.model_copy(update={"method": "revoke_connect", "position": "0/5000000", "system_identifier": "7"})


def but(**changes: object) -> Evidence:
    return EVIDENCE.model_copy(update=changes)


def test_quote_reads_as_people_decide_on_it() -> None:
    """The figure comes first, then the two moments that it is the difference of."""
    quoted = quote(EVIDENCE)
    assert quoted.text == "at most 8 min 19 s: last heartbeat here 03:01:12Z, old primary proven fenced 03:09:31Z"
    assert quoted.seconds == 499


@pytest.mark.parametrize(
    ("evidence", "names"),
    [
        (but(fence=FENCE.model_copy(update={"proven_at": BEAT})), []),
        (EVIDENCE, ["data_loss_beyond"]),
        (but(heartbeat=None), ["data_loss_unknown"]),
        (but(heartbeat=NOW), ["data_loss_unknown"]),
        (but(fence=None), ["fence_unproven", "data_loss_unknown"]),
        (but(fence=FENCE.model_copy(update={"proven_at": None})), ["fence_unproven", "data_loss_unknown"]),
        (but(old_primary=LIVING), ["fence_unproven", "data_loss_unknown"]),
        (but(fence=SHUT, heartbeat=None), []),
        (but(fence=SHUT.model_copy(update={"position": "0/5000001"}), heartbeat=None), ["data_loss_unknown"]),
        (but(fence=SHUT.model_copy(update={"system_identifier": "8"}), heartbeat=None), ["data_loss_unknown"]),
        (but(rpo=timedelta(0), fence=SHUT), []),
    ],
)
def test_what_is_unknown_or_beyond_is_a_risk(evidence: Evidence, names: list[str]) -> None:
    """Within the objective nothing is to be accepted; what can't be known or is too much has a name."""
    quoted = quote(evidence)
    assert [risk.name for risk in loss_risks(evidence, quoted)] == names
    assert (quoted.seconds is None) == ("data_loss_unknown" in names)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_bound_covers_the_quote(beaten: int, rpo: int) -> None:
    """The accepted bound is never below what was quoted, and is the objective wherever the quote is within it."""
    evidence = but(heartbeat=FENCED - timedelta(seconds=beaten), rpo=timedelta(seconds=rpo))
    accepted = bound(quote(evidence), evidence.rpo)["data_loss"]
    assert accepted >= beaten
    assert (accepted == rpo) == (beaten <= rpo) or accepted == beaten == rpo


@given(st.integers(0, 10**6))
def test_risks_do_not_move_with_the_clock(seconds: int) -> None:
    """A later look at the same dead primary gives the same texts, so that what was accepted stays accepted."""
    later = but(now=NOW + timedelta(seconds=seconds))
    assert loss_risks(later, quote(later)) == loss_risks(EVIDENCE, quote(EVIDENCE))


def fence_step(at: datetime, outcome: str = "verified", **evidence: str) -> Earlier:
    found = {"server": "west:5432", "method": "ec2_stop", "proven_at": "2026-11-03T03:09:31.000000Z", **evidence}
    return Earlier("fence", "postgres.fence", outcome, at, {}, found)


def test_latest_fence_counts_and_never_ones_own() -> None:
    """Of several fences the last one counts, a fence of the replica itself never."""
    first, last = fence_step(BEAT), fence_step(NOW, "unproven")
    found = latest_fence((last, first), except_server="east:5432")
    assert found is not None
    assert found.proven_at is None
    own = latest_fence((first,), except_server="east:5432")
    assert own is not None
    assert own.proven_at == FENCED
    assert latest_fence((first,), except_server="west:5432") is None


@pytest.mark.parametrize("outcome", ["skipped", "undone", "unproven", "risk_accepted", "failed", "anything new"])
def test_only_a_completed_fence_proves(outcome: str) -> None:
    """Every outcome that is not known to be a proof is none."""
    found = latest_fence((fence_step(NOW, outcome),), except_server="east:5432")
    assert found is not None
    assert found.proven_at is None


def test_promotion_of_unknown_outcome_counts_as_one() -> None:
    """Whoever may have promoted has promoted, as far as taking down a fence goes."""
    assert has_promoted((Earlier("p", "postgres.promote", "in_doubt", NOW, {}, {}),))
    assert not has_promoted((Earlier("p", "postgres.promote", "skipped", NOW, {}, {}),))


def test_fit_judges_a_foreign_replica() -> None:
    """A standby of another cluster than the configured primary is false, not unknown."""
    target = PostgresTarget(kind="postgres", region="us-east-1", host="east", database="customers", user="dr_bot")
    foreign = but(old_primary=LIVING.model_copy(update={"system_identifier": "8"}))
    assert judge(ReplicaFitParameters(database=target, rpo=RPO), foreign).holds is False


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.2, "1 s"),
        (48, "48 s"),
        (60, "1 min"),
        (499, "8 min 19 s"),
        (3600, "1 h"),
        (3599.5, "1 h"),
        (3601, "1 h 1 min"),
        (86_399, "1 d"),
        (90_000, "1 d 1 h"),
        (-5, "0 s"),
    ],
)
def test_lengths_are_rounded_up(seconds: float, text: str) -> None:
    """What is said is never less than what is meant."""
    assert length(timedelta(seconds=seconds)) == text


def test_clock_shows_the_date_of_another_day() -> None:
    """03:01:12Z alone is today's."""
    assert clock(BEAT, NOW) == "03:01:12Z"
    assert clock(BEAT - timedelta(days=1), NOW) == "2026-11-02 03:01:12Z"


def test_positions_are_numbers() -> None:
    """A position compares by value, not as text, and being ahead is not being behind."""
    assert bytes_between("0/FFFFFFFF", "1/0") == 1
    assert bytes_between("1/0", "0/FFFFFFFF") == 0
