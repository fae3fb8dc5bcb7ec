"""Runs: whose turn it is, points of no return, pause and stop, and the way back."""

import pytest

from bot.domain import commands as c
from bot.domain.incident import held_targets
from bot.domain.transitions import RunState, StepState
from bot.domain.waiting import waits
from tests.unit.builders import (
    FAILS,
    TRAITS,
    UNKNOWN,
    Story,
    a_plan,
    action,
    by,
    check,
    empty_plan,
    manual,
    recovery_plan,
    runbook,
    to_promotion,
    underway,
)

WRONG = "It was wrong."


def undoing(step: str, person: str = "alice", run: str = "R1") -> c.Undo:
    return c.Undo(actor=by(person), run=run, step=step, reason=WRONG)


# --- the start --------------------------------------------------------------------------------------------------------


def test_runbook_is_pinned_whole() -> None:
    """A run keeps the runbook that it was started with; another file changes nothing in flight."""
    story = underway(manual("a"), manual("b"))
    story.runbooks = {"failover": runbook(manual("z"))}
    story.done("a")
    assert story.states() == {"a": "completed", "b": "ready"}


def test_declared_points_of_no_return_are_pinned() -> None:
    """A runbook can add a point of no return, never remove one that its action declares."""
    story = underway(
        action("a", "promote", point_of_no_return=False), action("b", "switch", point_of_no_return=True), manual("c")
    )
    assert [s.definition.point_of_no_return for s in story.run().steps.values()] == [True, True, False]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"runbook": "failovr"}, "Did you mean failover"),
        ({"system": "payments"}, "not about payments"),
        ({"speed": "fast"}, "no input speed"),
        ({"hold": "soon"}, "hold"),
        ({"hold": ""}, "hold"),
        ({"count": "many"}, "count"),
        ({"role": "x; drop table"}, "role"),
        ({"role": "x" * 5000}, "role"),
        ({"role": None}, "role"),
        ({"role": ["a"]}, "role"),
    ],
)
def test_start_reads_what_was_typed(fields: dict[str, object], says: str) -> None:
    """An unknown runbook, system or input, or a value that does not fit its type, is refused by name."""
    inputs = {
        "hold": {"title": "Hold", "type": "duration", "default": "15m"},
        "count": {"title": "Count", "type": "number", "default": 2},
        "role": {"title": "Role", "type": "name", "default": "app"},
    }
    story = Story(runbooks={"failover": runbook(manual("a"), inputs=inputs)}).declare()
    names = {"runbook": "failover", "system": "database"}
    given = {**names, **{k: v for k, v in fields.items() if k in names}}
    typed = {k: v for k, v in fields.items() if k not in names}
    assert says in story.refusal(c.Start(actor=by("alice"), **given, inputs=typed))  # type: ignore[arg-type]


def test_inputs_have_their_defaults_and_types() -> None:
    """What nobody gave comes from the runbook, and a number is a number."""
    inputs = {
        "hold": {"title": "Hold", "type": "duration", "default": "15m"},
        "count": {"title": "C", "type": "number"},
    }
    story = Story(runbooks={"failover": runbook(manual("a"), inputs=inputs)}).declare()
    story.start(count="3")
    assert story.run().inputs == {"hold": "15m", "count": 3}


def test_missing_input_is_asked_for() -> None:
    """An input without a default has to be given."""
    inputs = {"backup": {"title": "Which backup?", "type": "backup"}}
    story = Story(runbooks={"failover": runbook(manual("a"), inputs=inputs)}).declare()
    start = c.Start(actor=by("alice"), runbook="failover", system="database")
    assert "--input backup=VALUE" in story.refusal(start)


def test_same_runbook_runs_once_for_a_system() -> None:
    """While it runs it can't be started again; once stopped it can."""
    story = underway(manual("a"))
    start = c.Start(actor=by("bob"), runbook="failover", system="database")
    assert "as R1" in story.refusal(start)
    story.give(c.Stop(actor=by("alice"), run="R1"))
    assert story.start() == "R2"


