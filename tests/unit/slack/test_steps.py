"""What a step's message says in every state, and which buttons stand below it."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain import commands as c
from bot.domain.changes import Change, Measurement, Verdict
from bot.domain.timeline import Actor
from bot.domain.transitions import StepState
from bot.domain.transitions import StepState as S
from tests.unit.builders import (
    FAILS,
    HOLDS,
    PROOF,
    RISK,
    UNKNOWN,
    Story,
    a_plan,
    action,
    approval_defaults,
    by,
    check,
    empty_plan,
    manual,
    runbook,
    to_promotion,
    underway,
    unmet_plan,
)
from tests.unit.slack.painting import RISKY, in_slack, painted, step_labels, step_text, whole_plan


def waiting_approval(**overrides: Any) -> Story:
    """The promotion, planned and waiting for its two approvals."""
    story = to_promotion()
    story.plan = in_slack()
    story.show("promote", whole_plan(**overrides))
    return story


def running_switch(**fields: Any) -> Story:
    """A gated, undoable step that runs, with another behind it."""
    return underway(action("dns", "switch", **fields), manual("watch")).launch("dns", "bob")


# --- before it runs ---------------------------------------------------------------------------------------------------


def test_a_step_whose_turn_has_not_come_has_no_message() -> None:
    """Nothing is shown of what is not yet to be done."""
    assert "step/R1/promote" not in painted(underway())


def test_a_manual_step_says_what_to_do() -> None:
    """Its text stands whole, with Done first."""
    text = "Look at the provider's health page.\nSay in the channel what you see."
    story = underway({**manual("assess", expected="5m"), "manual": text})
    assert "1 · assess · about 5 min" in step_text(story, "assess")
    assert text in step_text(story, "assess")
    assert step_labels(story, "assess") == ["Done", "Skip…"]


def test_a_paused_run_says_so_at_its_steps() -> None:
    """What a pause holds back names the run; what a person does can still be said."""
    story = underway(manual("assess"), check("fit", needs=[]))
    story.give(c.Pause(actor=_commander(), run="R1"))
    assert "held: R1 is paused" in step_text(story, "assess")
    assert "It goes on when R1 is resumed." in step_text(story, "fit")
    assert step_labels(story, "assess") == ["Done", "Skip…"]
    assert step_labels(story, "fit") == []


def test_a_ready_action_says_that_its_plan_is_being_made() -> None:
    """There is nothing to press while the bot looks."""
    story = underway(action("dns"))
    assert "its plan is being made" in step_text(story, "dns")
    assert step_labels(story, "dns") == []


def test_a_harmless_action_and_a_check_say_that_they_start() -> None:
    """What needs no approval is not announced as a plan."""
    story = underway(action("tell", "tell"), check("fit", needs=[]))
    assert "starts now" in step_text(story, "tell")
    assert "is being asked" in step_text(story, "fit")


def test_a_step_that_waits_for_a_target_names_the_holder() -> None:
    """Who waits is told who holds it."""
    story = underway(action("dns"))
    story.bot(c.Wait, "dns", reason="waits for INC-3 R1/dns, which holds the record")
    assert "waits for INC-3 R1/dns, which holds the record" in step_text(story, "dns")


def test_a_declined_step_offers_start() -> None:
    """Who declined, why, and how it goes on."""
    story = waiting_approval()
    story.person(c.Decline, "promote", "bob", digest=story.step("promote").digest, reason="wrong replica")
    assert "waits to be started" in step_text(story, "promote")
    assert "wrong replica" in step_text(story, "promote")
    assert step_labels(story, "promote") == ["Start", "Skip…"]


# --- a plan -----------------------------------------------------------------------------------------------------------


def test_a_plan_is_shown_whole() -> None:
    """Everything that the digest covers, and the figures beside it, can be read."""
    shown = step_text(waiting_approval(), "promote")
    for said in (
        "4 · promote · needs 2 approvals · plan ",
        "customers-east.internal (us-east-1, account 111111111111)",
        "role: in recovery → accepts writes",
        "timeline: 3 → 4",
        "Data loss at most 3 min 19 s",
        "You accept data loss up to 5 min; more than that voids the plan",
        "Condition holds: dr_bot may promote it",
        "Warning Replication slots do not move.",
        "Cannot be undone. The way back is the runbook failback.",
        "Action postgres.promote Promote customers-east.internal / customers",
        "Touches 111111111111/us-east-1/postgres/customers-east",
        "Parameter database: host customers-east.internal, port 5432, tags[1] a, tags[2] empty",
        "Parameter wait: 60",
        "Secret customers_east version v17",
    ):
        assert said in shown
    places = [shown.index(what) for what in ("Parameter wait", "You accept", "Cannot be undone", "[Approve")]
    assert places == sorted(places)  # what it costs stands right above the button


def test_a_plan_names_those_who_may_approve() -> None:
    """People with an account are called by it, the others by name; who may not is not named."""
    shown = step_text(waiting_approval(), "promote")
    assert "2 of @U0BOB, @U0CAROL, Dave Adams, Erin Adams. Expires 03:34 UTC." in shown
    assert "ALICE" not in shown


def test_approvals_are_counted_down() -> None:
    """Given, being checked, still missing."""
    story = waiting_approval().approve("promote", "bob")
    story.click("promote", "carol")
    shown = step_text(story, "promote")
    assert "Approved by Bob Adams, 03:04 UTC." in shown
    assert "Being checked: the approval of Carol Adams." in shown
    assert "One more of @U0CAROL, Dave Adams, Erin Adams." in shown


def test_a_plan_can_be_approved_and_declined() -> None:
    """The label says the verb and the target; a point of no return asks once more."""
    story = waiting_approval()
    assert step_labels(story, "promote") == ["Approve promote customers-east", "Decline…"]
    button = painted(story)["step/R1/promote"].blocks[-1]["elements"][0]
    assert "cannot be undone" in button["confirm"]["text"]["text"]
    story.approve("promote", "bob")
    assert step_labels(story, "promote")[-1] == "Withdraw my approval"


def test_an_approved_plan_asks_nobody_any_more() -> None:
    """With the rule met Approve is gone, and it says what it waits for."""
    story = waiting_approval().approve("promote", "bob", "carol")
    assert step_labels(story, "promote") == ["Decline…", "Withdraw my approval"]
    assert "It starts now." in step_text(story, "promote")
    story.bot(c.Wait, "promote", reason="waits for INC-3 R1/promote, which holds customers-east")
    assert "Waits for INC-3 R1/promote, which holds customers-east" in step_text(story, "promote")


def test_an_accepted_risk_stands_in_the_plan() -> None:
    """The risk, who took it and why, and the approver more that it takes."""
    story = to_promotion()
    story.show("promote", whole_plan(risks=(RISKY,)))
    story.person(c.AcceptRisk, "promote", "alice", reason="it stopped answering at 03:02")
    assert "Risk accepted by Alice" in step_text(story, "promote")
    story.show("promote", whole_plan(risks=(RISKY,)))
    shown = step_text(story, "promote")
    assert "needs 3 approvals (2, and 1 more for the risk)" in shown
    assert f"Risk {RISKY.text} · accepted by Alice: “it stopped answering at 03:02”" in shown


def test_broken_glass_is_said() -> None:
    """Who went on alone, and why, stands in the plan."""
    story = waiting_approval()
    digest = story.step("promote").digest
    reason = "Nobody else can be reached in time."
    story.person(c.BreakGlass, "promote", "bob", digest=digest, reason=reason, target="customers-east", proof=PROOF)
    assert f"Glass broken by Bob Adams: “{reason}”" in step_text(story, "promote")


def test_a_rule_that_nobody_can_meet_says_the_way_on() -> None:
    """An empty list of approvers is never silence."""
    story = underway(
        action("dns"),
        plan=in_slack(teams={"leads": {"members": ["alice"]}, "approvers": {"members": ["alice"]}}),
    )
    story.show("dns")
    assert "/dr break-glass INC-7 R1/dns" in step_text(story, "dns")


def test_a_drill_is_marked_where_people_approve() -> None:
    """Nobody approves a rehearsal as the real thing, or the other way round."""
    story = Story(plan=in_slack()).declare(drill=True, environment="staging")
    story.start()
    story.done("assess")
    story.show("fence")
    assert "DRILL in staging" in step_text(story, "fence")


def test_a_plan_with_nothing_to_do_says_why() -> None:
    """An undo that finds everything as it was shows that."""
    story = underway(action("dns")).execute("dns", "bob")
    story.person(c.Undo, "dns", "alice", reason="wrong")
    story.show("dns", empty_plan())
    assert "Nothing to do: It is so already." in step_text(story, "dns")


# --- while it runs ----------------------------------------------------------------------------------------------------


def test_a_running_step_is_one_line() -> None:
    """Since when, and by whose approval; there is nothing to press."""
    story = running_switch()
    assert step_text(story, "dns") == "⏳ 1 · dns · running since 03:04:00 UTC · approved by Bob"
    assert step_labels(story, "dns") == []


def test_a_running_step_says_how_far_it_is() -> None:
    """First the call, then its proof, then how long it has held."""
    story = running_switch()
    story.bot(c.Applied, "dns", result={})
    assert "The call has answered" in step_text(story, "dns")
    story.look("dns", FAILS)
    assert FAILS.finding in step_text(story, "dns")


def test_a_holding_check_says_since_when() -> None:
    """A watch that lasts shows that it holds."""
    story = underway(check("watch")).launch("watch")
    story.look("watch", HOLDS, hold=_minutes(15))
    assert "It holds since 03:04:00 UTC" in step_text(story, "watch")


def test_a_running_message_reads_the_same_later() -> None:
    """Nothing is edited because time passes."""
    story = running_switch()
    before = painted(story)["step/R1/dns"]
    story.later(minutes=40)
    assert painted(story)["step/R1/dns"] == before


def test_a_step_in_doubt_says_what_was_being_sent() -> None:
    """Nothing is repeated by itself; three ways out."""
    story = running_switch()
    story.bot(c.Doubt, "dns", reason="The bot was restarted while the change was being sent.")
    story.bot(c.Probed, "dns", outcome="unknown", finding="Route 53 shows west 100, east 0.")
    shown = step_text(story, "dns")
    assert "The bot was restarted while the change was being sent." in shown
    assert "Route 53 shows west 100, east 0." in shown
    assert "weight: 0 → 100" in shown
    assert step_labels(story, "dns") == ["Settle: it did not happen", "Settle: it happened…", "Look again"]


def test_words_that_are_not_enough_are_counted() -> None:
    """Who has said what, and how many must say it."""
    story = underway(action("dns", approval={"required": 2})).launch("dns", "bob", "carol")
    story.bot(c.Doubt, "dns", reason="The bot was restarted.")
    story.person(c.Settle, "dns", "bob", outcome="happened", reason="I looked")
    shown = step_text(story, "dns")
    assert "It happened: 1 of 2 · Bob (“I looked”) · one more of Carol, Dave, Erin" in shown


def test_a_risk_says_who_may_accept_it() -> None:
    """What is only asked takes the rule and one more; after one word those who are left are named."""
    story = underway(check("fit"), plan=in_slack()).launch("fit")
    story.look("fit", UNKNOWN, late=True)
    assert "To accept the risk 2 of @U0BOB, @U0CAROL, Dave Adams, Erin Adams." in step_text(story, "fit")
    story.person(c.AcceptRisk, "fit", "carol", reason="we go on")
    shown = step_text(story, "fit")
    assert "Accept the risk: 1 of 2 · Carol Adams (“we go on”) · one more of @U0BOB, Dave Adams, Erin Adams" in shown
    assert "To accept the risk" not in shown


def test_a_risk_before_a_plan_takes_one_and_the_plan_one_more() -> None:
    """Who leads may take it too, though they may not approve; what the plan needs then is said before."""
    story = to_promotion()
    story.plan = in_slack()
    story.show("promote", whole_plan(risks=(RISKY,)))
    shown = step_text(story, "promote")
    assert "To accept the risk 1 of @U0BOB, @U0CAROL, Dave Adams, Erin Adams, @U0ALICE." in shown
    assert "Its plan then needs 3 approvals (2, and 1 more for the risk)." in shown


def test_a_risk_stands_there_where_its_finding_is_cut() -> None:
    """It is left out only where what is shown of the finding says it."""
    for finding in (f"{RISKY.text} More is not known.", f"{'x' * 1600} {RISKY.text}"):
        story = underway(check("fit")).launch("fit")
        story.look("fit", Verdict(holds=None, finding=finding, risks=(RISKY,)), late=True)
        assert step_text(story, "fit").count(RISKY.text) == 1


def test_a_risk_that_nobody_may_accept_says_so() -> None:
    """A rule that can't be met is no riddle."""
    few = approval_defaults(approvers="others", accept_risk={"extra": 1})
    story = underway(check("fit"), plan=in_slack(approvals=few)).launch("fit")
    story.look("fit", UNKNOWN, late=True)
    assert "The risk can't be accepted: it takes 2 of others, and one may." in step_text(story, "fit")


