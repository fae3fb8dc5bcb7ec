"""Going on all the same: accepted risks, several people's word, broken glass."""

from typing import Any

import pytest

from bot.domain import commands as c
from bot.domain.changes import Risk, risks_fingerprint
from bot.domain.model import replace
from bot.domain.transitions import StepState
from bot.domain.waiting import waits
from tests.unit.builders import (
    FAILS,
    PROOF,
    RISK,
    TARGET,
    UNKNOWN,
    Story,
    a_plan,
    action,
    approval_defaults,
    by,
    check,
    manual,
    recovery_plan,
    to_promotion,
    underway,
)

REASON = "The office is burning."
RISKY = a_plan(risks=(RISK,))
OTHER = Risk(name="fence", text="the old primary may still take writes")


def risky() -> Story:
    """The promotion's plan names a risk, so the step is blocked."""
    story = to_promotion()
    story.show("promote", RISKY)
    return story


def taken() -> Story:
    """The risk was accepted, and the fresh plan is shown."""
    story = risky()
    accept(story, "promote", "alice")
    story.show("promote", RISKY)
    return story


def accept(story: Story, step: str, person: str) -> list[str]:
    return story.person(c.AcceptRisk, step, person, reason="Nothing was acknowledged after it.")


def accepting(step: str, person: str) -> c.AcceptRisk:
    return c.AcceptRisk(actor=by(person), run="R1", step=step, reason="Nothing was acknowledged after it.")


# --- risks of a plan --------------------------------------------------------------------------------------------------


def test_named_risk_blocks() -> None:
    """A plan with a risk is not shown for approval; the step says what the risk is."""
    story = risky()
    step = story.step("promote")
    assert (step.state, step.risks, step.finding) == (StepState.BLOCKED, (RISK,), RISK.text)
    assert "nothing to approve" in story.refusal(story.approval("promote", "bob"))
    assert story.refusal(story.beginning("promote"))


def test_accepted_risk_takes_one_approver_more() -> None:
    """The commander may accept it, though she declared; then three of the others must approve instead of two."""
    story = risky()
    assert accept(story, "promote", "alice") == ["RiskAccepted", "StepReady"]
    assert story.show("promote", RISKY) == ["StepPlanned"]
    story.approve("promote", "bob", "carol")
    assert "1 approval" in story.refusal(story.beginning("promote"))
    story.approve("promote", "dave")
    assert story.begin("promote", RISKY) == ["StepStarted"]


def test_the_plan_says_how_many_more() -> None:
    """`accept_risk.extra` of the recovery plan is what a risk costs."""
    plan = recovery_plan(approvals=approval_defaults(accept_risk={"extra": 2}))
    story = underway(action("a"), plan=plan)
    story.show("a", a_plan(risks=(RISK,)))
    accept(story, "a", "bob")
    story.show("a", RISKY)
    assert story.step("a").missing == 3


def test_risk_of_an_ungated_step_takes_its_rule_too() -> None:
    """An action that needs nobody needs its rule and one approver more once a risk was accepted."""
    story = underway(action("a", "tell"))
    assert story.begin("a", a_plan(risks=(RISK,))) == ["StepBlocked"]
    accept(story, "a", "alice")
    assert story.begin("a", RISKY) == ["StepPlanned"]
    assert story.step("a").missing == 2
    assert story.refusal(story.beginning("a"))


@pytest.mark.parametrize("person", ["frank", "mallory"])
def test_risk_is_accepted_by_those_who_may(person: str) -> None:
    """Neither somebody outside of the rule's team nor a stranger can accept a risk."""
    assert risky().refusal(accepting("promote", person))


def test_acceptance_needs_a_reason() -> None:
    """A risk is accepted with a reason."""
    command = c.AcceptRisk(actor=by("bob"), run="R1", step="promote", reason=" ")
    assert "reason is empty" in risky().refusal(command)


def test_new_risk_at_the_start_blocks_again() -> None:
    """A risk that nobody has accepted, found by the fresh plan, voids the approvals; both count as accepted in the end."""
    story = taken().approve("promote", "bob", "carol", "dave")
    both = a_plan(risks=(RISK, OTHER))
    assert story.begin("promote", both) == ["ApprovalsVoided", "StepBlocked"]
    assert story.step("promote").risks == (OTHER,)
    accept(story, "promote", "alice")
    assert story.step("promote").accepted_risks == (RISK, OTHER)
    story.show("promote", both)
    story.approve("promote", "bob", "carol", "dave")
    assert story.begin("promote", both) == ["StepStarted"]


