"""kill -9 in the middle of what is being shown: the next life finds what stands there, and goes on."""

from typing import Any

from tests.faults.slack.world import ALICE, BOB, CAROL, World

HUNG: list[dict[str, Any]] = [
    {"method": "conversations.create", "applied": True},
    {"method": "conversations.create"},
    {"method": "conversations.invite", "applied": True},
    {"method": "chat.postMessage", "applied": True},
    {"method": "chat.postMessage"},
    {"method": "chat.postMessage", "applied": True, "skip": 6},
    {"method": "bookmarks.add", "applied": True},
    {"method": "chat.update", "applied": True},
]


def test_killed_while_slack_has_not_answered(world: World) -> None:
    """Whether its calls took effect or not: after the restart each incident has one channel, each message stands once."""
    faults = [world.workspace.faults.add("hang", times=1, **hung) for hung in HUNG]
    numbers = [world.declared("--runbook switch", severity="sev2") for _ in HUNG]
    world.until(lambda: all(fault.times == 0 for fault in faults), f"not every call was made: {faults}", 30)
    world.life.end()
    world.workspace.faults.clear()
    world.restart()
    for number in numbers:
        shown = world.shown(number, 40)
        assert {"card", "announcement", "step/R1/assess"} <= shown.keys()
        ours = [it for it in world.workspace.channels() if it.name.startswith(f"dr-{number}-")]
        assert [it.name for it in ours] == [f"dr-{number}-shop"]
        assert ALICE in ours[0].members
        assert len(ours[0].bookmarks) <= 1


def test_killed_with_a_click_acknowledged(world: World) -> None:
    """What was acknowledged before the death counts after it: two approvals, one call, and the channel shows it."""
    number = world.to_approval()
    hang = world.workspace.faults.add("hang", "users.info")
    for user in (BOB, CAROL):
        world.press(user, number, "step/R1/flip", "approve")
    world.life.end()
    hang.times = 0
    world.restart()
    world.later(61)  # a look-up that was lost with its life is made again a minute later
    world.reaches(number, "flip", "completed")
    assert len(world.hooks.done["/flip"]) == 1
    assert "completed" not in world.shown(number)["card"]["text"]
