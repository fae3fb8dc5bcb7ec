"""Several replicas on PostgreSQL."""

from collections import Counter

from tests.faults.slack.world import BOB, CAROL, World


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
