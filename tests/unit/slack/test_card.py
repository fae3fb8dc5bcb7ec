"""The card, the announcement and the posts: an incident at one look, in every state."""

from datetime import timedelta
from typing import Any

import pytest

from bot.domain import commands as c
from bot.domain.changes import Measurement, Verdict
from bot.domain.timeline import BOT, Actor
from bot.domain.words import spaced
from bot.slack.catching_up import caught_up
from bot.slack.surfaces import Links, surfaces
from bot.slack.surfaces.milestones import milestone
from bot.slack.surfaces.scene import Scene
from tests.unit.builders import FAILOVER, START, Story, action, by, check, manual, runbook, to_promotion, underway
from tests.unit.slack.painting import RISKY, in_slack, painted, posting, unchecked, whole_plan
from tests.unit.slack.rules import check_message, labels, says

ALICE: Actor = by("alice")


def card_text(story: Story) -> str:
    return says(unchecked(story)["card"].blocks)


def card_labels(story: Story) -> list[str]:
    return labels(unchecked(story)["card"].blocks)


def story_scene(story: Story) -> Scene:
    return Scene(story.incident, story.plan, story.now)


def declared(**fields: Any) -> Story:
    return Story(plan=in_slack()).declare(**fields)


def test_a_card_says_how_it_stands() -> None:
    """Sign, severity, system, regions, title, clocks, roles, progress, waiting, next update."""
    story = to_promotion()
    story.plan = in_slack()
    story.later(minutes=9)
    story.show("promote", whole_plan())
    shown = card_text(story)
    for said in (
        "🔴 INC-7 · SEV1 · A system · us-west-2 → us-east-1\n",
        "us-west-2 is down\n",
        "Back by 04:04 UTC · 9 min of 1 h used · estimate ",
        "Data objective 5 min · quoted at most 3 min 19 s (within)",
        "Commander @U0ALICE · Deputy nobody · Scribe nobody",
        "Runbook Fail over · 3 of 7 done",
        "Waiting for 2 approvals of Bob Adams, Carol Adams, Dave Adams, Erin Adams · promote (since 03:04 UTC)",
        "Next update 03:34 UTC",
    ):
        assert said in shown
    assert card_labels(story) == ["Take a role", "Update now", "Pause", "More…"]


def the_data(story: Story) -> str:
    return next(row for row in card_text(story).split("\n") if row.startswith("Data "))


def test_the_card_quotes_the_loss_before_it_is_approved() -> None:
    """The figure of the shown plan, with its reasoning, and whether the objective allows it."""
    story = to_promotion()
    story.plan = in_slack()
    assert the_data(story) == "Data objective 5 min"
    text = "at most 8 min 19 s: last heartbeat here 03:01:12Z, old primary proven fenced 03:09:31Z"
    story.show("promote", whole_plan(measurements=(Measurement(name="data_loss", text=text, value=499.0, unit="s"),)))
    assert the_data(story) == (
        "Data objective 5 min · quoted at most 8 min 19 s: last heartbeat here 03:01:12Z, "
        "old primary proven fenced 03:09:31Z (beyond)"
    )
    story.give(c.Cancel(actor=ALICE, reason="a false alarm"))
    assert "Data " not in card_text(story)


def test_before_a_plan_the_card_shows_what_the_check_of_the_replica_found() -> None:
    """The last heartbeat of a replica that is fit; the risk where it is not known to be."""
    for holds, known in ((True, "last heartbeat 03:01:12 UTC"), (None, RISKY.text)):
        story = underway(check("fit"), manual("go"), plan=in_slack())
        evidence = {"heartbeat": "2026-11-24T03:01:12Z", "data_loss": 2.0}
        found = Verdict(holds=holds, finding="As it is.", evidence=evidence, risks=() if holds else (RISKY,))
        story.begin("fit")
        story.look("fit", found, late=True)
        assert the_data(story) == f"Data objective 5 min · {known}"


