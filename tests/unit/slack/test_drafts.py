"""The draft of the next update: to the scribe or the commander alone, with the ways to be faster."""

from datetime import timedelta

from bot.domain import commands as c
from bot.domain.cadence import draft_moment, next_update
from tests.unit.builders import by, recovery_plan, underway
from tests.unit.slack.painting import in_slack, painted
from tests.unit.slack.rules import labels, says

DRAFT = {"draft/1": "*INC-7*: update 1\n*Current status.* The database is down."}


def test_the_draft_goes_to_the_commander_alone() -> None:
    """Said when it goes out, that nobody has to do anything, and what it will say."""
    message = painted(underway(plan=in_slack()), DRAFT)["draft/1"]
    assert (message.place, message.to) == ("direct", "U0ALICE")
    assert "The update for INC-7 goes out at 03:34 UTC." in says(message.blocks)
    assert "it posts itself if nobody touches it" in says(message.blocks)
    assert "The database is down." in says(message.blocks)
    assert labels(message.blocks) == ["Post update", "Edit…"]


def test_the_scribe_comes_before_the_commander() -> None:
    """Whoever was given the writing is asked, not whoever has the most to do."""
    told = underway(plan=in_slack())
    told.give(c.Assign(actor=by("alice"), role="scribe", person="bob"))
    assert painted(told, DRAFT)["draft/1"].to == "U0BOB"


def test_a_draft_is_shown_as_long_before_as_the_plan_says() -> None:
    """Five minutes before it goes out, say; never where the severity says nothing."""
    told = underway()
    due = next_update(told.incident)
    assert due
    assert draft_moment(told.incident, told.plan) is None
    drafted = {"sev1": {"title": "Down", "updates": {"every": "30m", "draft_before": "5m"}}}
    plan = recovery_plan(severities=drafted)
    assert draft_moment(told.incident, plan) == due - timedelta(minutes=5)