# --- afterwards -------------------------------------------------------------------------------------------------------


def test_a_manual_step_names_who_did_it() -> None:
    """One line, and nothing to press."""
    story = underway(manual("assess"), manual("watch")).done("assess", person="bob")
    assert step_text(story, "assess") == "✅ 1 · assess · Bob, 03:04 UTC"


def test_a_completed_action_is_one_line_with_its_proof() -> None:
    """When, how long, what was found, who approved."""
    story = running_switch()
    story.later(seconds=3)
    story.bot(c.Applied, "dns", result={})
    story.look("dns")
    expected = "✅ 1 · dns · 03:04:03 UTC, took 3 s · It answers · approved by Bob"
    assert step_text(story, "dns").startswith(expected)
    assert step_labels(story, "dns") == ["Undo…"]


def test_only_what_came_last_offers_undo() -> None:
    """The domain takes back the latest first, and nothing behind a point of no return."""
    story = to_promotion()
    assert step_labels(story, "fence") == ["Undo…"]
    story.execute("promote", "bob", "carol")
    assert step_labels(story, "fence") == []
    assert step_labels(story, "promote") == []


def test_a_taken_risk_is_no_green_tick() -> None:
    """What was not proven is never shown as proven."""
    story = underway(check("fit")).launch("fit")
    story.look("fit", UNKNOWN, late=True)
    for person in ("bob", "carol"):
        story.person(c.AcceptRisk, "fit", person, reason="we go on")
    shown = step_text(story, "fit")
    assert shown.startswith("🟡")
    assert "risk accepted by Bob, Carol: “we go on”" in shown


