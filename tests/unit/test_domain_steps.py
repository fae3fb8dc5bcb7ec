"""One step: its plan, its one start for each attempt, what looks mean, doubt and its settlement."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain import commands as c
from bot.domain.approvals import Rule
from bot.domain.changes import Plan, Verdict
from bot.domain.decisions import gates
from bot.domain.transitions import StepState
from tests.unit.builders import (
    FAILS,
    HOLDS,
    UNKNOWN,
    Story,
    a_plan,
    action,
    by,
    check,
    empty_plan,
    manual,
    to_promotion,
    underway,
    unmet_plan,
)


def running() -> Story:
    """A gated action whose call is under way."""
    return underway(action("a"), manual("b")).launch("a", "bob")


def applied() -> Story:
    """A gated action whose call was answered."""
    story = running()
    story.bot(c.Applied, "a", result={"change": "C1"})
    return story


def doubtful() -> Story:
    """A gated action whose call may or may not have happened."""
    story = running()
    story.bot(c.Doubt, "a", reason="It timed out.")
    return story


# --- people -----------------------------------------------------------------------------------------------------------


def test_manual_step_is_done_in_its_turn() -> None:
    """Any of the plan's people says that it is done, once, and not before its turn."""
    story = underway(manual("a"), manual("b"), check("c"))
    assert "It waits for a" in story.refusal(c.Done(actor=by("frank"), run="R1", step="b"))
    assert story.person(c.Done, "a", "frank") == ["StepCompleted", "StepReady"]
    assert story.refusal(c.Done(actor=by("frank"), run="R1", step="a"))
    assert "no manual step" in story.refusal(c.Done(actor=by("frank"), run="R1", step="c"))


@pytest.mark.parametrize(("run", "step", "says"), [("R2", "a", "no run R2"), ("R1", "aa", "Did you mean a?")])
def test_unknown_places_are_refused(run: str, step: str, says: str) -> None:
    """A run or a step that is not there is refused by name, with what was meant."""
    assert says in underway(manual("a")).refusal(c.Done(actor=by("alice"), run=run, step=step))


def test_nothing_is_retried_that_goes_on_by_itself() -> None:
    """A step that is ready, runs or is completed offers no retry."""
    story = underway(action("a"))
    retry = c.Retry(actor=by("alice"), run="R1", step="a")
    assert "ready already" in story.refusal(retry)
    story.launch("a", "bob")
    assert "Wait until it has ended" in story.refusal(retry)
    story.bot(c.Doubt, "a", reason="It timed out.")
    assert "Settle it" in story.refusal(retry)


def test_retry_is_a_new_attempt() -> None:
    """After a start was recorded the next attempt has the next number; before, it keeps its own."""
    story = underway(action("a"))
    story.bot(c.Block, "a", reason="No answer.")
    assert story.person(c.Retry, "a", "alice") == ["StepReady"]
    assert story.step("a").attempt == 1
    story.launch("a", "bob")
    story.bot(c.NotDone, "a", reason="Access denied.")
    story.person(c.Retry, "a", "alice")
    assert story.step("a").attempt == 2


def test_looking_again_keeps_the_requester() -> None:
    """A blocked step that somebody looks at again still belongs to who asked for it."""
    story = underway(action("a"))
    story.bot(c.Block, "a", reason="No answer.")
    story.person(c.Retry, "a", "bob")
    assert story.step("a").requester == "alice"


def test_replan_takes_only_the_steps_own_parameters() -> None:
    """A parameter that the runbook does not have is refused; one that it has overrides it."""
    story = underway(action("a", with_={"weight": 1}), manual("m", needs=[]))
    assert "Did you mean weight?" in story.refusal(
        c.Replan(actor=by("bob"), run="R1", step="a", changes={"wieght": 100})
    )
    assert story.refusal(c.Replan(actor=by("bob"), run="R1", step="m"))
    story.person(c.Replan, "a", "bob", changes={"weight": 100})
    assert story.step("a").overrides == {"weight": 100}