def test_a_card_names_whom_no_message_reached() -> None:
    """The commander reads it there, and tells them."""
    story = declared()
    story.give(
        c.RecordDelivery(
            actor=BOT, delivery="d1", channel="email", person="bob", template="initial_notification", failure="No."
        )
    )
    assert "Not told Could not be told: Bob Adams by email. Tell them yourself." in card_text(story)


def test_the_card_is_pinned_and_comes_first() -> None:
    """It stands above everything else."""
    shown = painted(to_promotion())
    assert next(iter(shown)) == "card"
    assert [key for key, message in shown.items() if message.pin] == ["card"]


def test_the_card_changes_with_the_minute_not_with_the_second() -> None:
    """The clocks are not edited more often than people read them."""
    story = to_promotion()
    story.later(minutes=5, seconds=10)
    before = painted(story)["card"]
    story.later(seconds=30)
    assert painted(story)["card"] == before
    story.later(seconds=30)
    assert painted(story)["card"] != before


def test_a_card_beyond_the_objective_says_so() -> None:
    """What is late is said plainly."""
    story = declared()
    story.later(hours=1, minutes=12)
    assert "1 h 12 min of 1 h used · 12 min beyond it" in card_text(story)


def test_what_waits_leads_to_its_message() -> None:
    """A title among what is waited for is a link to the step."""
    blocks = painted(underway(manual("assess")))["card"].blocks
    urls = [p["url"] for b in blocks for e in b["elements"] for p in e.get("elements", []) if p.get("url")]
    assert urls == ["https://slack.test/archives/C0INC/step/R1/assess"]


def test_many_waits_are_counted() -> None:
    """Six are named, the others counted, so that the card stays a card."""
    story = underway(*(manual(f"step{n}", needs=[]) for n in range(9)))
    shown = card_text(story)
    assert "step5" in shown
    assert "step6" not in shown
    assert "and 3 more" in shown


def test_many_runs_are_counted() -> None:
    """Those that go on come before those that are over, so that the card stays a card."""
    books = {
        f"book{number}": runbook(manual("look")).model_copy(update={"id": f"book{number}"}) for number in range(1, 15)
    }
    story = Story(plan=in_slack(), runbooks=books).declare()
    for number in range(1, 15):
        story.start(runbook=f"book{number}")
        if number <= 3:
            story.done("look", run=f"R{number}")
    shown = card_text(story)
    assert "R14 Runbook" in shown
    assert "R1 Runbook" in shown
    assert "R2 Runbook" not in shown
    assert "And 2 more: /dr show INC-7" in shown


def test_a_newcomer_is_told_to_start_a_runbook() -> None:
    """Before a run the card says what to do, with the plan's own runbooks as far as they are loaded."""
    story = declared()
    assert "Next start a runbook: /dr start RUNBOOK" in card_text(story)
    assert card_labels(story)[0] == "Start a runbook…"
    system = story.plan.systems["database"].model_copy(update={"runbooks": ("failover", "recovery")})
    story.plan = story.plan.model_copy(update={"systems": {**story.plan.systems, "database": system}})
    assert "Next start a runbook: /dr start failover\n" in card_text(story)
    story.runbooks = {"recovery": FAILOVER, "other": FAILOVER, "failover": FAILOVER}
    assert "Next start a runbook: /dr start failover or /dr start recovery\n" in card_text(story)


def test_without_a_commander_somebody_is_asked_to_take_command() -> None:
    """What needs a commander would be refused otherwise."""
    assert "somebody takes command" in card_text(declared(person="frank-the-guest"))


def test_a_paused_run_can_be_resumed() -> None:
    """The button turns round, and no button of a former pause means the same."""
    story = underway(manual("assess"), plan=in_slack())
    first = painted(story)["card"].controls
    story.give(c.Pause(actor=ALICE, run="R1"))
    assert "paused" in card_text(story)
    assert "Resume" in card_labels(story)
    story.give(c.Resume(actor=ALICE, run="R1"))
    again = painted(story)["card"].controls
    pauses = {control.id for control in (*first, *again) if control.verb == "pause"}
    assert len(pauses) == 2