def test_runbook_with_an_unknown_action_does_not_start() -> None:
    """A step that this bot can't execute is found at the start, not at three steps before the end."""
    story = Story(runbooks={"failover": runbook(action("a", "teleport"))}).declare()
    assert "teleport" in story.refusal(c.Start(actor=by("alice"), runbook="failover", system="database"))


def test_runbook_that_needs_targets_does_not_start_without() -> None:
    """The environment must list what the runbook acts on, and must still be there."""
    steps = action("a", with_={"database": "${target.replica}"})
    story = Story(runbooks={"failover": runbook(steps)}).declare(systems=("payments",))
    start = c.Start(actor=by("alice"), runbook="failover", system="payments")
    assert "lists no targets for payments" in story.refusal(start)
    story.plan = recovery_plan(environments={"staging": {"targets": {}}})
    assert "production" in story.refusal(start)


def test_system_that_left_the_plan_is_refused() -> None:
    """A recovery plan that no longer knows the incident's system can't say what it depends on."""
    story = Story().declare()
    systems = recovery_plan().model_dump(mode="json", by_alias=True)["systems"]
    story.plan = recovery_plan(systems={"payments": systems["payments"]})
    assert "database" in story.refusal(c.Start(actor=by("alice"), runbook="failover", system="database"))


# --- whose turn it is -------------------------------------------------------------------------------------------------


def test_steps_wait_for_what_they_need() -> None:
    """Without needs a step waits for the one above; with needs for exactly those; with none for nothing."""
    story = underway(manual("a"), manual("b"), manual("c", needs=["a"]), manual("d", needs=[]))
    assert story.states() == {"a": "ready", "b": "not_started", "c": "not_started", "d": "ready"}
    story.done("a")
    assert story.states() == {"a": "completed", "b": "ready", "c": "ready", "d": "ready"}


@pytest.mark.parametrize(("drill", "left"), [(True, ["a", "d", "e"]), (False, ["a", "l", "e"])])
def test_steps_left_out_count_as_met(drill: bool, left: list[str]) -> None:
    """A step for drills (or for the real thing) is not there otherwise; what needs it waits for what it needs."""
    steps = (
        manual("a"),
        manual("d", when="drill"),
        manual("l", when="live", needs=["a"]),
        manual("e", needs=["d", "l"]),
    )
    story = Story(runbooks={"failover": runbook(*steps)})
    story.declare(drill=drill, environment="staging" if drill else "production")
    story.start()
    assert list(story.run().steps) == left
    assert story.step("e").state is StepState.NOT_STARTED
    story.done("a")
    assert story.step("e").state is StepState.NOT_STARTED
    story.done(left[1])
    assert story.step("e").state is StepState.READY


def test_chain_of_left_out_steps_is_met_transitively() -> None:
    """Several steps left out in a row are passed through."""
    story = underway(manual("a"), manual("d1", when="drill"), manual("d2", when="drill"), manual("e"))
    assert story.step("e").state is StepState.NOT_STARTED
    story.done("a")
    assert story.step("e").state is StepState.READY


def test_skipped_step_counts_as_met() -> None:
    """Going on without an ordinary step lets the next one start."""
    story = underway(manual("a"), manual("b")).skip("a", "bob")
    assert story.step("b").state is StepState.READY


def test_skipping_ahead_jumps_over_nothing() -> None:
    """A step skipped before its turn does not let the one behind it start before what it waits for."""
    story = underway(action("fence", "fence"), manual("look"), action("switch"))
    story.skip("look", "bob")
    assert story.states() == {"fence": "ready", "look": "skipped", "switch": "not_started"}
    story.execute("fence", "bob")
    assert story.step("switch").state is StepState.READY


