"""The recovery clock: used, left, and an estimate along the longest path."""

from datetime import timedelta

import pytest

from bot.domain import commands as c
from bot.domain.objectives import recovery_clock
from tests.unit.builders import START, Story, action, by, check, manual, runbook, underway

MINUTE = timedelta(minutes=1)


def left_after(story: Story) -> timedelta | None:
    """How long the estimate still gives."""
    estimate = recovery_clock(story.incident, story.now).estimate
    return None if estimate is None else estimate - story.now


def test_clock_runs_from_since() -> None:
    """What was used counts from when it began, not from when it was declared; the deadline follows."""
    story = Story().declare(since=START - 10 * MINUTE)
    story.later(minutes=5)
    clock = recovery_clock(story.incident, story.now)
    assert (clock.elapsed, clock.left, clock.deadline) == (15 * MINUTE, 45 * MINUTE, START + 50 * MINUTE)
    assert not clock.stopped


def test_clock_goes_below_zero() -> None:
    """An objective that is missed says by how much."""
    story = Story().declare()
    story.later(minutes=70)
    assert recovery_clock(story.incident, story.now).left == -10 * MINUTE


@pytest.mark.parametrize("ending", [c.Mitigate(actor=by("alice")), c.Cancel(actor=by("alice"), reason="No incident.")])
def test_clock_stops(ending: c.Command) -> None:
    """Mitigated or canceled, it stands, from that very moment on."""
    story = Story().declare()
    story.later(minutes=20)
    story.give(ending)
    for _ in range(2):
        clock = recovery_clock(story.incident, story.now)
        assert (clock.elapsed, clock.stopped, clock.estimate) == (20 * MINUTE, True, None)
        story.later(minutes=20)


def test_reopened_clock_runs_on() -> None:
    """After a reopening the whole time since the beginning counts."""
    story = Story().declare()
    story.give(c.Mitigate(actor=by("alice")))
    story.later(minutes=20)
    story.give(c.Reopen(actor=by("bob"), reason="It fails again."))
    assert recovery_clock(story.incident, story.now).elapsed == 20 * MINUTE


def test_no_estimate_without_a_run() -> None:
    """Before a runbook is started nothing can be estimated."""
    assert left_after(Story().declare()) is None


def test_estimate_follows_the_longest_path() -> None:
    """Of parallel branches the longest counts; a step without `expected` counts a minute; the aftermath does not."""
    story = underway(
        manual("a", expected="5m"),
        check("b", needs=["a"]),
        manual("c", needs=["a"], expected="20m"),
        manual("d", needs=["b", "c"], expected="2m"),
        manual("e", phase="post_recovery", expected="1h"),
    )
    assert left_after(story) == 27 * MINUTE
    story.later(minutes=2)
    assert left_after(story) == 25 * MINUTE
    story.done("a")
    assert left_after(story) == 22 * MINUTE


def test_estimate_does_not_mind_the_order_in_the_file() -> None:
    """A step may need one that is written further down."""
    story = underway(manual("b", needs=["a"], expected="2m"), manual("a", needs=[], expected="5m"))
    assert left_after(story) == 7 * MINUTE


def test_overdue_step_needs_at_least_nothing() -> None:
    """A step that takes longer than expected does not make the rest shorter."""
    story = underway(manual("a", expected="5m"), manual("b", expected="3m"))
    story.later(minutes=9)
    assert left_after(story) == 3 * MINUTE


def test_waiting_for_approvals_is_not_progress() -> None:
    """An action counts from its start: what waits for approvals still needs all its time, and so does what failed."""
    story = underway(action("a", expected="5m"))
    story.show("a")
    story.later(minutes=10)
    assert left_after(story) == 5 * MINUTE
    story.approve("a", "bob")
    story.begin("a")
    story.later(minutes=2)
    assert left_after(story) == 3 * MINUTE
    story.bot(c.NotDone, "a", reason="Access denied.")
    assert left_after(story) == 5 * MINUTE


def test_dependency_comes_first_in_the_estimate() -> None:
    """While the database's run is under way, the run that waits for it adds its own time."""
    books = {"failover": runbook(manual("a", expected="5m"))}
    story = Story(runbooks=books).declare(systems=("orders", "database"))
    story.start(system="database")
    story.start(system="orders")
    assert left_after(story) == 10 * MINUTE
    story.give(c.Stop(actor=by("alice"), run="R1"))
    assert left_after(story) == 5 * MINUTE