def test_looking_again_forgets_what_was_accepted() -> None:
    """A new start of the step names the risks anew."""
    story = taken()
    digest = story.step("promote").digest
    story.person(c.Decline, "promote", "bob", digest=digest, reason="Wait for the log.")
    story.person(c.Retry, "promote", "alice")
    assert story.show("promote", a_plan(risks=(RISK,))) == ["StepBlocked"]


def test_action_without_a_plan_is_never_accepted_as_done() -> None:
    """A step that was blocked before it had a plan is planned, not completed, once its risk was accepted."""
    story = to_promotion()
    story.bot(c.Block, "promote", reason="Blocked.", risks=(RISK,))
    assert accept(story, "promote", "bob") == ["RiskAccepted", "StepReady"]
    assert story.step("promote").state is StepState.READY


def test_an_accepted_risk_brings_the_executors_rule_and_a_fresh_plan() -> None:
    """Who accepts a risk beside an outdated recovery plan brings neither its rule nor the plan that was seen then."""
    story = risky()
    ours, story.plan = story.plan, recovery_plan(approvals=approval_defaults(accept_risk={"extra": 5}))
    accept(story, "promote", "alice")
    assert (story.step("promote").plan, story.step("promote").rule) == (None, None)
    story.plan = ours
    story.show("promote", a_plan(risks=(RISK,), target="customers-east-2"))
    assert story.step("promote").missing == 3
    assert story.step("promote").plan == a_plan(risks=(RISK,), target="customers-east-2")


def test_a_fresh_plan_with_another_risk_blocks_again() -> None:
    """Only what was named when the risk was accepted is accepted."""
    story = risky()
    accept(story, "promote", "alice")
    assert story.show("promote", a_plan(risks=(RISK, OTHER))) == ["StepBlocked"]
    assert story.step("promote").risks == (OTHER,)


def test_each_risk_keeps_who_took_it() -> None:
    """Who accepts another risk later has not accepted the first, and their reason is for theirs alone."""
    story = risky()
    accept(story, "promote", "alice")
    story.show("promote", a_plan(risks=(RISK, OTHER)))
    story.give(replace(accepting("promote", "bob"), reason="It was seen to stop."))
    taken = [(taken.risk, taken.people) for taken in story.step("promote").taken_risks]
    assert taken == [(RISK, ("alice",)), (OTHER, ("bob",))]
    assert story.step("promote").taken_risks[0].reason == "Nothing was acknowledged after it."


def test_only_the_risks_that_were_read_are_accepted() -> None:
    """Who read of one risk has not accepted the one that another look has found since."""
    story = risky()
    read = risks_fingerprint(story.step("promote").risks)
    story.person(c.Retry, "promote", "bob")
    story.show("promote", a_plan(risks=(OTHER,)))
    assert "Nothing was accepted" in story.refusal(replace(accepting("promote", "alice"), shown=read))
    now = risks_fingerprint((OTHER,))
    assert "RiskAccepted" in story.types(replace(accepting("promote", "alice"), shown=now))


# --- the risk of what was asked or done -----------------------------------------------------------------------------------


def test_checks_risk_takes_the_rule_and_one_more() -> None:
    """A check that can't know is blocked; two distinct people's word completes it under the default rule of one."""
    story = underway(check("fit"), manual("next"))
    story.begin("fit")
    assert story.look("fit", UNKNOWN, late=True) == ["StepBlocked"]
    assert accept(story, "fit", "bob") == ["VoiceGiven"]
    assert "already" in story.refusal(accepting("fit", "bob"))
    assert "You declared it" in story.refusal(accepting("fit", "alice"))
    assert accept(story, "fit", "carol") == ["VoiceGiven", "RiskAccepted", "StepCompleted", "StepReady"]
    assert story.step("fit").outcome == "risk_accepted"


def test_check_that_measured_false_is_no_risk() -> None:
    """What does not hold has failed: there is nothing to accept."""
    story = underway(check("fit"))
    story.begin("fit")
    assert story.look("fit", FAILS, late=True) == ["StepFailed"]
    assert "no risk to accept" in story.refusal(accepting("fit", "bob"))


def test_unproven_fence_completes_as_unproven() -> None:
    """A fence that was made and can't be proven is blocked; accepted by as many as the risk takes it is `unproven`."""
    story = underway(action("fence", "fence"))
    story.launch("fence", "bob")
    story.bot(c.Applied, "fence")
    assert story.look("fence", UNKNOWN, late=True) == ["StepBlocked"]
    assert accept(story, "fence", "bob") == ["VoiceGiven"]
    assert accept(story, "fence", "carol")[:3] == ["VoiceGiven", "RiskAccepted", "StepCompleted"]
    assert (story.step("fence").outcome, story.step("fence").state) == ("unproven", StepState.COMPLETED)


