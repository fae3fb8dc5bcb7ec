"""Drafts: every section is written from the incident itself, and people's words go before the bot's."""

from datetime import timedelta

import pytest

from bot.comms.drafts import SECTIONS, UNWRITTEN
from bot.comms.preview import preview
from bot.comms.update_draft import challenges, current_status, eta, progress
from bot.comms.view import View
from bot.domain import commands as c
from bot.domain.changes import Risk, Verdict
from bot.domain.timeline import BOT
from tests.unit.builders import FAILS, UNKNOWN, Story, a_plan, by, check, recovery_plan, underway, unmet_plan
from tests.unit.comms_builders import (
    QUOTED,
    messages,
    night,
    project_plan,
    project_templates,
    promoted,
    template,
)

STORYBOARD = """\
*INC-7 · SEV1 · Customer Database*: update 1

*Current status.* The recovery is under way since 03:04: Fail over to the recovery region. \
Done: *Promote the replica* (03:11) and *Point DNS at the recovery region* (03:13).
*Progress.* 3 of 5 steps. Now: *Validate: everything must hold*, for 21 min (4 of 5 checks green).
*Challenges.* None that the bot knows of.
*ETA.* Back by 03:34, 30 min before the objective.
Next update by 04:04."""


def view(story: Story) -> View:
    return View(story.incident, story.plan, story.now)


def shown(story: Story, step: str) -> Story:
    """A started runbook whose promotion has its plan shown."""
    story.start(system="customer-database")
    story.done("assess")
    story.show(step)
    return story


def test_the_storyboards_update_comes_out_of_the_timeline() -> None:
    """At 03:34 the update says what was done, what runs and since when, and how that stands to the objective."""
    story = promoted()
    story.look("validate", Verdict(holds=False, finding="4 of 5 checks green."))
    story.later(minutes=21)
    text, sections = messages().update(story.incident, story.now)
    assert text == STORYBOARD
    assert sections.keys() == {"current_status", "progress", "challenges", "eta"}


def test_people_go_before_the_bot() -> None:
    """A section that a person drafted replaces the bot's; the others stay."""
    story = promoted()
    story.give(c.DraftUpdate(actor=by("alice"), sections={"current_status": "The shop answers from us-east-1."}))
    text, sections = messages().update(story.incident, story.now)
    assert "*Current status.* The shop answers from us-east-1.\n*Progress.* 3 of 5 steps." in text
    assert sections["current_status"] == "The shop answers from us-east-1."


@pytest.mark.parametrize(("late", "said"), [(0, None), (59, None), (60, 1), (29 * 60, 1), (31 * 60, 2)])
def test_an_update_after_an_outage_says_what_it_catches_up_on(late: int, said: int | None) -> None:
    """A minute late is one missed; each further interval one more; on time there is no word of it."""
    story = night()
    story.later(minutes=30, seconds=late)
    text, _ = messages().update(story.incident, story.now)
    assert (f"(catching up on {said})" in text) if said else ("catching up" not in text)


def test_who_is_waited_for_is_named_with_how_long() -> None:
    """Missing approvals name those who may still give them."""
    story = shown(night(), "promote")
    story.later(minutes=3)
    story.approve("promote", "bob")
    said = progress(view(story))
    assert "*Promote the replica* waits for 1 approval of Carol Chen, Dave Diaz, Erin Evans, for 3 min." in said


def test_a_manual_step_waits_for_somebody() -> None:
    """Before anything is done the update says what is to be done, and that nothing has been changed."""
    story = night()
    story.start(system="customer-database")
    story.later(minutes=3)
    assert progress(view(story)) == "0 of 5 steps. *Assess the situation* waits for somebody to do it, for 3 min."
    assert current_status(view(story)).endswith("Nothing has been changed yet.")


def test_without_a_runbook_the_update_says_so() -> None:
    """No run: no estimate, the objective instead, and what was declared."""
    story = night()
    story.later(minutes=10)
    assert current_status(view(story)).startswith("No runbook has been started; Customer Database: us-west-2 is down")
    assert eta(view(story)) == "No estimate: no runbook is going on. The objective is 04:04, in 50 min."


def test_a_blocked_step_is_a_challenge_with_its_reason() -> None:
    """What blocks is quoted, and the estimate is conditional on it."""
    story = night()
    story.start(system="customer-database")
    story.done("assess")
    story.show("promote", unmet_plan(None))
    assert challenges(view(story)) == (
        "*Promote the replica* is blocked: A precondition is not known to hold. Not known: The replica replays."
    )
    assert eta(view(story)).startswith("Back by 03:18 if *Promote the replica* goes on now, 46 min before")