def test_skipped_point_of_no_return_lets_nothing_start() -> None:
    """Neither the next step, nor one behind a step that was skipped too, ever starts."""
    story = underway(action("promote", "promote"), manual("note"), action("dns"), action("tell", "tell"))
    story.skip("promote", "bob")
    story.skip("note", "bob")
    assert story.states() == {"promote": "skipped", "note": "skipped", "dns": "not_started", "tell": "not_started"}
    story.skip("dns", "bob")
    assert story.step("tell").state is StepState.NOT_STARTED


def test_dependent_system_waits() -> None:
    """A run for a system waits for the runs of those that it depends on, up to their recovery."""
    steps = (manual("a"), manual("review", phase="post_recovery"))
    story = Story(runbooks={"failover": runbook(*steps)}).declare(systems=("orders", "database"))
    assert (story.start(system="database"), story.start(system="orders")) == ("R1", "R2")
    assert story.step("a", "R2").state is StepState.NOT_STARTED
    story.done("a")
    assert story.step("a", "R2").state is StepState.READY


def test_independent_systems_run_side_by_side() -> None:
    """A run for a system that depends on nothing here begins at once."""
    story = Story(runbooks={"failover": runbook(manual("a"))}).declare(systems=("payments", "database"))
    story.start(system="database")
    story.start(system="payments")
    assert story.step("a", "R2").state is StepState.READY


def database_then_orders() -> Story:
    """Two runs, of which the second waits for the first."""
    story = Story(runbooks={"failover": runbook(manual("a"), action("b"))}).declare(systems=("orders", "database"))
    story.start(system="database")
    story.start(system="orders")
    return story


def test_a_stopped_run_recovers_nothing() -> None:
    """A run whose dependency was stopped waits, and says so, until another run has recovered the system."""
    story = database_then_orders()
    assert [wait.run for wait in waits(story.incident, story.plan)] == ["R1"]
    story.give(c.Stop(actor=by("alice"), run="R1"))
    assert story.step("a", "R2").state is StepState.NOT_STARTED
    (wait,) = waits(story.incident, story.plan)
    assert (wait.run, wait.step) == ("R2", "a")
    assert wait.needs == "a run that recovers A system: the one before was stopped"
    assert story.start(system="database") == "R3"
    story.done("a", run="R3")
    story.execute("b", "bob", run="R3")
    assert story.step("a", "R2").state is StepState.READY


def test_a_step_begins_only_while_what_its_run_waits_for_is_recovered() -> None:
    """The order of the runs is checked once more before the call; recovered again, the step is planned anew."""
    story = database_then_orders()
    story.done("a")
    story.execute("b", "bob")
    story.done("a", run="R2")
    story.show("b", run="R2")
    story.approve("b", "bob", run="R2")
    story.undone("b", "bob")
    assert "recovery of database" in story.refusal(story.beginning("b", run="R2"))
    story.person(c.Retry, "b", "alice")
    story.launch("b", "bob")
    story.bot(c.Applied, "b")
    assert story.look("b") == ["StepCompleted", "ApprovalsVoided", "StepReady"]
    story.show("b", run="R2")
    story.approve("b", "bob", run="R2")
    assert story.begin("b", run="R2") == ["StepStarted"]


def test_a_stopped_run_still_says_what_it_waits_for() -> None:
    """A call in doubt, an undo that waits for approvals, and one that failed are nobody's to forget."""
    story = underway(action("a"), action("b")).launch("a", "bob")
    story.bot(c.Doubt, "a", reason="It timed out.")
    story.give(c.Stop(actor=by("alice"), run="R1"))
    assert needs_of(story) == ["somebody to settle whether it happened"]
    story.person(c.Settle, "a", "bob", outcome="happened", reason="I saw it.")
    story.look("a")
    story.person(c.Undo, "a", "alice", reason="It was wrong.")
    story.show("a")
    assert needs_of(story) == ["1 approval of Bob, Carol, Dave, Erin"]
    story.person(c.Decline, "a", "bob", digest=story.step("a").digest, reason="Not now.")
    assert needs_of(story) == ["somebody to undo it again or skip it"]