def test_words_are_given_for_one_finding() -> None:
    """Looking again takes back every word that was given."""
    story = underway(check("fit"))
    story.begin("fit")
    story.look("fit", UNKNOWN, late=True)
    accept(story, "fit", "bob")
    story.person(c.Retry, "fit", "alice")
    story.begin("fit")
    story.look("fit", UNKNOWN, late=True)
    assert accept(story, "fit", "carol") == ["VoiceGiven"]


def test_word_of_who_has_left_does_not_count() -> None:
    """Words are counted among those who may give one when the last is given."""
    story = underway(check("fit"))
    story.begin("fit")
    story.look("fit", UNKNOWN, late=True)
    accept(story, "fit", "bob")
    teams = {**recovery_plan().model_dump(mode="json")["teams"], "approvers": {"members": ["carol", "dave"]}}
    story.plan = recovery_plan(teams=teams)
    assert accept(story, "fit", "carol") == ["VoiceGiven"]
    assert accept(story, "fit", "dave")[-1] == "StepCompleted"


# --- skipping and settling by word ----------------------------------------------------------------------------------------


def test_gated_step_is_skipped_by_its_rule() -> None:
    """Skipping a step that needs two approvals takes two people's word, given for the same."""
    story = to_promotion()
    story.show("promote")
    assert story.person(c.Skip, "promote", "bob", reason=REASON) == ["VoiceGiven"]
    assert "already" in story.refusal(c.Skip(actor=by("bob"), run="R1", step="promote", reason=REASON))
    assert story.refusal(c.Skip(actor=by("alice"), run="R1", step="promote", reason=REASON))
    assert story.person(c.Skip, "promote", "carol", reason=REASON) == ["VoiceGiven", "StepSkipped"]


def test_settling_takes_no_more_for_the_risk() -> None:
    """What three approved because of a risk is settled under the step's own rule of two."""
    story = taken().approve("promote", "bob", "carol", "dave")
    story.begin("promote", RISKY)
    story.bot(c.Doubt, "promote", reason="It timed out.")
    story.person(c.Settle, "promote", "bob", outcome="happened", reason="I looked.")
    assert story.person(c.Settle, "promote", "erin", outcome="happened", reason="Me too.")[-1] == "StepSettled"


def test_opposite_words_do_not_add_up() -> None:
    """Somebody says that it happened and somebody that it did not: nothing is settled."""
    story = to_promotion().launch("promote", "bob", "carol")
    story.bot(c.Doubt, "promote", reason="It timed out.")
    story.person(c.Settle, "promote", "bob", outcome="happened", reason="I saw it.")
    assert story.person(c.Settle, "promote", "carol", outcome="not_happened", reason="I don't.") == ["VoiceGiven"]
    assert story.step("promote").state is StepState.IN_DOUBT


def in_doubt_again() -> tuple[Story, int]:
    """A call that was settled as not happened was tried again, and is in doubt again; the first attempt's number."""
    story = to_promotion().launch("promote", "bob", "carol")
    story.bot(c.Doubt, "promote", reason="It timed out.")
    first = story.step("promote").attempt
    for person in ("bob", "carol"):
        story.person(c.Settle, "promote", person, outcome="not_happened", reason="I looked.")
    story.person(c.Retry, "promote", "alice")
    story.launch("promote", "bob", "carol").bot(c.Doubt, "promote", reason="It timed out.")
    return story, first


@pytest.mark.parametrize(
    "word",
    [
        c.Settle(run="R1", step="promote", outcome="happened"),
        c.Skip(run="R1", step="promote", reason=REASON),
        c.Retry(run="R1", step="promote"),
        c.Withdraw(run="R1", step="promote"),
        c.Done(run="R1", step="promote"),
    ],
)
def test_a_word_on_one_attempt_says_nothing_of_the_next(word: c.StepWord) -> None:
    """What somebody saw of the first attempt is not recorded for the second."""
    story, first = in_doubt_again()
    late = replace(word, actor=by("bob"), attempt=first)
    assert "has gone on since you looked at it" in story.refusal(late)
    assert story.step("promote").voices == ()


def test_a_word_on_the_present_attempt_counts() -> None:
    """The attempt that is in doubt now is settled by who looked at it."""
    story, first = in_doubt_again()
    settle = c.Settle(actor=by("bob"), run="R1", step="promote", attempt=first + 1, outcome="happened")
    assert story.types(settle) == ["VoiceGiven"]