def test_a_failed_check_is_a_challenge() -> None:
    """The check's own finding stands in the update."""
    story = promoted()
    story.look("validate", FAILS, late=True)
    assert challenges(view(story)) == "*Validate: everything must hold* failed: It answers 500."
    assert current_status(view(story)).startswith("The recovery does not go on by itself: Fail over")


def test_a_call_in_doubt_is_a_challenge() -> None:
    """In doubt is said with its reason."""
    story = night()
    story.start(system="customer-database")
    story.done("assess")
    story.launch("promote", "bob", "carol")
    story.bot(c.Doubt, "promote", reason="The bot was restarted while the change was being sent")
    assert challenges(view(story)) == (
        "*Promote the replica* is in doubt: The bot was restarted while the change was being sent."
    )


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (UNKNOWN, "May have changed something: *Promote the replica* (unproven)."),
        (FAILS, "May have changed something: *Promote the replica* (failed)."),
    ],
)
def test_a_change_that_is_not_proven_is_no_unchanged_world(verdict: Verdict, said: str) -> None:
    """What a call may have changed is named until it is proven or taken back."""
    story = night()
    story.start(system="customer-database")
    story.done("assess")
    assert current_status(view(story)).endswith("Nothing has been changed yet.")
    story.launch("promote", "bob", "carol")
    assert current_status(view(story)).endswith("May have changed something: *Promote the replica* (running).")
    story.bot(c.Applied, "promote", result={})
    story.look("promote", verdict, late=True)
    assert current_status(view(story)).endswith(said)


def test_a_call_that_was_refused_changed_nothing() -> None:
    """Refused for certain is no doubt."""
    story = night()
    story.start(system="customer-database")
    story.done("assess")
    story.launch("promote", "bob", "carol")
    story.bot(c.NotDone, "promote", reason="Access denied.")
    assert current_status(view(story)).endswith("Nothing has been changed yet.")


def test_who_could_not_be_told_is_a_challenge_until_a_message_arrives() -> None:
    """By name and channel; a later message to the same person over that channel ends it."""
    story = night()
    delivery = {"delivery": "d1", "person": "bob", "template": "initial_notification", "channel": "email"}
    story.give(c.RecordDelivery(actor=BOT, failure="There is no SMTP_URL.", **delivery))
    assert challenges(view(story)) == "Could not be told: Bob Brown by email. Tell them yourself."
    story.give(c.RecordDelivery(actor=BOT, **{**delivery, "channel": "slack"}))
    assert "Bob Brown by email" in challenges(view(story))
    story.give(c.RecordDelivery(actor=BOT, **{**delivery, "delivery": "d2"}))
    assert challenges(view(story)) == "None that the bot knows of."


def test_an_accepted_risk_is_told() -> None:
    """Who accepted a risk, and in which words."""
    story = night()
    story.start(system="customer-database")
    story.done("assess")
    story.show("promote", a_plan(risks=(Risk(name="data_loss", text="everything after 02:01:12Z may be lost"),)))
    story.person(c.AcceptRisk, "promote", "bob", reason="the primary stopped answering at 03:02")
    said = "Risk accepted by Bob Brown for *Promote the replica*: the primary stopped answering at 03:02."
    assert challenges(view(story)) == said


def test_what_is_beyond_the_objective_is_said() -> None:
    """After the deadline the update says since when, and the estimate how far beyond."""
    story = promoted()
    story.later(minutes=62)
    assert challenges(view(story)).startswith("The objective of 1 h was passed at 04:04.")
    assert eta(view(story)) == "Back by 04:15, 11 min beyond the objective."


def test_mitigated_means_users_are_served() -> None:
    """From mitigated on the clock stands."""
    story = promoted()
    story.look("validate")
    story.later(minutes=4)
    story.give(c.Mitigate(actor=by("alice")))
    story.later(minutes=20)
    assert current_status(view(story)) == "Users are served again since 03:17. Steps left: 1."
    assert eta(view(story)) == "Back since 03:17, 47 min before the objective."


def test_several_runs_are_counted_apart() -> None:
    """Two systems: two counts, each under its system's title."""
    story = night(systems=("customer-database", "order-management"))
    story.start(system="customer-database")
    story.start(system="order-management")
    assert progress(view(story)).startswith("Customer Database: 0 of 5 steps. Order Management: 0 of 5 steps.")


def test_a_paused_recovery_says_so() -> None:
    """Pause is the first thing that the update says."""
    story = promoted()
    story.give(c.Pause(actor=by("alice"), run="R1"))
    assert current_status(view(story)).startswith("The recovery is paused: Fail over")