def needs_of(story: Story) -> list[str]:
    return [wait.needs for wait in waits(story.incident, story.plan)]


# --- pause and stop ---------------------------------------------------------------------------------------------------


def test_pause_holds_and_resume_goes_on() -> None:
    """While paused nothing becomes ready and nothing begins, though approvals and words are taken; resume goes on."""
    story = underway(manual("a"), action("b"))
    story.give(c.Pause(actor=by("frank"), run="R1", reason="Wait for the provider."))
    story.done("a")
    assert (story.step("b").state, story.run().state) == (StepState.NOT_STARTED, RunState.PAUSED)
    assert "paused already" in story.refusal(c.Pause(actor=by("bob"), run="R1"))
    story.give(c.Resume(actor=by("alice"), run="R1"))
    assert story.step("b").state is StepState.READY
    story.show("b")
    story.give(c.Pause(actor=by("frank"), run="R1"))
    story.approve("b", "bob")
    assert "is paused" in story.refusal(story.beginning("b"))
    story.give(c.Resume(actor=by("alice"), run="R1"))
    assert story.begin("b") == ["StepStarted"]
    assert "not paused" in story.refusal(c.Resume(actor=by("alice"), run="R1"))


def test_an_old_pause_is_resumed_by_nobody() -> None:
    """Who looked at one pause resumes that one: a later one stays."""
    story = underway(manual("a"))
    story.give(c.Pause(actor=by("bob"), run="R1"))
    seen = story.run().resumed_seq
    story.give(c.Resume(actor=by("alice"), run="R1", resumed_seq=seen))
    story.give(c.Pause(actor=by("carol"), run="R1"))
    assert "stays paused" in story.refusal(c.Resume(actor=by("alice"), run="R1", resumed_seq=seen))
    story.give(c.Resume(actor=by("alice"), run="R1", resumed_seq=story.run().resumed_seq))
    assert not story.run().paused


def test_what_runs_ends_though_paused() -> None:
    """A call that is under way is looked at to its end."""
    story = underway(action("a")).launch("a", "bob")
    story.give(c.Pause(actor=by("frank"), run="R1"))
    story.bot(c.Applied, "a")
    assert story.look("a") == ["StepCompleted"]


def test_stop_cancels_what_has_not_started() -> None:
    """What waits is canceled, what runs goes on to its end, a check that only looks is ended; nothing starts any more."""
    story = underway(
        action("a", needs=[]), action("b", needs=[]), check("c", needs=[]), action("d", needs=[]), manual("e")
    )
    story.launch("a", "bob")
    story.show("b")
    story.begin("c")
    story.give(c.Stop(actor=by("alice"), run="R1", reason="Another way."))
    assert story.states() == {"a": "running", "b": "canceled", "c": "canceled", "d": "canceled", "e": "canceled"}
    assert story.run().state is RunState.STOPPED
    story.bot(c.NotDone, "a", reason="Access denied.")
    assert "was stopped" in story.refusal(c.Retry(actor=by("alice"), run="R1", step="a"))
    assert "was stopped" in story.refusal(c.Replan(actor=by("alice"), run="R1", step="a"))
    assert "stopped already" in story.refusal(c.Stop(actor=by("alice"), run="R1"))


def test_run_is_derived_from_its_steps() -> None:
    """Waiting, running, failed, completed: no event says so, the steps do."""
    story = underway(action("a"))
    assert story.run().state is RunState.WAITING
    story.launch("a", "bob")
    assert story.run().state is RunState.RUNNING
    story.bot(c.Doubt, "a", reason="It timed out.")
    assert story.run().state is RunState.FAILED
    story.person(c.Settle, "a", "bob", outcome="happened", reason="I looked.")
    story.look("a")
    assert story.run().state is RunState.COMPLETED


# --- the way back -----------------------------------------------------------------------------------------------------