def test_a_word_on_an_older_plan_does_not_undo() -> None:
    """The undo asked for beside one plan of a step is not asked for beside another."""
    story = underway(action("dns", "switch"), manual("watch")).execute("dns", "bob")
    step = story.step("dns")
    undo = c.Undo(actor=by("bob"), run="R1", step="dns", reason=REASON, attempt=step.attempt)
    assert "has gone on" in story.refusal(replace(undo, generation=step.generation + 1))
    assert story.types(replace(undo, generation=step.generation)) == ["UndoRequested"]


def test_manual_step_is_skipped_by_one() -> None:
    """What a person does is skipped by any of the plan's people, with a reason."""
    story = underway(manual("a"), manual("b"))
    assert "reason is empty" in story.refusal(c.Skip(actor=by("frank"), run="R1", step="a", reason=""))
    assert story.person(c.Skip, "a", "frank", reason=REASON) == ["StepSkipped", "StepReady"]


# --- the glass --------------------------------------------------------------------------------------------------------------


def breaking(story: Story, person: str = "bob", **fields: Any) -> c.BreakGlass:
    given = {
        "digest": story.step("promote").digest,
        "reason": "Nobody else can be reached since 03:00.",
        "target": TARGET,
        **fields,
    }
    return c.BreakGlass(actor=by(person, via="slack"), run="R1", step="promote", **given)


def shown() -> Story:
    story = to_promotion()
    story.show("promote")
    return story


def test_glass_lets_one_person_go_on() -> None:
    """With a reason and the target typed, one of those who may starts it alone; the attempt says who."""
    story = shown()
    assert story.types(breaking(story)) == ["GlassBroken"]
    assert story.begin("promote") == ["StepStarted"]
    assert story.step("promote").attempts[-1].broken_glass_by == "bob"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"reason": "Too short a reason."}, "at least 20 characters"),
        ({"reason": " " * 30}, "at least 20 characters"),
        ({"target": "customers-west"}, f"Type exactly: {TARGET}"),
        ({"target": f"{TARGET} "}, f"Type exactly: {TARGET}"),
        ({"digest": "0" * 64}, "has changed"),
    ],
)
def test_glass_holds_against_the_careless(fields: dict[str, str], says: str) -> None:
    """A short reason, another target or another plan does not break it."""
    story = shown()
    assert says in story.refusal(breaking(story, **fields))


@pytest.mark.parametrize("person", ["carol", "frank", "mallory"])
def test_glass_is_not_for_everybody(person: str) -> None:
    """Only the teams that the recovery plan names may break it."""
    story = shown()
    assert story.refusal(breaking(story, person))


def test_glass_is_for_nobody_unless_named() -> None:
    """A recovery plan that names nobody lets nobody break it."""
    story = shown()
    story.plan = recovery_plan(approvals=approval_defaults(break_glass={}))
    assert "nobody" in story.refusal(breaking(story))


def test_glass_is_not_broken_often() -> None:
    """Somebody who has used up their times is refused."""
    story = shown()
    story.glass = 2
    assert "have somebody else approve" in story.refusal(breaking(story)).lower()


def test_glass_is_not_broken_twice() -> None:
    """Once it is broken, or enough have approved, there is nothing left to break."""
    story = shown()
    story.give(breaking(story))
    assert "Nothing more is needed" in story.refusal(breaking(story, "alice"))
    met = shown().approve("promote", "bob", "carol")
    assert "Nothing more is needed" in met.refusal(breaking(met, "alice"))


def test_glass_is_broken_for_one_plan() -> None:
    """A plan that has changed at the start is shown anew and needs its approvals."""
    story = shown()
    story.give(breaking(story))
    assert story.begin("promote", a_plan(target="customers-east-2")) == ["ApprovalsVoided", "StepPlanned"]
    assert story.step("promote").missing == 2


def test_glass_is_broken_for_one_attempt() -> None:
    """The next attempt needs its approvals."""
    story = shown()
    story.give(breaking(story))
    story.begin("promote")
    story.bot(c.NotDone, "promote", reason="Access denied.")
    story.person(c.Retry, "promote", "alice")
    story.show("promote")
    assert story.step("promote").missing == 2


def test_broken_glass_runs_out() -> None:
    """Going on alone has the same time to start as an approved plan."""
    story = shown()
    story.give(breaking(story))
    story.later(minutes=10)
    assert story.begin("promote") == ["ApprovalExpired", "StepReady"]


def test_glass_of_who_may_no_longer_does_not_count() -> None:
    """Whoever has left the teams that may break it does not go on alone."""
    story = shown()
    story.give(breaking(story))
    story.plan = recovery_plan(approvals=approval_defaults(break_glass={"allowed": ["others"]}))
    assert story.begin("promote") == ["ApprovalRejected"]
    assert story.step("promote").missing == 2


