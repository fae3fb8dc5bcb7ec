"""Approvals: distinct, eligible, unexpired people who agree to exactly what is shown. An attack counts for nothing."""

from datetime import timedelta

import pytest

from bot.domain import commands as c
from bot.domain.approvals import Standing, rule_for
from bot.domain.decisions import gates
from bot.domain.runbook import StepApproval
from bot.domain.timeline import BOT
from bot.domain.transitions import StepState
from tests.unit.builders import (
    PROOF,
    Story,
    a_plan,
    action,
    approval_defaults,
    bounded_plan,
    by,
    empty_plan,
    manual,
    recovery_plan,
    to_promotion,
    underway,
    unmet_plan,
)


def shown() -> Story:
    """The promotion is shown: it needs two of bob, carol, dave and erin; alice declared and started."""
    story = to_promotion()
    story.show("promote")
    return story


# --- the rule ---------------------------------------------------------------------------------------------------------


def test_a_step_can_only_sharpen_the_plans_rule() -> None:
    """More approvers, more exclusions, shorter times: the stricter of plan and step counts, one by one."""
    defaults = recovery_plan(
        approvals=approval_defaults(required=2, exclude=["declarer"], expire={"approval": "20m", "execution": "5m"})
    ).approvals
    asked = StepApproval.model_validate(
        {"required": 1, "exclude": ["requester"], "expire": {"approval": "1h", "execution": "1m"}}
    )
    rule = rule_for(defaults, asked)
    assert (rule.required, rule.exclude) == (2, ("declarer", "requester"))
    assert (rule.approval_expires, rule.execution_expires) == (timedelta(minutes=20), timedelta(minutes=1))


def test_two_distinct_people_release_the_step() -> None:
    """One approval is too few, a second person's makes it start."""
    story = shown().approve("promote", "bob")
    assert "1 approval" in story.refusal(story.beginning("promote"))
    story.approve("promote", "carol")
    assert story.begin("promote") == ["StepStarted"]
    assert story.step("promote").attempts[-1].approved_by == ("bob", "carol")


def test_one_person_counts_once() -> None:
    """A second approval of the same person is refused, and names who is still missing."""
    story = shown().approve("promote", "bob")
    assert "approved this plan already" in story.refusal(story.approval("promote", "bob"))
    assert "Carol" in story.refusal(story.approval("promote", "bob"))
    assert story.step("promote").missing == 1


def test_two_clicks_of_one_person_are_one() -> None:
    """While one click waits for its look-up, another click or a signature of the same person is refused."""
    story = shown()
    story.click("promote", "bob")
    assert "being checked" in story.refusal(story.approval("promote", "bob"))


@pytest.mark.parametrize("person", ["alice", "frank", "mallory"])
def test_people_who_may_not_approve_are_refused(person: str) -> None:
    """The declarer, somebody of another team and a stranger: refused, by signature at once."""
    story = shown()
    assert story.refusal(story.approval("promote", person))


@pytest.mark.parametrize("person", ["alice", "frank"])
def test_clicks_of_people_who_may_not_approve_do_not_count(person: str) -> None:
    """A click is looked up first; even a favourable look-up does not help against the rule."""
    story = shown()
    offer = story.click("promote", person)
    assert story.judge("promote", offer) == ["ApprovalRejected"]
    assert story.step("promote").missing == 2


def test_failed_look_up_rejects() -> None:
    """When the person can't be looked up, the approval does not count."""
    story = shown()
    offer = story.click("promote", "bob")
    assert story.judge("promote", offer, Standing(eligible=False, reason="Slack does not answer.")) == [
        "ApprovalRejected"
    ]
    assert story.step("promote").approved_by == ()


def test_click_counts_only_once_it_is_judged() -> None:
    """Two clicks whose look-ups have not answered release nothing."""
    story = shown()
    for person in ("bob", "carol"):
        story.click("promote", person)
    assert "2 approvals" in story.refusal(story.beginning("promote"))


def test_requester_is_not_an_approver() -> None:
    """Who started the run can't approve its steps, though somebody else declared the incident."""
    story = Story().declare("frank")
    story.start("bob")
    story.done("assess")
    story.show("fence")
    assert "You asked for it" in story.refusal(story.approval("fence", "bob"))
    assert story.step("fence").waits_for == ("alice", "carol", "dave", "erin")