@pytest.mark.parametrize("step", [check("a", with_={"rpo": "5m"}), action("a", "tell", with_={"rpo": "5m"})])
def test_what_nobody_approves_keeps_its_parameters(step: dict[str, Any]) -> None:
    """What would start again at once takes no other parameters from one person, but can be planned or asked anew."""
    story = underway(step)
    story.bot(c.Block, "a", reason="No answer.")
    refusal = story.refusal(c.Replan(actor=by("alice"), run="R1", step="a", changes={"rpo": "365d"}))
    assert "needs no approval, so its parameters stay as they are in its runbook" in refusal
    assert "Skip it as its rule allows: dr skip INC-7 R1/a" in refusal
    assert story.person(c.Replan, "a", "alice") == ["StepReplanned"]


# --- the start --------------------------------------------------------------------------------------------------------


def test_attempt_starts_once() -> None:
    """A second executor with the same attempt is refused."""
    story = underway(action("a"))
    story.show("a")
    story.approve("a", "bob")
    begin = story.beginning("a")
    story.give(begin)
    assert "begun already" in story.refusal(begin)
    story.bot(c.NotDone, "a", reason="Access denied.")
    assert "begun already" in story.refusal(begin)
    story.person(c.Retry, "a", "alice")
    assert story.refusal(begin)


def test_plan_of_another_attempt_or_generation_is_not_shown() -> None:
    """A plan that was made before somebody planned anew is not shown."""
    story = underway(action("a"))
    late = c.ShowPlan(run="R1", step="a", attempt=1, generation=0, plan=a_plan())
    story.show("a")
    assert "no longer waits" in story.refusal(late)
    story.person(c.Replan, "a", "alice")
    assert "no longer waits" in story.refusal(late)


@pytest.mark.parametrize(("holds", "reason"), [(False, "does not hold"), (None, "not known to hold")])
def test_precondition_blocks(holds: bool | None, reason: str) -> None:
    """A precondition that fails, or can't be known, blocks; looking again plans anew."""
    story = underway(action("a"))
    assert story.show("a", unmet_plan(holds)) == ["StepBlocked"]
    assert reason in story.step("a").reason
    story.person(c.Retry, "a", "alice")
    assert story.show("a") == ["StepPlanned"]


def test_nothing_to_do_needs_no_approval() -> None:
    """A plan that changes nothing is shown without a rule, makes no call, and is verified all the same."""
    story = underway(action("a"))
    story.show("a", empty_plan())
    assert (story.step("a").rule, story.step("a").missing) == (None, 0)
    assert story.begin("a", empty_plan()) == ["StepStarted", "StepApplied"]
    story.look("a")
    assert story.step("a").outcome == "nothing_to_do"


def test_plan_that_has_become_work_is_approved_first() -> None:
    """What was nothing to do when it was shown, and is something now, is shown under its rule."""
    story = underway(action("a"))
    story.show("a", empty_plan())
    assert story.begin("a", a_plan()) == ["ApprovalsVoided", "StepPlanned"]
    assert story.step("a").missing == 1


def test_digest_covers_what_is_approved() -> None:
    """Any change of the plan, its place or its rule is another digest; a figure that is only shown is not."""
    story = underway(action("a"))
    story.show("a")
    incident, run, step = story.incident, story.run(), story.step("a")

    def digest(plan: Plan | None = None, rule: Rule | None = step.rule, generation: int = 1, **changes: Any) -> str:
        other_run = replace(run, **{k: v for k, v in changes.items() if k in ("id", "environment", "digest")})
        other = replace(step, **{k: v for k, v in changes.items() if k in ("attempt", "undo")})
        risks = changes.get("risks", ())
        return gates.digest_of(incident, other_run, other, plan or a_plan(), generation, rule, risks)

    same = digest()
    assert same == step.digest
    assert digest(a_plan(measurements=({"name": "lag", "text": "2 s", "value": 2},))) == same
    assert isinstance(step.rule, Rule)
    others = [
        digest(a_plan(target="other")),
        digest(a_plan(targets=("other",))),
        digest(a_plan(parameters={"weight": 1})),
        digest(a_plan(bounds={"data_loss": 1})),
        digest(a_plan(secrets=({"name": "s", "version": "2"},))),
        digest(a_plan(warnings=("Careful.",))),
        digest(rule=step.rule.more(1)),
        digest(rule=None),
        digest(generation=2),
        digest(risks=UNKNOWN.risks),
        digest(id="R2"),
        digest(environment="staging"),
        digest(digest="another runbook"),
        digest(attempt=2),
        digest(undo=True),
    ]
    assert len({same, *others}) == len(others) + 1