def test_risk_is_accepted_before_the_glass_is_broken() -> None:
    """A blocked step shows no plan to go on with: the risk has to be named and taken first."""
    story = risky()
    assert story.refusal(breaking(story))
    accept(story, "promote", "bob")
    story.show("promote", RISKY)
    assert story.types(breaking(story)) == ["GlassBroken"]


def in_doubt_behind_glass(person: str) -> Story:
    """This person went on alone, and nobody knows whether the call took effect."""
    story = shown()
    story.give(breaking(story, person))
    story.begin("promote")
    story.bot(c.Doubt, "promote", reason="It timed out.")
    return story


@pytest.mark.parametrize("person", ["alice", "bob"])
def test_who_broke_the_glass_settles_alone(person: str) -> None:
    """They carry the call, also where the rule would exclude them; the word and its proof are kept."""
    story = in_doubt_behind_glass(person)
    settling: dict[str, Any] = {"outcome": "not_happened", "reason": "I looked at the server.", "proof": PROOF}
    assert story.person(c.Settle, "promote", person, **settling) == ["VoiceGiven", "StepSettled"]
    assert story.step("promote").state is StepState.FAILED


def test_others_settle_behind_broken_glass_as_the_rule_says() -> None:
    """Only who broke it stands for it alone."""
    story = in_doubt_behind_glass("bob")
    assert story.person(c.Settle, "promote", "carol", outcome="happened", reason="I saw it.") == ["VoiceGiven"]


def test_who_may_break_no_glass_any_more_settles_as_the_rule_says() -> None:
    """Membership is read live."""
    story = in_doubt_behind_glass("bob")
    story.plan = recovery_plan(approvals=approval_defaults(break_glass={"allowed": ["others"]}))
    assert story.person(c.Settle, "promote", "bob", outcome="happened", reason="I saw it.") == ["VoiceGiven"]


def test_glass_is_not_broken_from_a_terminal_without_a_signature() -> None:
    """Nobody looks the person up there: only a signature says who they are."""
    story = shown()
    unsigned = replace(breaking(story), actor=by("bob"))
    assert "needs a signature" in story.refusal(unsigned)


def test_a_word_of_a_member_by_the_slack_group_counts_where_the_group_is_not_known() -> None:
    """They were looked up when they spoke; another process, or one that has just begun, has not read the group."""
    story = underway(check("fit")).launch("fit")
    teams = {"approvers": {"members": ["bob"], "slack_group": "S0DRTEAM"}, "leads": {"members": ["alice"]}}
    story.plan = recovery_plan(teams=teams)
    story.plan.join("approvers", ("carol",))
    story.look("fit", UNKNOWN, late=True)
    assert accept(story, "fit", "carol") == ["VoiceGiven"]
    story.plan = recovery_plan(teams=teams)
    assert "StepCompleted" in accept(story, "fit", "bob")


def test_a_word_of_who_left_the_plan_does_not_count_for_a_team_by_its_slack_group() -> None:
    """They may be in the group still; the recovery plan names them no more."""
    story = underway(check("fit")).launch("fit")
    teams = {"approvers": {"members": ["bob"], "slack_group": "S0DRTEAM"}, "leads": {"members": ["alice"]}}
    story.plan = recovery_plan(teams=teams)
    story.plan.join("approvers", ("carol", "dave"))
    story.look("fit", UNKNOWN, late=True)
    assert accept(story, "fit", "carol") == ["VoiceGiven"]
    people = {person: {"name": person.title()} for person in ("alice", "bob", "dave", "erin", "frank")}
    story.plan = recovery_plan(teams=teams, people=people)
    story.plan.join("approvers", ("dave",))
    assert accept(story, "fit", "bob") == ["VoiceGiven"]
    assert "StepCompleted" in accept(story, "fit", "dave")


def test_a_blocked_step_without_a_risk_names_the_ways_on() -> None:
    """The region that should answer is gone: nothing is there to accept, and the step can be gone without."""
    story = underway(action("fence", "fence"))
    story.bot(c.Block, "fence", reason="EC2 does not answer.")
    refusal = story.refusal(c.AcceptRisk(actor=by("bob"), run="R1", step="fence", reason="It is gone."))
    assert "Look again with: dr retry INC-7 R1/fence. To go on without it: dr skip INC-7 R1/fence" in refusal
    (wait,) = waits(story.incident, story.plan)
    assert wait.needs == "somebody to look again or skip it"
    story.skip("fence", "bob")
    assert story.states()["fence"] == "skipped"