def test_refusal_names_only_the_exclusions_of_the_rule() -> None:
    """Where nobody is excluded the refusal does not speak of declaring or asking."""
    plan = recovery_plan(approvals=approval_defaults(exclude=[]))
    story = underway(action("a"), plan=plan)
    story.show("a")
    refusal = story.refusal(story.approval("a", "frank"))
    assert "declared" not in refusal
    assert "You are not in approvers" in refusal


def test_unknown_team_is_nobody() -> None:
    """A rule whose team the recovery plan has lost lets nobody approve or decline, and says so."""
    story = shown()
    teams = {"leads": {"members": ["alice", "bob"]}, "others": {"members": ["frank"]}}
    story.plan = recovery_plan(teams=teams, approvals=approval_defaults(approvers="leads"))
    assert "nobody" in story.refusal(story.approval("promote", "bob"))
    assert story.refusal(
        c.Decline(actor=by("bob"), run="R1", step="promote", digest=story.step("promote").digest, reason="No.")
    )


# --- edit, retry, start again: who is the requester ---------------------------------------------------------------------


def test_edit_then_approve() -> None:
    """Whoever changes a parameter voids the approvals and can't approve the result, nor can a later editor free them."""
    story = underway(action("a", with_={"weight": 1}, approval={"required": 2}))
    story.show("a")
    story.approve("a", "bob")
    story.person(c.Replan, "a", "carol", changes={"weight": 100})
    story.show("a", a_plan(parameters={"weight": 100}))
    assert story.step("a").approved_by == ()
    assert "You asked for it" in story.refusal(story.approval("a", "carol"))
    story.person(c.Replan, "a", "erin", changes={})
    story.show("a", a_plan(parameters={"weight": 100}))
    assert "You asked for it" in story.refusal(story.approval("a", "carol"))
    assert story.step("a").waits_for == ("bob", "dave")


def test_retry_makes_its_author_the_requester() -> None:
    """Who retries a failed step can't approve the next attempt."""
    story = to_promotion().launch("promote", "bob", "carol")
    story.bot(c.NotDone, "promote", reason="Access denied.")
    story.person(c.Retry, "promote", "dave")
    story.show("promote")
    assert "You asked for it" in story.refusal(story.approval("promote", "dave"))


def test_start_after_a_decline_leaves_the_requester() -> None:
    """Start and Look again don't change who the requester is."""
    story = shown()
    story.person(c.Decline, "promote", "carol", digest=story.step("promote").digest, reason="Not yet.")
    story.person(c.Retry, "promote", "dave")
    assert story.step("promote").requester == "alice"


# --- replays, stale buttons, races ----------------------------------------------------------------------------------------


def test_stale_button_does_not_count() -> None:
    """An approval of a plan that was replaced is refused; the newer plan lacks as many as before."""
    story = shown()
    old = story.step("promote").digest
    story.person(c.Replan, "promote", "alice")
    story.show("promote")
    assert story.step("promote").digest != old
    assert "has changed" in story.refusal(story.approval("promote", "bob", digest=old))


def test_offer_of_an_old_plan_is_gone_with_it() -> None:
    """A click whose look-up answers after the plan was replaced counts for nothing."""
    story = shown()
    offer = story.click("promote", "bob")
    story.person(c.Replan, "promote", "alice")
    story.show("promote")
    assert "no longer waits" in story.refusal(
        c.JudgeOffer(run="R1", step="promote", offer=offer, standing=Standing(eligible=True))
    )


def test_judged_offer_is_not_judged_twice() -> None:
    """A look-up that answers twice counts once."""
    story = shown()
    offer = story.click("promote", "bob")
    assert story.judge("promote", offer) == ["ApprovalGiven"]
    assert "no longer waits" in story.refusal(
        c.JudgeOffer(run="R1", step="promote", offer=offer, standing=Standing(eligible=True))
    )


def test_a_start_does_not_wait_for_clicks_that_nobody_needs() -> None:
    """What runs already takes no more approvals, and asks for nobody to be looked up."""
    story = shown()
    late = story.click("promote", "dave")
    story.approve("promote", "bob", "carol")
    story.begin("promote")
    assert story.step("promote").offers == ()
    judged = c.JudgeOffer(run="R1", step="promote", offer=late, standing=Standing(eligible=True))
    assert "no longer waits" in story.refusal(judged)
    assert story.step("promote").approved_by == ("bob", "carol")