def test_several_runs_have_their_own_lines_and_buttons() -> None:
    """With two runs each line and each step says which one it is of."""
    other = runbook(manual("look"), name="other")
    story = Story(plan=in_slack(), runbooks={"failover": FAILOVER, "other": other})
    story.declare(systems=("database", "payments"))
    story.start()
    story.start(runbook="other", system="payments")
    shown = card_text(story)
    assert "R1 Runbook Fail over for A system · 0 of 7 done" in shown
    assert "R2 Runbook" in shown
    assert [label for label in card_labels(story) if label.startswith("Pause")] == ["Pause R1", "Pause R2"]
    assert says(painted(story)["step/R2/look"].blocks).startswith("R2 · 1 · look")


def test_a_running_step_is_named_on_the_card() -> None:
    """What the bot does now can be read without scrolling."""
    story = underway(action("dns")).launch("dns", "bob")
    assert "now: dns" in card_text(story)


def test_updates_that_are_not_planned_or_late_are_said() -> None:
    """`none` is said, and what is due is said to be due."""
    assert "Next update none is planned for SEV4" in card_text(declared(severity="sev4"))
    story = declared()
    story.later(minutes=31)
    assert "Next update is due since 03:34 UTC" in card_text(story)


def test_the_way_to_the_end_is_said() -> None:
    """Recovered, then mitigated, then to be resolved."""
    story = underway(manual("assess"), plan=in_slack()).done("assess")
    assert "/dr mitigate" in card_text(story)
    story.give(c.Mitigate(actor=ALICE))
    shown = card_text(story)
    assert shown.startswith("🟡")
    assert "Users are served again since 03:04 UTC" in shown
    assert "Recovered after 0 s of 1 h · within the objective" in shown
    assert "/dr resolve" in shown


def test_a_resolved_card_shows_the_chain_head() -> None:
    """The record can't be quietly rewritten afterwards; what is left to press is More."""
    story = underway(manual("assess"), plan=in_slack()).done("assess")
    story.later(hours=2)
    story.give(c.Resolve(actor=ALICE, text="*INC-7 is resolved*"))
    shown = card_text(story)
    assert shown.startswith("🟢")
    assert "Resolved at 05:04 UTC" in shown
    assert "beyond the objective" in shown
    assert f"Chain head {story.incident.head[:4]} {story.incident.head[4:8]} · event {story.incident.seq}" in shown
    assert "Waiting for" not in shown
    assert card_labels(story) == ["More…"]
    story.give(c.Close(actor=ALICE))
    assert card_text(story).startswith("⚪")
    assert "Closed at" in card_text(story)


def test_a_canceled_card_has_no_clock() -> None:
    """There was nothing to recover from."""
    story = declared()
    story.give(c.Cancel(actor=ALICE, reason="a false alarm"))
    shown = card_text(story)
    assert "Canceled at 03:04 UTC" in shown
    assert "Back by" not in shown
    assert "objective" not in shown


def test_a_drill_never_looks_like_the_real_thing() -> None:
    """Its own sign, and the word in the card, the announcement and every notification."""
    story = declared(drill=True, environment="staging")
    for key in ("card", "announcement"):
        message = painted(story)[key]
        assert says(message.blocks).startswith("🔵")
        assert "DRILL in staging" in says(message.blocks)
        assert "DRILL in staging" in message.text


def test_a_private_incident_is_not_announced() -> None:
    """The card says that it is private."""
    story = declared(private=True)
    assert "announcement" not in painted(story)
    assert "private" in card_text(story)


def test_the_announcement_follows_the_incident() -> None:
    """One message outside the channel, edited in place."""
    story = declared()
    first = painted(story)["announcement"]
    assert first.place == "announcements"
    assert "Declared by Alice Adams at 03:04 UTC." in says(first.blocks)
    assert "Recovery objective: back by 04:04 UTC." in says(first.blocks)
    assert labels(first.blocks) == ["Open channel", "Subscribe"]
    story.later(minutes=40)
    story.give(c.Mitigate(actor=ALICE))
    story.give(c.Resolve(actor=ALICE))
    story.give(c.Close(actor=ALICE))
    last = says(painted(story)["announcement"].blocks)
    assert "Users are served again since 03:44 UTC, after 40 min, within the objective of 1 h." in last
    assert "Resolved at 03:44 UTC." in last
    assert "Closed at 03:44 UTC." in last
    assert labels(painted(story)["announcement"].blocks) == ["Open channel"]


