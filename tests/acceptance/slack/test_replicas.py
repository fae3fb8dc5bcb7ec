"""Several replicas on PostgreSQL, and many changes in little time."""

import time
from collections import Counter

from tests.acceptance.slack.world import ALICE, BOB, CAROL, World


def test_two_replicas_show_each_message_once(pg_world: World) -> None:
    """Both hear, both may post: one channel for each incident, each message once, one call; also when one is killed."""
    world = pg_world
    other = world.another("two")
    numbers = [world.to_approval() for _ in range(2)]
    for number in numbers:
        for user in (BOB, CAROL):
            world.press(user, number, "step/R1/flip", "approve")
    for number in numbers:
        world.reaches(number, "flip", "completed")
        world.shown(number, 40)
    assert len(world.hooks.done["/flip"]) == 1
    following = world.declared("--runbook switch")
    other.end()
    world.shown(following, 60)
    names = Counter(it.name for it in world.workspace.channels() if it.name.startswith("dr-"))
    assert set(names.values()) == {1}


def test_a_burst_of_changes_is_few_edits(pg_world: World) -> None:
    """A hundred changes in ten seconds make about ten edits, and the card ends right."""
    world = pg_world
    number = world.declared(severity="sev2")
    world.shown(number)
    time.sleep(2)
    before = len(world.calls("chat.update"))
    begun = time.monotonic()
    for change in range(100):
        role, person = ("deputy", "scribe")[change % 2], ("@bob", "@carol")[change // 2 % 2]
        world.dr(number, f"assign {role} {person}")
        time.sleep(max(0.0, begun + (change + 1) / 10 - time.monotonic()))
    took = time.monotonic() - begun
    edits = len(world.calls("chat.update")) - before
    assert edits <= took + 2, edits
    world.shown(number)
    world.until(lambda: world.incident(number).roles.get("scribe") == "carol", "the last change is missing")
    world.until(lambda: all(user in str(world.posts(number)["card"]) for user in (ALICE, CAROL)), "the card is old")