def test_no_click_is_looked_up_for_a_step_that_is_given_up() -> None:
    """Stopping the run ends what waits, and what was offered with it."""
    story = shown()
    story.click("promote", "dave")
    story.give(c.Stop(actor=by("alice"), run="R1", reason="It came back by itself."))
    assert (story.step("promote").state, story.step("promote").offers) == (StepState.CANCELED, ())


def test_approval_of_another_attempt_does_not_count() -> None:
    """The next attempt of the same step with the same plan has another digest."""
    story = to_promotion().launch("promote", "bob", "carol")
    old = story.step("promote").digest
    story.bot(c.NotDone, "promote", reason="Access denied.")
    story.person(c.Retry, "promote", "alice")
    story.show("promote")
    assert "has changed" in story.refusal(story.approval("promote", "bob", digest=old))


def test_approval_of_another_incidents_step_does_not_count() -> None:
    """The same step with the same plan in another incident has another digest."""
    digests = set()
    for number in ("INC-7", "INC-8"):
        story = shown()
        run, step = story.run(), story.step("promote")
        from_there = story.incident.__class__(**{**story.incident.__dict__, "id": number})
        digests.add(gates.digest_of(from_there, run, step, a_plan(), step.generation, step.rule, ()))
    assert len(digests) == 2


def test_approval_releases_one_attempt_and_nothing_else() -> None:
    """After a retry every approval has to be given again."""
    story = to_promotion().launch("promote", "bob", "carol")
    story.bot(c.NotDone, "promote", reason="Access denied.")
    story.person(c.Retry, "promote", "alice")
    story.show("promote")
    assert story.step("promote").missing == 2


# --- withdraw and decline -------------------------------------------------------------------------------------------------


def test_withdrawn_approval_is_gone() -> None:
    """Before the start an approval can be taken back, and given again."""
    story = shown().approve("promote", "bob")
    assert story.person(c.Withdraw, "promote", "bob") == ["ApprovalWithdrawn"]
    assert story.step("promote").missing == 2
    assert "no approval" in story.refusal(c.Withdraw(actor=by("bob"), run="R1", step="promote"))
    story.approve("promote", "bob", "carol")
    assert story.begin("promote") == ["StepStarted"]


def test_click_can_be_withdrawn_before_it_is_judged() -> None:
    """A click taken back before its look-up has answered never counts."""
    story = shown()
    offer = story.click("promote", "bob")
    assert story.person(c.Withdraw, "promote", "bob") == ["ApprovalWithdrawn"]
    assert "no longer waits" in story.refusal(
        c.JudgeOffer(run="R1", step="promote", offer=offer, standing=Standing(eligible=True))
    )


def test_withdrawing_one_too_many_leaves_the_rule_met() -> None:
    """With three of two approvals, one taken back changes nothing: it stays met, since the same moment."""
    story = shown().approve("promote", "bob", "carol", "dave")
    met_at = story.step("promote").met_at
    story.later(minutes=1)
    story.person(c.Withdraw, "promote", "dave")
    assert story.step("promote").met_at == met_at


def test_approval_after_a_withdrawal_is_a_new_occasion() -> None:
    """What waits for the rule to be met can tell the second time from the first."""
    story = shown().approve("promote", "bob", "carol")
    before = story.step("promote").changed_seq
    story.person(c.Withdraw, "promote", "carol")
    story.approve("promote", "dave")
    assert story.step("promote").changed_seq > before


def test_decline_stops_and_waits() -> None:
    """One no voids everything; the step is ready, and neither a plan nor a start comes before somebody starts it."""
    story = shown().approve("promote", "bob")
    digest = story.step("promote").digest
    declined = story.person(c.Decline, "promote", "carol", digest=digest, reason="Wrong replica.")
    assert declined == ["ApprovalDeclined", "StepReady"]
    step = story.step("promote")
    assert (step.state, step.waits_for_start, step.approvals) == (StepState.READY, True, ())
    assert "no longer waits" in story.refusal(
        c.ShowPlan(run="R1", step="promote", attempt=step.attempt, generation=step.generation, plan=a_plan())
    )
    assert story.refusal(story.beginning("promote"))
    story.person(c.Retry, "promote", "dave")
    story.show("promote")
    assert story.step("promote").missing == 2