def test_a_failed_step_offers_the_ways_on() -> None:
    """Why, whether its call happened, and Retry first."""
    story = running_switch()
    story.bot(c.NotDone, "dns", reason="Access denied.")
    shown = step_text(story, "dns")
    assert "failed" in shown
    assert "Access denied." in shown
    assert "Its call did not happen." in shown
    assert step_labels(story, "dns") == ["Retry", "Skip…"]


def test_a_failed_proof_offers_undo() -> None:
    """What was done and does not hold can be taken back."""
    story = running_switch()
    story.bot(c.Applied, "dns", result={})
    story.look("dns", FAILS, late=True)
    assert step_labels(story, "dns") == ["Retry", "Skip…", "Undo…"]
    assert "did not happen" not in step_text(story, "dns")


def test_a_blocked_check_offers_to_take_the_risk() -> None:
    """What can't be known is said, with both ways on."""
    story = underway(check("fit")).launch("fit")
    story.look("fit", UNKNOWN, late=True)
    shown = step_text(story, "fit")
    assert "There is a risk to take or to leave." in shown
    assert UNKNOWN.finding in shown
    assert f"Risk {RISK.text}" in shown
    assert step_labels(story, "fit") == ["Look again", "Accept the risk…", "Skip…"]


def test_a_precondition_that_fails_offers_another_look_and_to_go_on_without() -> None:
    """There is no risk to take where the bot knows that it would fail."""
    story = underway(action("dns"))
    story.show("dns", unmet_plan(False))
    assert "Not so: The replica replays." in step_text(story, "dns")
    assert step_labels(story, "dns") == ["Look again", "Skip…"]