def test_undo_has_its_own_approvals() -> None:
    """The undo is planned, approved by others than its requester, started once, and verified."""
    story = underway(action("a")).execute("a", "bob")
    assert story.person(c.Undo, "a", "carol", reason=WRONG) == ["UndoRequested"]
    assert story.show("a") == ["UndoPlanned"]
    assert "You asked for it" in story.refusal(story.approval("a", "carol"))
    assert story.refusal(story.beginning("a"))
    story.approve("a", "dave")
    assert story.begin("a") == ["UndoStarted"]
    assert "begun already" in story.refusal(story.beginning("a"))
    story.bot(c.Applied, "a")
    assert story.look("a") == ["UndoCompleted"]
    assert story.person(c.Retry, "a", "carol") == ["StepReady"]
    assert story.step("a").attempt == 3


def test_undo_goes_backwards() -> None:
    """What came later is undone first."""
    story = underway(action("a"), action("b")).execute("a", "bob").execute("b", "bob")
    assert "Undo b first" in story.refusal(undoing("a"))
    story.undone("b", "bob")
    story.undone("a", "bob")
    assert story.states() == {"a": "undone", "b": "undone"}


def test_nothing_is_undone_under_a_running_step() -> None:
    """While a later action runs, or is in doubt, what it stands on stays."""
    story = underway(action("a"), action("b", "post")).execute("a", "bob").launch("b", "bob")
    assert "b" in story.refusal(undoing("a"))
    story.bot(c.Doubt, "b", reason="It timed out.")
    assert "b" in story.refusal(undoing("a"))


def test_later_steps_wait_for_what_is_undone() -> None:
    """Once a step is undone nothing behind it starts, however far, until it is done again; then all is planned anew."""
    story = underway(action("fence", "fence"), manual("look"), action("switch"))
    story.execute("fence", "bob").done("look")
    story.show("switch")
    story.approve("switch", "bob")
    story.undone("fence", "bob")
    assert "not the turn" in story.refusal(story.beginning("switch"))
    story.person(c.Retry, "fence", "alice")
    story.execute("fence", "bob")
    assert (story.step("switch").state, story.step("switch").approvals) == (StepState.READY, ())


@pytest.mark.parametrize("steps", [(), ("note",)])
def test_nothing_is_undone_behind_a_passed_point(steps: tuple[str, ...]) -> None:
    """After the point of no return was passed, what lies before it stays, however far."""
    between = [manual(s) for s in steps]
    story = underway(action("fence", "fence"), *between, action("promote", "promote"))
    story.execute("fence", "bob").done(*steps).launch("promote", "bob")
    assert "point of no return that was passed" in story.refusal(undoing("fence"))


def test_point_that_failed_after_its_call_was_passed() -> None:
    """A promotion whose call was answered and that failed to verify may have happened; a retry does not change that."""
    story = to_promotion().launch("promote", "bob", "carol")
    story.bot(c.Applied, "promote")
    story.look("promote", FAILS, late=True)
    assert "was passed" in story.refusal(undoing("fence"))
    story.person(c.Retry, "promote", "alice")
    assert "was passed" in story.refusal(undoing("fence"))


@pytest.mark.parametrize("certain", [True, False])
def test_point_that_certainly_did_not_happen_was_not_passed(certain: bool) -> None:
    """A call refused for certain, or settled as not happened, leaves the way back open."""
    story = to_promotion().launch("promote", "bob", "carol")
    if certain:
        story.bot(c.NotDone, "promote", reason="Access denied.")
    else:
        story.bot(c.Doubt, "promote", reason="It timed out.")
        assert "was passed" in story.refusal(undoing("fence"))
        story.person(c.Settle, "promote", "bob", outcome="not_happened", reason="It is in recovery.")
        story.person(c.Settle, "promote", "carol", outcome="not_happened", reason="It is in recovery.")
    assert story.person(c.Undo, "fence", "alice", reason=WRONG) == ["UndoRequested"]