def test_decline_needs_a_reason_and_a_right() -> None:
    """Without a reason, or from somebody who neither approves nor leads, a no is refused."""
    story = shown()
    digest = story.step("promote").digest
    refused = {"run": "R1", "step": "promote", "digest": digest}
    assert "reason is empty" in story.refusal(c.Decline(actor=by("bob"), reason=" ", **refused))
    assert story.refusal(c.Decline(actor=by("frank"), reason="No.", **refused))


# --- expiry ---------------------------------------------------------------------------------------------------------------


def test_time_to_approve_ends() -> None:
    """After 30 minutes nothing more is counted, and the step goes back and waits for a start."""
    story = shown().approve("promote", "bob")
    story.later(minutes=29, seconds=59)
    assert "has expired" in story.refusal(c.Expire(run="R1", step="promote"))
    story.later(seconds=1)
    assert "is over" in story.refusal(story.approval("promote", "carol"))
    assert story.bot(c.Expire, "promote") == ["ApprovalExpired", "StepReady"]
    assert story.step("promote").waits_for_start


def test_time_to_start_ends() -> None:
    """An approved plan that could not start within 10 minutes does not start any more."""
    story = shown().approve("promote", "bob", "carol")
    story.later(minutes=10)
    assert story.begin("promote") == ["ApprovalExpired", "StepReady"]
    assert story.step("promote").attempts == ()


def test_approved_plan_outlives_the_time_to_approve() -> None:
    """Met at the last moment, it still has its 10 minutes to start."""
    story = shown().approve("promote", "bob")
    story.later(minutes=29)
    story.approve("promote", "carol")
    story.later(minutes=9)
    assert story.begin("promote") == ["StepStarted"]


def test_click_is_judged_by_its_own_moment() -> None:
    """A click in time counts although its look-up answers too late; the timer waits for it."""
    story = shown().approve("promote", "bob")
    story.later(minutes=29, seconds=59)
    offer = story.click("promote", "carol")
    story.later(seconds=2)
    assert "has expired" in story.refusal(c.Expire(run="R1", step="promote"))
    assert story.judge("promote", offer) == ["ApprovalGiven"]
    assert story.begin("promote") == ["StepStarted"]


def test_an_approval_was_given_when_it_was_clicked() -> None:
    """The look-up takes its time; the record says when the person pressed Approve."""
    story = shown()
    clicked = story.now
    offer = story.click("promote", "bob")
    story.later(seconds=20)
    story.judge("promote", offer)
    assert story.step("promote").approvals[0].given_at == clicked


def test_timer_that_waited_for_a_look_up_runs_out_with_it() -> None:
    """The last look-up after the time that leaves too few ends the wait at once."""
    story = shown()
    story.later(minutes=29, seconds=59)
    offer = story.click("promote", "carol")
    story.later(seconds=2)
    assert story.judge("promote", offer) == ["ApprovalGiven", "ApprovalExpired", "StepReady"]


def test_withdrawal_after_the_time_ends_the_wait() -> None:
    """A click in time that is taken back after the time leaves nothing to wait for."""
    story = shown()
    story.later(minutes=29, seconds=59)
    story.click("promote", "carol")
    story.later(seconds=2)
    assert story.person(c.Withdraw, "promote", "carol") == ["ApprovalWithdrawn", "ApprovalExpired", "StepReady"]


# --- at the start -----------------------------------------------------------------------------------------------------------


def test_changed_plan_voids() -> None:
    """A fresh plan that differs voids every approval and is shown instead; nothing starts."""
    story = shown().approve("promote", "bob", "carol")
    other = a_plan(target="customers-east-2")
    assert story.begin("promote", other) == ["ApprovalsVoided", "StepPlanned"]
    assert (story.step("promote").missing, story.step("promote").plan) == (2, other)


@pytest.mark.parametrize("loss", [300.5, None])
def test_bound_that_is_left_voids(loss: float | None) -> None:
    """More lost data than was approved, or an unknown amount, voids; less does not."""
    story = to_promotion()
    story.show("promote", bounded_plan(100))
    story.approve("promote", "bob", "carol")
    assert story.begin("promote", bounded_plan(loss))[0] == "ApprovalsVoided"


def test_figure_within_its_bound_starts() -> None:
    """Figures that move within what was approved void nothing."""
    story = to_promotion()
    story.show("promote", bounded_plan(100))
    story.approve("promote", "bob", "carol")
    assert story.begin("promote", bounded_plan(300)) == ["StepStarted"]


