"""Who may do anything that counts: what Slack says of an account, now and then for the plan's people, else at once."""

from collections.abc import Iterator
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


def test_a_person_of_the_plan_is_not_waited_for(workspace: Workspace, members: Members) -> None:
    """Nothing is asked before an acknowledgement."""
    members.check("U0BOB", "T0DR")
    assert len(workspace.ledger.of("users.info")) == 0


def test_who_became_a_guest_is_refused_within_minutes(workspace: Workspace, members: Members) -> None:
    """One look-up a call, whoever was not looked up for the longest time, goes round all of the plan's people."""
    workspace.person("U0BOB").is_restricted = True
    for _ in range(5):
        members.refresh_people()
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
    members.refresh_people()
    members.check("U0BOB")
    with pytest.raises(Refused, match="could not say who you are") as caught:
        members.check("U0SOMEBODY")
    assert "Nothing was recorded" in caught.value.advice