def test_point_that_another_run_passed_closes_the_way_back() -> None:
    """What was done before another run of the system promoted stays, also where its own run was stopped."""
    story = to_promotion()
    story.give(c.Stop(actor=by("alice"), run="R1", reason=WRONG))
    again = story.start()
    story.done("assess", run=again).execute("fit", run=again)
    story.show("fence", empty_plan(), run=again)
    story.begin("fence", empty_plan(), run=again)
    story.look("fence", run=again)
    assert story.types(undoing("fence")) == ["UndoRequested"]
    story.show("fence")
    story.approve("fence", "bob")
    story.launch("promote", "bob", "carol", run=again)
    assert story.begin("fence") == ["UndoFailed"]
    assert "fence lies behind R2/promote, a point of no return that was passed" in story.refusal(undoing("fence"))


def test_point_that_another_run_passed_before_closes_nothing() -> None:
    """What a later run does, as a failback's fence, and what is done for another system, can be taken back."""
    story = underway(systems=("database", "payments"))
    story.done("assess").execute("fit").execute("fence", "bob")
    other = story.start(system="payments")
    story.done("assess", run=other).execute("fit", run=other).execute("fence", "bob", run=other)
    story.later(minutes=1)
    story.execute("promote", "bob", "carol")
    story.give(c.Stop(actor=by("alice"), run="R1", reason=WRONG))
    story.later(minutes=1)
    back = story.start()
    story.done("assess", run=back).execute("fit", run=back).execute("fence", "bob", run=back)
    for run in (other, back):
        assert story.person(c.Undo, "fence", "alice", run, reason=WRONG) == ["UndoRequested"]


def test_manual_point_of_no_return_is_passed_when_done() -> None:
    """A point of no return that a person does closes the way back too."""
    story = underway(action("a"), manual("wipe", point_of_no_return=True)).execute("a", "bob").done("wipe")
    assert "was passed" in story.refusal(undoing("a"))


def test_point_of_no_return_is_not_undone() -> None:
    """The way back from it is a runbook of its own."""
    story = to_promotion().execute("promote", "bob", "carol")
    assert "failback" in story.refusal(undoing("promote"))


def test_undo_that_waited_while_the_point_was_passed_fails() -> None:
    """An undo that was asked for before a parallel point of no return does not start behind it."""
    story = underway(action("a", needs=[]), action("promote", "promote", needs=[])).execute("a", "bob")
    story.person(c.Undo, "a", "alice", reason=WRONG)
    story.show("a")
    story.approve("a", "bob")
    story.launch("promote", "bob")
    assert story.begin("a") == ["UndoFailed"]
    assert "was passed" in story.refusal(undoing("a"))


def test_what_came_after_the_point_can_be_undone() -> None:
    """DNS that was switched after the promotion can be switched back."""
    story = to_promotion().execute("promote", "bob", "carol").execute("dns", "bob")
    assert story.person(c.Undo, "dns", "alice", reason=WRONG) == ["UndoRequested"]


@pytest.mark.parametrize("step", ["manual", "check", "post", "empty", "waiting"])
def test_what_changed_nothing_is_not_undone(step: str) -> None:
    """Manual steps, checks, actions without an undo, empty plans and steps that have not run can't be undone."""
    story = underway(
        manual("manual", needs=[]),
        check("check", needs=[]),
        action("post", "post", needs=[]),
        action("empty", needs=[]),
        action("waiting", needs=[]),
    )
    story.done("manual").execute("check").execute("post", "bob")
    story.show("empty", empty_plan())
    story.begin("empty")
    story.look("empty")
    assert story.refusal(undoing(step))


def test_action_that_this_bot_lost_is_not_undone() -> None:
    """An undo of an action that is no longer there is refused in words."""
    story = underway(action("a")).execute("a", "bob")
    story.traits = {name: traits for name, traits in TRAITS.items() if name != "switch"}
    assert "could undo" in story.refusal(undoing("a"))


