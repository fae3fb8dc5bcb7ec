"""Who may do anything that counts: what Slack says of an account, now and then for the plan's people, else at once."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from bot.config.checking import Paths, load
from bot.domain.errors import Refused
from bot.domain.plan import RecoveryPlan
from bot.playground.workspace.workspace import Workspace
from bot.slack.chat import Chat
from bot.slack.identity import Members

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def plan() -> RecoveryPlan:
    return load(Paths(ROOT / "plan.yml", ROOT / "runbooks", ROOT / "templates"), {}).plan


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with Workspace.running(limits=False) as running:
        yield running


@pytest.fixture
def members(workspace: Workspace, plan: RecoveryPlan) -> Members:
    return Members(Chat(workspace.bot_token, workspace.api_url), plan)


def test_who_was_looked_up_just_now_is_not_asked_about_again(workspace: Workspace, members: Members) -> None:
    """One look serves for half a minute, so that an acknowledgement hardly ever waits for Slack."""
    for _ in range(3):
        members.check("U0BOB", "T0DR")
    assert len(workspace.ledger.of("users.info")) == 1


def test_a_person_of_the_plan_is_looked_up_like_anybody(workspace: Workspace, members: Members) -> None:
    """Nothing is known after a restart, and a person may have become a guest since: who is a guest is refused."""
    workspace.person("U0BOB").is_restricted = True
    with pytest.raises(Refused, match="guest"):
        members.check("U0BOB", "T0DR")


def test_what_is_known_of_a_person_grows_old(
    workspace: Workspace, members: Members, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has become a guest since the last look is refused at the click, once that look is too long ago."""
    members.check("U0BOB", "T0DR")
    workspace.person("U0BOB").is_restricted = True
    members.check("U0BOB", "T0DR")
    monkeypatch.setattr("bot.slack.identity.KEEP_SECONDS", 0.0)
    with pytest.raises(Refused, match="guest"):
        members.check("U0BOB", "T0DR")


def test_a_silent_slack_is_waited_for_once(workspace: Workspace, members: Members) -> None:
    """The first click of a person of the plan waits for Slack for a moment, the next ones don't, whosever they are."""
    members.identify()
    workspace.faults.add("hang", "users.info", seconds=30.0)
    for account in ("U0BOB", "U0BOB", "U0CAROL"):
        members.check(account, "T0DR")
    assert len(workspace.ledger.of("users.info")) <= 1


def test_a_background_look_finds_out_that_slack_is_silent(workspace: Workspace, members: Members) -> None:
    """After it no click of a person of the plan waits."""
    members.identify()
    workspace.faults.add("hang", "users.info", seconds=30.0)
    workspace.faults.add("hang", "usergroups.users.list", seconds=30.0)
    members.refresh()
    members.check("U0BOB", "T0DR")
    assert "U0BOB" not in [entry.args.get("user") for entry in workspace.ledger.of("users.info")]


def test_who_became_a_guest_is_refused_within_minutes(workspace: Workspace, members: Members) -> None:
    """One look-up a call, whoever was not looked up for the longest time, goes round all of the plan's people."""
    workspace.person("U0BOB").is_restricted = True
    for _ in range(6):  # and the one Slack group
        members.refresh()
    assert {entry.args["user"] for entry in workspace.ledger.of("users.info")} == {
        "U0ALICE",
        "U0BOB",
        "U0CAROL",
        "U0DAVE",
        "U0ERIN",
    }
    members.check("U0ALICE")
    with pytest.raises(Refused, match="guest"):
        members.check("U0BOB")


def test_while_slack_is_silent_nobody_of_the_plan_is_locked_out(workspace: Workspace, members: Members) -> None:
    """What was known of them stays; others can't be known and are refused with the way on."""
    workspace.go_away()
    members.refresh()
    members.check("U0BOB")
    with pytest.raises(Refused, match="could not say who you are") as caught:
        members.check("U0SOMEBODY")
    assert "Nothing was recorded" in caught.value.advice


def test_an_account_that_slack_does_not_know_holds_up_nobody(workspace: Workspace, plan: RecoveryPlan) -> None:
    """One mistyped id in the recovery plan is looked up in its turn, like everybody, and counts nothing."""
    people = {**plan.people, "alice": plan.people["alice"].model_copy(update={"slack": "U0MISTYPED"})}
    members = Members(Chat(workspace.bot_token, workspace.api_url), plan.model_copy(update={"people": people}))
    workspace.person("U0BOB").is_restricted = True
    for _ in people:
        members.refresh()
    with pytest.raises(Refused, match="guest"):
        members.check("U0BOB")
    with pytest.raises(Refused, match="not of our workspace"):
        members.check("U0MISTYPED")


def test_a_look_up_that_fails_lets_the_next_have_a_turn(workspace: Workspace, members: Members) -> None:
    """Everybody is tried, though Slack answers no look-up."""
    workspace.remove_scope("users:read")
    for _ in range(6):  # and the one Slack group
        members.refresh()
    assert len({entry.args["user"] for entry in workspace.ledger.of("users.info")}) == 5


def test_a_crowd_of_one_person_s_requests_waits_for_one_look(workspace: Workspace, members: Members) -> None:
    """Whether Slack answers in time or not: twenty requests to it would keep each other waiting."""
    members.identify()
    members.at_once = 10
    workspace.faults.add("latency", seconds=1.0)
    workspace.at_once([partial(members.check, "U0BOB")] * 20)
    assert len(workspace.ledger.of("users.info")) == 1
    workspace.faults.clear()
    workspace.faults.add("hang", seconds=30.0)

    def refused() -> None:
        with pytest.raises(Refused, match="could not say who you are"):
            members.check("U0SOMEBODY")

    begun = time.monotonic()
    workspace.at_once([refused] * 20)
    assert len(workspace.ledger.of("users.info")) == 2
    assert time.monotonic() - begun < 10  # one after the other they would take thirty seconds


def test_nobody_waits_longer_than_one_deadline(workspace: Workspace, members: Members) -> None:
    """Who we are and who somebody is are asked within a second and a half, both together."""
    workspace.faults.add("latency", seconds=0.9)
    with pytest.raises(Refused, match="could not say who you are"):
        members.check("U0SOMEBODY")


def test_a_word_that_counts_like_an_approval_is_checked_at_once(
    workspace: Workspace, members: Members, plan: RecoveryPlan
) -> None:
    """A person of the plan who became a guest is refused at once; where Slack is silent, dr is the way on."""
    patient = Members(Chat(workspace.bot_token, workspace.api_url), plan, at_once=10)
    patient.check_now("U0BOB")
    workspace.person("U0BOB").is_restricted = True
    with pytest.raises(Refused, match="guest"):
        patient.check_now("U0BOB")
    workspace.faults.add("hang", seconds=30.0)
    begun = time.monotonic()
    with pytest.raises(Refused, match="could not say in time who you are") as caught:
        members.check_now("U0CAROL")
    assert time.monotonic() - begun < 3  # where nobody waits Slack has five, its turn included
    assert "dr" in caught.value.advice
