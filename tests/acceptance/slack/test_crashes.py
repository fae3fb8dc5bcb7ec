"""kill -9 in the middle of what is being shown: the next life finds what stands there, and goes on."""

import pytest

from tests.acceptance.slack.world import ALICE, BOB, CAROL, World

PLACES = [
    ("conversations.create", True, 0),
    ("conversations.create", False, 0),
    ("conversations.invite", True, 0),
    ("chat.postMessage", True, 0),
    ("chat.postMessage", False, 0),
    ("chat.postMessage", True, 1),
    ("chat.update", True, 0),
]


@pytest.mark.parametrize(("method", "applied", "skip"), PLACES)
def test_killed_while_slack_has_not_answered(world: World, method: str, *, applied: bool, skip: int) -> None:
    """Whether the call took effect or not: after the restart there is one channel, and each message stands once."""
    fault = world.workspace.faults.add("hang", method, times=1, applied=applied, skip=skip)
    number = world.declared("--runbook switch", severity="sev2")
    world.until(lambda: fault.times == 0, f"nobody called {method}")
    world.life.end()
    world.workspace.faults.clear()
    world.restart()
    shown = world.shown(number)
    assert {"card", "announcement", "step/R1/assess"} <= shown.keys()
    ours = [it.name for it in world.workspace.channels() if it.name.startswith(f"dr-{number}-")]
    assert ours == [f"dr-{number}-shop"]
    assert ALICE in world.workspace.channel(ours[0]).members


def test_killed_with_a_click_acknowledged(world: World) -> None:
    """What was acknowledged before the death counts after it: two approvals, one call, and the channel shows it."""
    number = world.to_approval()
    hang = world.workspace.faults.add("hang", "users.info")
    for user in (BOB, CAROL):
        assert world.press(user, number, "step/R1/flip", "approve").ok
    world.life.end()
    hang.times = 0
    world.restart()
    world.later(61)  # a look-up that was lost with its life is made again a minute later
    world.reaches(number, "flip", "completed")
    assert len(world.hooks.done["/flip"]) == 1
    assert "completed" not in world.shown(number)["card"]["text"]
    world.hooks.done.clear()