# --- looks ------------------------------------------------------------------------------------------------------------


def test_answered_call_is_verified() -> None:
    """Only what a look has measured completes a step; its result and evidence are kept."""
    story = applied()
    verdict = Verdict(holds=True, finding="Weights are 0 and 100.", evidence={"recovery": 100})
    assert story.look("a", verdict) == ["StepCompleted", "StepReady"]
    assert story.step("a").result == {"change": "C1", "recovery": 100}
    assert "no longer waits" in story.refusal(c.Looked(run="R1", step="a", attempt=1, verdict=HOLDS))


def test_looks_before_the_end_are_news_only_once() -> None:
    """While it may still come, a first finding is noted and figures that move are not."""
    story = applied()
    assert story.look("a", FAILS) == ["StepLooked"]
    assert story.look("a", Verdict(holds=False, finding="It answers 503.")) == []
    assert story.step("a").state is StepState.RUNNING


@pytest.mark.parametrize(("verdict", "event"), [(FAILS, "StepFailed"), (UNKNOWN, "StepBlocked")])
def test_late_looks_are_final(verdict: Verdict, event: str) -> None:
    """When its time is over what does not hold has failed, and what can't be known is blocked."""
    assert applied().look("a", verdict, late=True) == [event]


def test_hold_is_held() -> None:
    """A check with `hold` completes once it has held that long without a break."""
    story = underway(check("w"))
    story.begin("w")
    hold = timedelta(minutes=15)
    assert story.look("w", hold=hold) == ["StepLooked"]
    story.later(minutes=10)
    assert story.look("w", hold=hold) == []
    assert story.look("w", FAILS, hold=hold) == ["StepLooked"]
    story.look("w", hold=hold)
    story.later(minutes=14, seconds=59)
    assert story.look("w", hold=hold) == []
    story.later(seconds=1)
    assert story.look("w", hold=hold) == ["StepCompleted"]


def test_hold_that_breaks_late_fails() -> None:
    """A hold that breaks when the time to wait for it is over has failed."""
    story = underway(check("w"))
    story.begin("w")
    story.look("w", hold=timedelta(minutes=15))
    assert story.look("w", FAILS, hold=timedelta(minutes=15), late=True) == ["StepFailed"]


def test_calls_that_ended_are_not_ended_again() -> None:
    """A second answer of the same call, or one of another attempt, changes nothing."""
    story = applied()
    for command in (
        c.Applied(run="R1", step="a", attempt=1),
        c.NotDone(run="R1", step="a", attempt=1, reason="Denied."),
        c.Doubt(run="R1", step="a", attempt=1, reason="Lost."),
        c.Applied(run="R1", step="a", attempt=2),
        c.Applied(run="R1", step="b", attempt=1),
    ):
        assert "call has ended" in story.refusal(command)


# --- doubt ------------------------------------------------------------------------------------------------------------


def test_doubt_is_never_repeated() -> None:
    """A call in doubt is neither started again, nor retried, skipped, planned anew or undone."""
    story = doubtful()
    where: dict[str, Any] = {"run": "R1", "step": "a"}
    assert story.refusal(story.beginning("a"))
    assert story.refusal(c.Retry(actor=by("bob"), **where))
    assert story.refusal(c.Skip(actor=by("bob"), reason="Skip it.", **where))
    assert story.refusal(c.Replan(actor=by("bob"), **where))
    assert story.refusal(c.Undo(actor=by("bob"), reason="Undo it.", **where))
    assert story.refusal(c.Doubt(attempt=1, reason="Still.", **where))