def test_an_incident_without_a_commander_says_so() -> None:
    """Nobody in command is a challenge."""
    story = night()
    story.give(c.Assign(actor=by("alice"), role="commander", person=None))
    assert challenges(view(story)) == "Nobody commands."


def test_the_initial_notification_is_drafted() -> None:
    """What, how bad, what was done, who leads, and when more comes."""
    story = night(description="The primary does not answer.")
    text = messages().message("initial_notification", story.incident, story.now, {})
    assert text.splitlines() == [
        "*INC-7 · SEV1 · Customer Database*",
        "",
        "*What is happening.* The primary does not answer.",
        "*Initial assessment.* SEV1 (A critical system is down) since 03:04. "
        "Objective: back by 04:04, at most 5 min of data lost.",
        "*Actions taken.* Declared by Alice Adams at 03:04. No runbook has been started.",
        "*Next steps.* Alice Adams commands. Next: choose and start a runbook. The first update comes by 03:34.",
    ]


def test_the_resolution_is_drafted_with_what_was_measured() -> None:
    """The recovery time is measured, the loss as quoted to the approvers, and what is left to do is listed."""
    story = promoted()
    story.look("validate")
    story.later(minutes=30)
    text = messages().message("resolution", story.incident, story.now, {"lessons": "Rehearse the fence."})
    assert text.splitlines() == [
        "*INC-7 is resolved* after 39 min (objective 1 h).",
        "",
        "*Resolution.* Fail over to the recovery region: 4 of 5 steps. "
        "Changed: *Promote the replica* (03:11) and *Point DNS at the recovery region* (03:13).",
        "*Impact.* Customer Database: 39 min from 03:04 (objective 1 h). "
        "Data loss: not measured; quoted: at most 8 min 19 s: last heartbeat here 02:01:12Z.",
        "*Follow-up.* Still to do: *Review the incident*.",
        "*Lessons learned.* Rehearse the fence.",
    ]


def test_a_measured_loss_is_told_beside_the_quote() -> None:
    """Where a step's result holds the loss in seconds, the resolution says both."""
    story = night()
    story.start(system="customer-database")
    story.done("assess")
    story.launch("promote", "bob", "carol", plan=a_plan(measurements=(QUOTED,)))
    story.bot(c.Applied, "promote", result={"data_loss": 48})
    story.look("promote")
    text = messages().message("resolution", story.incident, story.now, {})
    assert "Data loss: 48 s measured; quoted: at most 8 min 19 s: last heartbeat here 02:01:12Z." in text


def test_lessons_name_what_went_otherwise_than_planned() -> None:
    """A step that took more than twice what was expected is a lesson."""
    text = messages().message("resolution", promoted().incident, promoted().now, {})
    assert "*Promote the replica* took 5 min; 2 min were expected." in text


def test_to_look_again_is_no_lesson() -> None:
    """A check that could not know at first was asked again, and then held."""
    story = underway(check("w"))
    story.begin("w")
    story.look("w", UNKNOWN, late=True)
    story.person(c.Retry, "w", "alice")
    story.begin("w")
    story.look("w")
    assert story.step("w").state == "completed"
    assert len(story.step("w").attempts) == 2
    assert "attempts" not in messages().message("resolution", story.incident, story.now, {})


def test_a_section_of_the_authors_own_is_left_to_people() -> None:
    """A required section that the bot can't draft says that nobody wrote it, or what somebody did."""
    own = template("{{ customers_told }}", "status_update", required=["customers_told"])
    story = night()
    assert messages(templates=own).update(story.incident, story.now)[0] == UNWRITTEN
    story.give(c.DraftUpdate(actor=by("alice"), sections={"customers_told": "By the status page."}))
    assert messages(templates=own).update(story.incident, story.now)[0] == "By the status page."


def test_every_draft_can_be_made_of_a_bare_incident() -> None:
    """No section fails for want of runs, commander, description or a next update."""
    story = Story(plan=recovery_plan()).declare("stranger", severity="sev4")
    for name, draft in SECTIONS.items():
        assert draft(View(story.incident, story.plan, story.now + timedelta(days=3))), name


def test_an_update_without_a_rhythm_promises_no_next_one() -> None:
    """A severity with `updates: none` can be told about by hand."""
    story = night(severity="sev4")
    assert messages().update(story.incident, story.now)[0].endswith("No further update is planned.")


@pytest.mark.parametrize("name", sorted(project_templates()))
def test_every_template_of_the_project_previews(name: str) -> None:
    """A made-up incident fills each text of each template."""
    shown = preview(project_templates()[name], project_plan())
    assert shown["body"]
    assert shown["subject"]
    assert "\n" not in shown["subject"]