def test_a_skipped_step_says_who_and_why() -> None:
    """One line."""
    story = underway(manual("assess"), manual("watch")).skip("assess", "bob")
    assert step_text(story, "assess") == "⏭️ 1 · assess · skipped, Bob, 03:04 UTC: It is not needed."
    story = to_promotion()
    story.show("promote")
    story.skip("promote", "bob", "carol")
    assert "skipped, Bob, Carol, 03:04 UTC: It is not needed." in step_text(story, "promote")


def test_a_stopped_run_offers_no_retry() -> None:
    """In a stopped run nothing starts; what never had its turn is not shown."""
    story = running_switch()
    story.bot(c.NotDone, "dns", reason="Access denied.")
    story.give(c.Stop(actor=_commander(), run="R1"))
    assert step_labels(story, "dns") == ["Skip…"]
    other = underway()
    other.give(c.Stop(actor=_commander(), run="R1"))
    assert "canceled" in step_text(other, "assess")
    assert "step/R1/promote" not in painted(other)


def test_an_ended_incident_has_no_buttons_at_its_steps() -> None:
    """After the end there is nothing to press."""
    story = underway(manual("assess"))
    story.give(c.Cancel(actor=_commander(), reason="a false alarm"))
    assert step_labels(story, "assess") == []


# --- the end of the night ---------------------------------------------------------------------------------------------