def test_probe_settles_only_what_happened() -> None:
    """A probe that sees it settles it; one that does not see it settles nothing, for it may still come."""
    story = doubtful()
    assert story.bot(c.Probed, "a", outcome="not_happened", finding="Weights are 100 and 0.") == ["StepLooked"]
    assert story.bot(c.Probed, "a", outcome="unknown", finding="Weights are 100 and 0.") == []
    assert story.step("a").state is StepState.IN_DOUBT
    assert story.bot(c.Probed, "a", outcome="happened", finding="Weights are 0 and 100.") == ["StepSettled"]
    assert story.look("a")[0] == "StepCompleted"
    assert "no longer in doubt" in story.refusal(
        c.Probed(run="R1", step="a", attempt=1, outcome="happened", finding="Yes.")
    )


@pytest.mark.parametrize(("outcome", "state"), [("happened", StepState.RUNNING), ("not_happened", StepState.FAILED)])
def test_people_settle(outcome: str, state: StepState) -> None:
    """As many people as the rule requires say what became of it: then it is verified, or has failed."""
    story = doubtful()
    assert story.refusal(c.Settle(actor=by("frank"), run="R1", step="a", outcome="happened", reason="So."))
    assert story.person(c.Settle, "a", "bob", outcome="look_again") == []
    story.person(c.Settle, "a", "bob", outcome=outcome, reason="I looked at it.")
    assert story.step("a").state is state


@pytest.mark.parametrize(("kind", "state"), [(c.Applied, StepState.RUNNING), (c.NotDone, StepState.FAILED)])
def test_late_answer_settles(kind: type[c.StepCommand], state: StepState) -> None:
    """The answer of the call itself, come after all, settles the doubt."""
    story = doubtful()
    story.bot(kind, "a", **({"reason": "Denied."} if kind is c.NotDone else {}))
    assert story.step("a").state is state


def test_ungated_doubt_is_settled_by_one() -> None:
    """What needed nobody's approval is settled by any of the plan's people."""
    story = underway(action("t", "tell"))
    story.begin("t")
    story.bot(c.Doubt, "t", reason="It timed out.")
    assert story.person(c.Settle, "t", "frank", outcome="not_happened", reason="No mail came.") == ["StepSettled"]


def test_check_is_never_in_doubt() -> None:
    """A check only looks: there is no call that could be in doubt."""
    story = underway(check("w"))
    story.begin("w")
    assert story.refusal(c.Doubt(run="R1", step="w", attempt=1, reason="Lost."))


@pytest.mark.parametrize(("outcome", "state"), [("happened", "undoing"), ("not_happened", "undo_failed")])
def test_undo_in_doubt_is_settled_as_an_undo(outcome: str, state: str) -> None:
    """An undo whose call is lost goes on as an undo, whichever way it is settled."""
    story = underway(action("a")).execute("a", "bob")
    story.person(c.Undo, "a", "alice", reason="It was wrong.")
    story.show("a")
    story.approve("a", "bob")
    story.begin("a")
    story.bot(c.Doubt, "a", reason="It timed out.")
    story.person(c.Settle, "a", "bob", outcome=outcome, reason="I looked at it.")
    assert story.step("a").state.value == state


def test_block_is_for_what_has_not_started() -> None:
    """The engine can't block what runs, nor an attempt that is over."""
    story = running()
    assert "moved on" in story.refusal(c.Block(run="R1", step="a", attempt=1, reason="No answer."))
    story = to_promotion()
    assert "moved on" in story.refusal(c.Block(run="R1", step="promote", attempt=2, reason="No answer."))


def test_a_retry_with_nothing_to_do_keeps_the_way_back() -> None:
    """What the first attempt saved is what an undo leads back to, although a second one found it done already."""
    story = applied()
    story.look("a", FAILS, late=True)
    story.person(c.Retry, "a", "alice")
    story.show("a", empty_plan())
    story.begin("a", empty_plan())
    story.look("a")
    assert story.step("a").outcome == "nothing_to_do"
    assert story.step("a").done_plan == a_plan()