def test_who_reads_along_gets_what_comes_after() -> None:
    """An account outside the plan gets each later update and the resolution as a message of its own, fixed."""
    story = declared()
    story.give(c.PostUpdate(actor=ALICE, number=1, text="before"))
    story.give(c.Subscribe(actor=Actor(slack="U0FRANK", via="slack")))
    texts = {"update/1": "before", "update/2": "after", f"resolution/{story.incident.seq + 1}": "it is over"}
    shown = {key: message for key, message in painted(story, texts).items() if message.place == "direct"}
    assert [says(message.blocks) for message in shown.values()] == ["after", "it is over"]
    assert {(message.to, message.fixed) for message in shown.values()} == {("U0FRANK", True)}


def test_each_turn_is_posted_once_with_the_head_of_the_chain() -> None:
    """Whoever keeps it can prove later that the record is the one of that night. It says what it said whenever it is painted."""
    story = declared()
    story.later(minutes=40)
    story.give(c.Mitigate(actor=ALICE))
    turn = posting(story, "mitigated/2", "")
    story.later(minutes=5)
    story.give(c.Reopen(actor=ALICE, reason="The *errors* are back"))
    said = says(milestone(story_scene(story), "mitigated/2", turn).blocks)
    assert said.startswith(
        "🟡 INC-7 mitigated at 03:44 UTC, after 40 min (objective 1 h)\nUsers are served again.\nChain"
    )
    assert f"Chain head {spaced(turn.head)} · event 2" in said
    shown = painted(story, {"mitigated/2": "", "update/1": "text", "reopened/3": "The *errors* are back"})
    reopened = says(shown["reopened/3"].blocks)
    assert reopened.startswith("🔴 INC-7 reopened at 03:49 UTC\nThe *errors* are back\nChain head")
    assert [key for key in shown if "/" in key][:3] == ["mitigated/2", "update/1", "reopened/3"]
    assert all(shown[key].fixed for key in ("mitigated/2", "reopened/3"))


def test_nobody_is_served_by_a_drill() -> None:
    """Its turns have its own sign and word."""
    story = declared(drill=True, environment="staging")
    said = says(painted(story, {"mitigated/2": ""})["mitigated/2"].blocks)
    assert said.startswith("🔵 INC-7 mitigated at 03:04 UTC, after ")
    assert "DRILL in staging" in said
    assert "Users" not in said


def test_who_only_reads_has_a_channel_for_what_is_posted() -> None:
    """The same words, neither of a private incident nor of a drill."""
    texts = {"initial_notification": "*INC-7*", "update/1": "All is well."}
    shown = painted(declared(), texts)
    assert shown["broadcast/update/1"].place == "broadcasts"
    assert shown["broadcast/update/1"].blocks == shown["update/1"].blocks
    for quiet in (declared(private=True), declared(drill=True, environment="staging")):
        assert not any(message.place == "broadcasts" for message in painted(quiet, texts).values())


@pytest.mark.parametrize("where", ["", "broadcast/", "direct/U0FRANK/"])
def test_after_an_outage_the_newest_update_stands_for_those_that_are_late(where: str) -> None:
    """In each channel by itself: what stands in one may be missing in the other."""
    story = declared()
    story.give(c.Subscribe(actor=Actor(slack="U0FRANK", via="slack")))
    wanted = painted(story, {f"update/{number}": "text" for number in (1, 2, 3, 4)})
    standing = wanted.keys() - {f"{where}update/2", f"{where}update/3"}
    shown = caught_up(wanted, {"update/1", "update/2", "update/3"}, standing)
    assert wanted.keys() - shown.keys() == {f"{where}update/2", f"{where}update/3"}
    assert "Not shown here: the updates 2, 3." in str(shown[f"{where}update/4"].blocks)
    other = "" if where else "broadcast/"
    assert shown[f"{other}update/4"] == wanted[f"{other}update/4"]