def test_declined_undo_leads_on() -> None:
    """Whoever declines an undo stops it; the step can be planned again, skipped, or asked to be undone again."""
    story = underway(action("a"), manual("b")).execute("a", "bob")
    story.person(c.Undo, "a", "alice", reason=WRONG)
    story.show("a")
    digest = story.step("a").digest
    assert story.person(c.Decline, "a", "bob", digest=digest, reason="Leave it.") == ["ApprovalDeclined", "UndoFailed"]
    assert "not the turn" not in story.refusal(c.Done(actor=by("bob"), run="R1", step="a"))
    assert story.person(c.Retry, "a", "alice") == ["StepReady"]
    story.show("a", empty_plan())
    story.begin("a", empty_plan())
    assert story.look("a")[0] == "StepCompleted"
    assert story.step("b").state is StepState.READY


def test_undo_that_needs_nothing_is_noted() -> None:
    """An undo that finds the former state ends without a call."""
    story = underway(action("a")).execute("a", "bob")
    story.person(c.Undo, "a", "alice", reason=WRONG)
    story.show("a", empty_plan())
    assert story.begin("a") == ["UndoStarted", "UndoApplied"]
    assert story.look("a") == ["UndoCompleted"]


def test_undo_with_an_obstacle_fails() -> None:
    """What stands against the way back is said at once; nothing is left hanging."""
    story = underway(action("a")).execute("a", "bob")
    story.person(c.Undo, "a", "alice", reason=WRONG)
    assert story.show("a", a_plan(preconditions=({"text": "The record is ours.", "holds": None},))) == ["UndoFailed"]


def test_undo_goes_on_in_a_stopped_run() -> None:
    """A run is stopped so that nothing more starts; what it did can still be taken back."""
    story = underway(action("a"), manual("b")).execute("a", "bob")
    story.give(c.Stop(actor=by("alice"), run="R1"))
    story.undone("a", "bob")
    assert story.step("a").state is StepState.UNDONE
    assert "was stopped" in story.refusal(c.Retry(actor=by("alice"), run="R1", step="a"))


def test_targets_are_held_through_doubt_and_by_everyone_who_wants_them() -> None:
    """A step holds its targets from its start until it has ended; a second one that wants the same is told apart."""
    target = a_plan().targets[0]
    story = underway(action("a", needs=[]), action("b", needs=[])).launch("a", "bob")
    assert held_targets(story.incident) == {(target, "R1", "a")}
    story.bot(c.Doubt, "a", reason="It timed out.")
    story.launch("b", "bob")
    assert held_targets(story.incident) == {(target, "R1", "a"), (target, "R1", "b")}
    story.bot(c.NotDone, "a", reason="Access denied.")
    assert held_targets(story.incident) == {(target, "R1", "b")}


def test_plan_that_changes_nothing_holds_nothing() -> None:
    """A step that finds everything done keeps nobody waiting."""
    story = underway(action("a"))
    story.show("a", empty_plan())
    story.begin("a", empty_plan())
    assert held_targets(story.incident) == set()


def test_step_that_waits_for_a_start_waits_on() -> None:
    """What was declined waits for a person, even when something before it is undone and done again."""
    story = underway(action("a"), action("b")).execute("a", "bob")
    story.show("b")
    story.person(c.Decline, "b", "bob", digest=story.step("b").digest, reason="Not yet.")
    story.undone("a", "bob")
    story.person(c.Retry, "a", "alice")
    story.execute("a", "bob")
    assert story.step("b").waits_for_start


def test_unproven_step_can_be_taken_back() -> None:
    """A step that was applied and is blocked, or was canceled after that, still has its way back."""
    story = underway(action("a"), manual("b")).launch("a", "bob")
    story.bot(c.Applied, "a")
    story.look("a", UNKNOWN, late=True)
    story.give(c.Stop(actor=by("alice"), run="R1"))
    assert story.step("a").state is StepState.CANCELED
    story.undone("a", "bob")
    assert story.step("a").state is StepState.UNDONE