def test_the_step_finished_last_says_how_it_ends() -> None:
    """Once all are recovered Mitigate stands there; after the last step of all, Resolve; and nothing once it is done."""
    story = underway(manual("assess"), check("watch", phase="post_recovery")).done("assess")
    assert "Next if users are served again, say so." in step_text(story, "assess")
    assert step_labels(story, "assess") == ["Mitigate"]
    story.later(minutes=1)
    story.execute("watch")
    assert step_labels(story, "assess") == []
    assert step_labels(story, "watch") == ["Mitigate"]
    story.give(c.Mitigate(actor=_commander()))
    assert "Next tell everyone that it is over." in step_text(story, "watch")
    assert step_labels(story, "watch") == ["Resolve…"]
    story.give(c.Resolve(actor=_commander()))
    assert step_labels(story, "watch") == []
    assert "Next" not in step_text(story, "watch")


def test_the_end_is_not_offered_before_its_turn() -> None:
    """Not while a recovery goes on anywhere, nor in a stopped run, nor where nobody commands."""
    story = underway(manual("assess"), manual("watch")).done("assess")
    assert step_labels(story, "assess") == []
    story.give(c.Stop(actor=_commander(), run="R1"))
    assert step_labels(story, "assess") == []
    guest = Story(runbooks={"failover": runbook(manual("assess"))}).declare("frank-the-guest")
    guest.start()
    guest.done("assess")
    assert step_labels(guest, "assess") == []


# --- moments ----------------------------------------------------------------------------------------------------------


def test_a_moment_in_a_finding_is_the_readers_own() -> None:
    """Date and time with Z become a date that Slack shows in each zone; as text it reads as it was found."""
    story = underway(check("fit")).launch("fit")
    said = "Everything after 2026-11-24 03:01:12Z may be lost; the last heartbeat is from 03:01:12Z."
    story.look("fit", Verdict(holds=None, finding=said), late=True)
    assert said in step_text(story, "fit")
    dates = [piece for piece in _pieces(painted(story)["step/R1/fit"].blocks) if piece["type"] == "date"]
    at = int(datetime(2026, 11, 24, 3, 1, 12, tzinfo=UTC).timestamp())
    date = {"type": "date", "timestamp": at, "format": "{time_secs}"}
    assert dates == [{**date, "fallback": "2026-11-24 03:01:12Z"}, {**date, "fallback": "03:01:12Z"}]


def test_a_value_that_is_a_moment_stays_as_it_is() -> None:
    """What changes is approved to the character."""
    change = Change(resource="base/2026-11-24T03:01:12Z", what="until", before="2026-11-24 03:01:12Z", after="now")
    story = waiting_approval(changes=(change,), targets=("111111111111/us-east-1/base/2026-11-24T03:01:12Z",))
    dates = [piece for piece in _pieces(painted(story)["step/R1/promote"].blocks) if piece["type"] == "date"]
    assert [date["format"] for date in dates] == ["{time}"]  # until when it may be approved


