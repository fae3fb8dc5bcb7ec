"""Members of a team by its Slack group: looked up live at the click, and again before the call."""

from collections.abc import Iterator
from typing import Any

import pytest

from bot.domain import commands as c
from bot.domain.events import ApprovalGiven
from bot.store import chat as rows
from tests.integration.slack.world import ALICE, CAROL, DAVE, ERIN, FRANK, SlackWorld, slack_world

GROUP = "S0DRTEAM"


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory, counter: Iterator[int]) -> Iterator[SlackWorld]:
    """Bob alone is named as an approver; whoever is in the Slack group is one too."""
    directory = tmp_path_factory.mktemp("groups")
    teams = {"approvers": {"members": ["bob"], "slack_group": GROUP}, "leads": {"members": ["alice"]}}
    more: dict[str, Any] = {
        "teams": teams,
        "notifications": {"sev1": {"recipients": ["approvers"], "channels": ["email"]}},
    }
    with slack_world(f"sqlite:///{directory}/dr.db", directory, counter, **more) as world:
        yield world


def to_approval(world: SlackWorld) -> int:
    number = world.started("risky")
    world.wait("flip", "pending_approval", number=number)
    return number


def join(world: SlackWorld, *users: str) -> None:
    world.workspace.core.state.groups[GROUP].users[:] = users


def test_who_joined_the_group_may_approve_at_once(world: SlackWorld) -> None:
    """Nobody has looked at the group since Carol joined it: the look-up at her click does."""
    number = to_approval(world)
    join(world, ALICE, CAROL)
    assert world.press(CAROL, "step/R1/flip", "approve", number).ok
    world.wait("flip", "completed", number=number)
    events = [row.event for row in world.lab.desk.timeline(f"INC-{number}")]
    assert [event.person for event in events if isinstance(event, ApprovalGiven)] == ["carol"]


def test_who_joined_the_group_gets_the_form_at_once(world: SlackWorld) -> None:
    """A word that a form asks for is refused early only after one more look at the group."""
    number = to_approval(world)
    join(world, CAROL)
    assert world.press(CAROL, "step/R1/flip", "decline", number).ok
    assert world.submit(CAROL, world.opened(CAROL), reason="Not now.").ok
    world.waited(lambda: "ApprovalDeclined" in world.types(number), "her no was not counted")


def test_who_is_in_neither_is_told_who_may(world: SlackWorld) -> None:
    """The look-up finds Dave nowhere; the declarer is refused without one, though the group has them."""
    number = to_approval(world)
    join(world, ALICE, CAROL)
    channel = world.channel(number)
    assert world.press(DAVE, "step/R1/flip", "approve", number).ok
    world.heard(DAVE, "You are not in approvers. Waiting for Bob Tester or Carol Tester.", channel)
    assert world.press(ALICE, "step/R1/flip", "approve", number).ok
    world.heard(ALICE, "You declared it.", channel)
    assert world.types(number).count("ApprovalOffered") == 1


def test_who_left_the_group_does_not_count_at_the_call(world: SlackWorld) -> None:
    """Carol approved a paused run and left the team before it was resumed: before the call she is looked up again."""
    join(world, CAROL, ERIN)
    number = to_approval(world)
    world.lab.give(world.incident(number), c.Pause, "alice", run="R1")
    assert world.press(CAROL, "step/R1/flip", "approve", number).ok
    world.waited(lambda: "carol" in world.step("flip", number=number).approved_by, "carol does not count")
    join(world, ERIN)
    world.lab.give(world.incident(number), c.Resume, "alice", run="R1")
    world.waited(lambda: "ApprovalRejected" in world.types(number), "an approval of somebody who left counts")
    assert not world.lab.board.calls
    assert world.press(ERIN, "step/R1/flip", "approve", number).ok
    world.wait("flip", "completed", number=number)


@pytest.mark.parametrize("fault", [("status", {"status": 503}), ("error", {"error": "missing_scope"})])
def test_a_silent_group_is_asked_again(world: SlackWorld, fault: tuple[Any, dict[str, Any]]) -> None:
    """While Slack does not say who is in the group, the approval waits; then it counts."""
    join(world, CAROL)
    number = to_approval(world)
    kind, options = fault
    world.workspace.faults.add(kind, "usergroups.users.list", **options)
    assert world.press(CAROL, "step/R1/flip", "approve", number).ok
    world.waited(lambda: "ApprovalOffered" in world.types(number), "nothing was offered")
    assert world.step("flip", number=number).approved_by == ()
    world.workspace.faults.clear()
    world.wait("flip", "completed", number=number)


def test_a_group_that_is_gone_takes_nobody_s_own_place(world: SlackWorld) -> None:
    """Whom the plan names stays a member."""
    del world.workspace.core.state.groups[GROUP]
    number = to_approval(world)
    assert world.press("U0BOB", "step/R1/flip", "approve", number).ok
    world.wait("flip", "completed", number=number)


def test_who_joined_a_team_is_waited_for_and_told(world: SlackWorld) -> None:
    """Groups are read before people, so what is asked next names those who joined."""
    join(world, ERIN, "U0STRANGER")
    world.front.members.refresh()
    number = to_approval(world)
    assert world.step("flip", number=number).waits_for == ("bob", "erin")


def test_the_team_that_the_step_s_plan_named_still_decides(world: SlackWorld) -> None:
    """The recovery plan has another team decide by now: the group of the one that was shown is read all the same."""
    number = to_approval(world)
    plan = world.lab.desk.plan
    approvals = plan.approvals.model_copy(update={"approvers": "leads"})
    object.__setattr__(world.lab.desk, "plan", plan.model_copy(update={"approvals": approvals}))
    join(world, CAROL)
    assert world.dr("skip flip done by hand", CAROL, world.channel(number)) == "`flip` is skipped."
    world.wait("flip", "skipped", number=number)


def test_a_group_brings_nobody_into_a_private_incident(world: SlackWorld) -> None:
    """Of the group come those whom the recovery plan names; into an incident that is not private come all."""
    join(world, CAROL, FRANK)

    def members(number: int) -> set[str]:
        return set(world.workspace.channel(world.channel(number)).members)

    known = world.declared()
    world.waited(lambda: FRANK in members(known), "the group was not invited")
    hidden = world.declared(private=True)
    world.waited(lambda: invited(world, hidden), "nobody was invited")
    assert FRANK not in members(hidden)


def invited(world: SlackWorld, number: int) -> bool:
    """Whether those were invited whom the severity calls for."""
    with world.lab.desk.database.read() as connection:
        return "invite:sev1" in rows.done(connection, f"INC-{number}")
