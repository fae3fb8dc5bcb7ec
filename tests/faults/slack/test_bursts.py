"""Many changes in little time."""

import time

from tests.faults.slack.world import ALICE, CAROL, World


def test_a_burst_of_changes_is_few_edits(world: World) -> None:
    """Ten changes a second make about one edit a second, and the card ends right."""
    number = world.declared(severity="sev2")
    world.shown(number)
    before = len(world.calls("chat.update"))
    begun = time.monotonic()
    for change in range(60):
        role, person = ("deputy", "scribe")[change % 2], ("@bob", "@carol")[change // 2 % 2]
        world.dr(number, f"assign {role} {person}")
        time.sleep(max(0.0, begun + (change + 1) / 10 - time.monotonic()))
    world.shown(number)
    took = time.monotonic() - begun
    edits = len(world.calls("chat.update")) - before
    assert edits <= took + 2, edits
    world.until(lambda: world.incident(number).roles.get("scribe") == "carol", "the last change is missing")
    world.until(lambda: all(user in str(world.posts(number)["card"]) for user in (ALICE, CAROL)), "the card is old")