def _pieces(blocks: Iterable[Mapping[str, Any]]) -> list[Any]:
    elements = [element for block in blocks for element in block["elements"]]
    rows = [row for element in elements for row in (element["elements"] if "list" in element["type"] else [element])]
    return [piece for row in rows for piece in row.get("elements", ())]


# --- the way back -----------------------------------------------------------------------------------------------------


def test_an_undo_goes_through_its_own_plan() -> None:
    """Asked for, planned, approved, under way, done: each is said."""
    story = underway(action("dns")).execute("dns", "bob")
    story.person(c.Undo, "dns", "alice", reason="wrong weights")
    assert "Alice asked for it: “wrong weights”" in step_text(story, "dns")
    story.show("dns")
    assert "Undo: dns" in step_text(story, "dns")
    assert step_labels(story, "dns")[0] == "Approve undo switch customers-east"
    story.approve("dns", "bob")
    story.begin("dns")
    assert "being undone since 03:04:00 UTC · approved by Bob" in step_text(story, "dns")
    story.bot(c.Applied, "dns")
    story.look("dns")
    assert "undone" in step_text(story, "dns")
    assert step_labels(story, "dns") == ["Retry", "Skip…"]


def test_an_undo_that_fails_says_so() -> None:
    """It can be tried again."""
    story = underway(action("dns")).execute("dns", "bob")
    story.person(c.Undo, "dns", "alice", reason="wrong weights")
    story.show("dns")
    story.person(c.Decline, "dns", "bob", digest=story.step("dns").digest, reason="not now")
    assert "the undo failed" in step_text(story, "dns")
    assert "Retry" in step_labels(story, "dns")


def test_nothing_is_offered_to_be_undone_without_knowing_the_actions() -> None:
    """Closed by default: an action that nobody describes offers no way back."""
    story = underway(action("dns"), manual("watch")).execute("dns", "bob")
    story.traits = {}
    assert step_labels(story, "dns") == []


@pytest.mark.parametrize("state", sorted(StepState))
def test_every_state_has_words(state: StepState) -> None:
    """Whatever state a step is in, its message is fit for Slack."""
    story = _in_state(state)
    shown = painted(story)
    assert any(key.startswith("step/R1/one") for key in shown) is (state is not StepState.NOT_STARTED)


def _in_state(state: StepState) -> Story:
    """A story whose step `one` is in that state."""
    story = underway(manual("zero"), action("one")) if state is StepState.NOT_STARTED else underway(action("one"))
    if state is S.PENDING_APPROVAL:
        story.show("one")
    elif state is S.BLOCKED:
        story.show("one", a_plan(risks=(RISKY,)))
    elif state is S.SKIPPED:
        story.skip("one", "bob")
    elif state is S.CANCELED:
        story.give(c.Stop(actor=_commander(), run="R1"))
    elif state not in (S.NOT_STARTED, S.READY):
        _executed(story, state)
    assert story.step("one").state is state
    return story


def _executed(story: Story, state: StepState) -> None:
    story.launch("one", "bob")
    if state is S.IN_DOUBT:
        story.bot(c.Doubt, "one", reason="The bot was restarted.")
    elif state is S.FAILED:
        story.bot(c.NotDone, "one", reason="Access denied.")
    elif state is not S.RUNNING:
        story.bot(c.Applied, "one", result={})
        story.look("one", Verdict(holds=True, finding="It answers.\n" * 40))
    if state in (S.UNDOING, S.UNDO_FAILED):
        story.person(c.Undo, "one", "alice", reason="wrong")
    if state is S.UNDO_FAILED:
        story.show("one", a_plan(risks=(RISKY,)))
    if state is S.UNDONE:
        story.undone("one", "bob")


def test_a_measurement_that_is_unknown_is_said() -> None:
    """Unknown is not zero, and not left out."""
    unknown = Measurement(name="bytes_behind", text="unknown: the old primary does not answer", unit="B")
    story = waiting_approval(measurements=(unknown,), bounds={})
    assert "Bytes behind unknown: the old primary does not answer" in step_text(story, "promote")


def _commander() -> Actor:
    return by("alice")


def _minutes(count: int) -> timedelta:
    return timedelta(minutes=count)
