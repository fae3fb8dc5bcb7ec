"""What may happen between a look, an approval and the call that follows."""

import pytest

from bot.domain import commands as c
from bot.domain.errors import Refused
from bot.domain.transitions import RunState, StepState
from tests.unit.builders import PROOF, TARGET, Story, a_plan, action, by, manual, to_promotion, underway


@pytest.fixture
def story() -> Story:
    """A run whose first step needs two approvals."""
    return underway(action("a", "switch", approval={"required": 2}), action("b", "tell"), manual("c"))


def command(story: Story, kind: type[c.Pause | c.Stop | c.Resume]) -> None:
    story.give(kind(actor=by("alice"), run="R1"))


def test_a_paused_run_that_is_stopped_leaves_the_way_back_open(story: Story) -> None:
    """Who stops a paused run can still undo: nothing waits for a resume that a stopped run refuses."""
    story.execute("a", "carol", "dave")
    command(story, c.Pause)
    command(story, c.Stop)
    assert story.run().state is RunState.STOPPED
    story.person(c.Undo, "a", "alice", reason="It was the wrong system.")
    story.show("a")
    story.approve("a", "carol", "dave")
    assert story.begin("a") == ["UndoStarted"]


def test_a_run_that_ended_while_it_was_paused_can_be_resumed() -> None:
    """The pause outlasts the last step, and the resume that follows is no error."""
    story = underway(manual("c"))
    command(story, c.Pause)
    story.person(c.Done, "c", "alice")
    assert story.run().state is RunState.COMPLETED
    command(story, c.Resume)
    assert not story.run().paused


def test_a_look_that_fails_says_that_it_voids_what_was_approved(story: Story) -> None:
    """Approvals never disappear without a line in the timeline."""
    story.show("a")
    story.approve("a", "carol", "dave")
    assert story.bot(c.Block, "a", reason="It can't be known.") == ["ApprovalsVoided", "StepBlocked"]
    assert story.step("a").approved_by == ()


def test_a_look_that_fails_before_anybody_approved_voids_nothing(story: Story) -> None:
    """There is nothing to void."""
    story.show("a")
    assert story.bot(c.Block, "a", reason="It can't be known.") == ["StepBlocked"]


def test_an_approval_that_came_behind_the_executors_back_starts_nothing(story: Story) -> None:
    """Only approvals that this executor has checked count: one given since then is checked by the attempt that it causes."""
    story.show("a")
    story.approve("a", "carol", "dave")
    checked = story.beginning("a")
    story.person(c.Withdraw, "a", "dave")
    story.approve("a", "erin")
    assert story.step("a").missing == 0
    with pytest.raises(Refused, match="checked"):
        story.give(checked)
    assert story.begin("a") == ["StepStarted"]


def test_one_approval_more_than_needed_does_not_hold_the_start_up(story: Story) -> None:
    """Those that were checked are enough."""
    story.show("a")
    story.approve("a", "carol", "dave")
    checked = story.beginning("a")
    story.approve("a", "erin")
    assert story.types(checked) == ["StepStarted"]


def test_glass_that_broke_behind_the_executors_back_starts_nothing(story: Story) -> None:
    """A break-glass is checked before the call like any approval."""
    story.show("a")
    checked = story.beginning("a")
    glass = {"digest": story.step("a").digest, "target": TARGET, "reason": "Nobody else can be reached now."}
    story.person(c.BreakGlass, "a", "bob", proof=PROOF, **glass)
    with pytest.raises(Refused, match="checked"):
        story.give(checked)


def test_a_plan_made_before_a_replan_is_not_shown(story: Story) -> None:
    """The look read the old parameters."""
    before = story.step("a").generation
    story.person(c.Replan, "a", "alice")
    late = c.ShowPlan(run="R1", step="a", attempt=1, plan=a_plan(), generation=before)
    assert "no longer waits" in story.refusal(late)


def test_a_plan_made_before_a_replan_starts_nothing() -> None:
    """Nor is it carried out, where no approval is needed."""
    story = underway(action("b", "tell"))
    looked = story.beginning("b")
    story.person(c.Replan, "b", "alice")
    with pytest.raises(Refused):
        story.give(looked)
    assert story.step("b").state is StepState.READY


def settled_as_not_happened() -> Story:
    """The promotion's call was in doubt, and two people said that it did not happen."""
    story = to_promotion().launch("promote", "bob", "carol")
    story.bot(c.Doubt, "promote", reason="It timed out.")
    for person in ("bob", "carol"):
        story.person(c.Settle, "promote", person, outcome="not_happened", reason="I see nothing.")
    return story


def test_an_answer_that_comes_after_people_settled_otherwise_is_kept() -> None:
    """A point of no return that was passed after all is known as such, is told, and reopens nothing by itself."""
    story = settled_as_not_happened()
    assert story.step("promote").passed_at is None
    assert story.bot(c.Applied, "promote") == ["LateAnswer"]
    step = story.step("promote")
    assert step.passed_at == step.attempts[-1].started_at
    assert (step.state, step.attempts[-1].outcome) == (StepState.FAILED, "answered_late")
    assert "it did happen" in step.reason
    assert "promote" in story.refusal(c.Undo(actor=by("alice"), run="R1", step="fence", reason="Back."))


def test_a_late_answer_is_kept_though_the_step_was_tried_again() -> None:
    """It belongs to the attempt that it answers, and the one after it goes on."""
    story = settled_as_not_happened()
    story.person(c.Retry, "promote", "alice")
    assert story.bot(c.Applied, "promote", attempt=1) == ["LateAnswer"]
    step = story.step("promote")
    assert (step.state, step.attempt, step.attempts[0].refused) == (StepState.READY, 2, False)


def test_a_late_answer_is_told_once() -> None:
    """What is known already is not recorded again."""
    story = settled_as_not_happened()
    story.bot(c.Applied, "promote")
    assert "has ended" in story.refusal(c.Applied(run="R1", step="promote", attempt=1))
