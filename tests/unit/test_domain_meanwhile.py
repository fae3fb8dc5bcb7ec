"""What may happen between a look, an approval and the call that follows."""

import pytest

from bot.domain import commands as c
from bot.domain.changes import Plan
from bot.domain.errors import Refused
from bot.domain.transitions import RunState, StepState
from tests.unit.builders import (
    FAILS,
    PROOF,
    RISK,
    TARGET,
    UNKNOWN,
    Story,
    a_plan,
    action,
    by,
    manual,
    to_promotion,
    underway,
)


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


# --- what an attempt leaves behind ------------------------------------------------------------------------------------


def saving(weight: str) -> Plan:
    """The plan that found this weight."""
    return a_plan(saved={"weight": weight})


def test_the_way_back_of_a_retry_leads_to_where_the_first_attempt_began(story: Story) -> None:
    """The second attempt finds what the first one left half done; the undo knows the state before both."""
    story.launch("a", "carol", "dave", plan=saving("0"))
    story.bot(c.Applied, "a")
    story.look("a", FAILS, late=True)
    story.person(c.Retry, "a", "alice")
    story.launch("a", "bob", "dave", plan=saving("50"))
    assert story.step("a").done_plan == saving("0")


def test_the_way_back_leads_to_what_was_found_after_a_refused_attempt(story: Story) -> None:
    """An attempt that was refused for certain changed nothing; what was changed since is not taken back."""
    story.launch("a", "carol", "dave", plan=saving("0"))
    story.bot(c.NotDone, "a", reason="Access denied.")
    story.person(c.Retry, "a", "alice")
    story.launch("a", "bob", "dave", plan=saving("50"))
    assert story.step("a").done_plan == saving("50")


def test_the_way_back_begins_anew_on_other_targets(story: Story) -> None:
    """What one target held before is nothing to bring back on another."""
    story.launch("a", "carol", "dave", plan=saving("0"))
    story.bot(c.Applied, "a")
    story.look("a", FAILS, late=True)
    story.person(c.Replan, "a", "alice")
    elsewhere = a_plan(saved={"weight": "50"}, targets=("111111111111/us-east-1/record/other",))
    story.launch("a", "bob", "dave", plan=elsewhere)
    assert story.step("a").done_plan == elsewhere


def test_the_way_back_begins_anew_after_an_undo(story: Story) -> None:
    """What was brought back is not brought back again."""
    story.execute("a", "carol", "dave", plan=saving("0"))
    story.undone("a", "carol", "dave")
    story.person(c.Retry, "a", "alice")
    story.launch("a", "bob", "dave", plan=saving("50"))
    assert story.step("a").done_plan == saving("50")


def unproven(story: Story) -> Story:
    """The first step was done, and nobody can know whether it holds."""
    story.launch("a", "carol", "dave")
    story.bot(c.Applied, "a")
    story.look("a", UNKNOWN, late=True)
    return story


def test_an_attempt_that_ended_blocked_runs_no_more(story: Story) -> None:
    """The record says how it ended, and later what people made of it."""
    unproven(story)
    attempt = story.step("a").attempts[-1]
    assert (attempt.outcome, attempt.ended_at) == ("blocked", story.now)
    for person in ("bob", "carol", "dave"):
        story.person(c.AcceptRisk, "a", person, reason="The plug is pulled.")
    assert story.step("a").attempts[-1].outcome == "unproven"


def test_a_declined_undo_leaves_the_attempt_that_ended_blocked_as_it_was(story: Story) -> None:
    """It is no attempt of the undo."""
    unproven(story)
    story.person(c.Undo, "a", "alice", reason="Take it back.")
    story.show("a")
    story.person(c.Decline, "a", "carol", digest=story.step("a").digest, reason="Not now.")
    assert [attempt.outcome for attempt in story.step("a").attempts] == ["blocked"]


def test_an_undo_accepts_no_risk_beforehand(story: Story) -> None:
    """What was accepted was accepted for the way there."""
    risky = a_plan(risks=(RISK,))
    story.show("a", risky)
    story.person(c.AcceptRisk, "a", "alice", reason="There is no other way.")
    story.show("a", risky)
    story.approve("a", "bob", "carol", "dave")
    story.begin("a", risky)
    story.bot(c.Applied, "a")
    story.look("a")
    story.person(c.Undo, "a", "alice", reason="It was wrong.")
    assert story.step("a").accepted_risks == ()
    assert story.show("a", risky) == ["UndoFailed"]


def test_a_replan_says_that_it_voids_what_was_approved(story: Story) -> None:
    """Approvals never disappear without a line in the timeline."""
    story.show("a")
    story.approve("a", "carol")
    assert story.person(c.Replan, "a", "alice") == ["ApprovalsVoided", "StepReplanned"]


def test_a_turn_that_comes_again_says_that_it_voids_what_was_approved() -> None:
    """What the step needs was undone and done again: it is planned anew, and what was approved is void."""
    story = underway(action("a"), action("b", approval={"required": 2}))
    story.execute("a", "carol")
    story.show("b")
    story.approve("b", "carol", "dave")
    story.undone("a", "carol")
    story.person(c.Retry, "a", "alice")
    story.launch("a", "carol")
    story.bot(c.Applied, "a")
    assert story.look("a") == ["StepCompleted", "ApprovalsVoided", "StepReady"]