@pytest.mark.parametrize("holds", [False, None])
def test_precondition_that_fails_at_the_start_blocks(holds: bool | None) -> None:
    """What no longer holds, or can't be known, blocks in spite of approvals."""
    story = shown().approve("promote", "bob", "carol")
    assert story.begin("promote", unmet_plan(holds)) == ["ApprovalsVoided", "StepBlocked"]


def test_plan_that_has_become_needless_does_not_run_under_old_approvals() -> None:
    """What somebody else did meanwhile is shown as nothing to do, and ends as such."""
    story = shown().approve("promote", "bob", "carol")
    assert story.begin("promote", empty_plan()) == ["ApprovalsVoided", "StepPlanned"]
    assert story.begin("promote", empty_plan()) == ["StepStarted", "StepApplied"]
    assert story.look("promote")[0] == "StepCompleted"
    assert story.step("promote").outcome == "nothing_to_do"


def test_approver_who_can_not_be_confirmed_is_dropped() -> None:
    """The executor's fresh look at each approver comes before the start."""
    story = shown().approve("promote", "bob", "carol")
    assert story.begin("promote", unconfirmed={"carol": "The account is deactivated."}) == ["ApprovalRejected"]
    assert story.refusal(story.beginning("promote"))
    story.approve("promote", "dave")
    assert story.begin("promote") == ["StepStarted"]


def test_approver_who_left_the_team_is_dropped() -> None:
    """Membership is read live: who is no longer in the team when it starts does not count, whatever the look-up says."""
    story = shown().approve("promote", "bob", "carol")
    teams = {**recovery_plan().model_dump(mode="json")["teams"], "approvers": {"members": ["bob", "dave", "erin"]}}
    story.plan = recovery_plan(teams=teams)
    assert story.begin("promote") == ["ApprovalRejected"]
    assert story.step("promote").approved_by == ("bob",)


def test_lowered_quorum_does_not_ease_a_plan_that_waits() -> None:
    """The rule is pinned when the plan is shown; another recovery plan does not change how many it takes, nor of whom."""
    story = underway(action("a"), plan=recovery_plan(approvals=approval_defaults(required=2)))
    story.show("a")
    story.plan = recovery_plan(approvals=approval_defaults(required=1, approvers="others"))
    story.approve("a", "bob")
    assert story.step("a").missing == 1
    assert story.refusal(story.approval("a", "frank"))


def test_settling_keeps_to_the_rule_that_was_pinned() -> None:
    """What two people released takes two people to settle, though the recovery plan asks for fewer now."""
    story = underway(action("a"), plan=recovery_plan(approvals=approval_defaults(required=2)))
    story.launch("a", "bob", "carol")
    story.bot(c.Doubt, "a", reason="It timed out.")
    story.plan = recovery_plan()
    assert story.person(c.Settle, "a", "bob", outcome="happened", reason="I looked.") == ["VoiceGiven"]
    assert story.person(c.Settle, "a", "dave", outcome="happened", reason="So did I.") == ["VoiceGiven", "StepSettled"]


def test_step_that_needs_nobody_starts_at_once() -> None:
    """An action that changes nothing that matters is shown and started in one breath."""
    story = underway(action("a", "tell"))
    assert story.begin("a") == ["StepPlanned", "StepStarted"]


def test_gated_step_is_only_shown_at_first() -> None:
    """A gated step that is begun without a shown plan is shown, and waits."""
    story = underway(action("a"))
    assert story.begin("a") == ["StepPlanned"]
    assert story.step("a").state is StepState.PENDING_APPROVAL


def test_approval_in_the_runbook_gates_any_action() -> None:
    """A step with an approval of its own waits, though its action would need none."""
    story = underway(action("a", "tell", approval={"required": 1}))
    assert story.begin("a") == ["StepPlanned"]


def test_manual_steps_and_checks_are_never_planned() -> None:
    """The bot can't show a plan of what a person does, nor begin it."""
    story = underway(manual("a"))
    assert "no longer waits" in story.refusal(
        c.ShowPlan(actor=BOT, run="R1", step="a", attempt=1, generation=0, plan=a_plan())
    )
    assert "can't begin" in story.refusal(story.beginning("a"))


def test_signature_is_kept_with_the_approval() -> None:
    """An executor finds what was signed, to check it again."""
    story = shown().approve("promote", "bob")
    assert story.step("promote").approvals[0].proof == PROOF