def test_nothing_leads_to_a_channel_that_is_not_there_yet() -> None:
    """The first announcement goes out before anything else is posted."""
    story = declared()
    shown = surfaces(story.incident, {}, story.plan, story.now, Links())
    check_message(shown["announcement"])
    assert labels(shown["announcement"].blocks) == ["Subscribe"]


def test_what_goes_out_is_shown_word_for_word_and_once() -> None:
    """Bold stays bold, addresses are links, and a posted text is never edited."""
    text = "*INC-7 · SEV1 · A system*: update 1\n\n*Current status.* See https://status.example.com/x. 2*3*4 `raw"
    story = declared()
    texts = {"initial_notification": "*INC-7*\nIt begins.", "update/1": text, "resolution": "*INC-7 is resolved*"}
    shown = painted(story, texts)
    told = ["initial_notification", "update/1", "resolution"]
    assert list(shown) == ["card", "announcement", *told, *(f"broadcast/{key}" for key in told)]
    update = shown["update/1"]
    assert update.fixed
    assert "Current status. See https://status.example.com/x. 2*3*4 `raw" in says(update.blocks)
    assert "INC-7 · SEV1 · A system: update 1" in says(update.blocks)
    assert "Chain head" in says(shown["resolution"].blocks)


def test_a_text_of_any_length_is_one_post_that_says_that_it_was_cut() -> None:
    """Slack's limits hold; a reader is not left to guess."""
    shown = painted(declared(), {"update/1": "All is well. " * 4000})
    assert says(shown["update/1"].blocks).endswith("… (cut)")


def test_messages_come_in_the_order_of_the_runbook() -> None:
    """What is first in the runbook is posted first; updates follow."""
    shown = painted(to_promotion(), {"update/1": "*INC-7*: update 1"})
    steps = [f"step/R1/{step}" for step in ("assess", "fit", "fence", "promote")]
    assert list(shown) == ["card", "announcement", "run/R1", *steps, "update/1", "broadcast/update/1"]


def test_moments_far_away_have_their_date() -> None:
    """A deadline in four days is not taken for tonight."""
    plan = in_slack()
    objectives = plan.systems["database"].objectives.model_copy(update={"rto": timedelta(days=4)})
    system = plan.systems["database"].model_copy(update={"objectives": objectives})
    story = Story(plan=plan.model_copy(update={"systems": {**plan.systems, "database": system}})).declare()
    assert "Back by 28 Nov 03:04 UTC" in card_text(story)
    assert START.day == 24


def test_a_check_in_another_phase_counts_as_progress_too() -> None:
    """All steps of a run are counted."""
    story = underway(manual("assess"), check("watch", phase="post_recovery")).done("assess")
    assert "1 of 2 done" in card_text(story)


def test_a_run_that_waits_for_another_system_says_so() -> None:
    """What has to be recovered first is named at the run."""
    story = Story(plan=in_slack()).declare(systems=("database", "orders"))
    story.start(system="database")
    story.start(system="orders")
    assert "R2 Runbook Fail over for A system · 0 of 7 done · waits for the recovery of A system" in card_text(story)


def test_a_reopened_incident_starts_anew() -> None:
    """A run that was over before ends nothing any more: what comes next is a runbook, not to say that all is well."""
    story = underway(manual("look"), plan=in_slack()).done("look")
    story.give(c.Mitigate(actor=ALICE))
    story.give(c.Resolve(actor=ALICE))
    story.later(minutes=5)
    story.give(c.Reopen(actor=ALICE, reason="It broke again"))
    assert "Next start a runbook" in card_text(story)
    assert "Start a runbook…" in card_labels(story)
    assert "Mitigate" not in labels(unchecked(story)["step/R1/look"].blocks)
    story.start()
    assert "Next start a runbook" not in card_text(story)
