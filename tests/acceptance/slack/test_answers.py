"""Slack answers badly, late or not at all: everything is said once, in order, and nothing is lost."""

import pytest

from tests.acceptance.slack.world import World, keys_of


def test_declared_in_slack(world: World) -> None:
    """The bot's process makes the channel, and shows there and in the announcements what there is to show."""
    number = world.declared()
    shown = world.shown(number)
    assert {"card", "announcement", "initial_notification"} <= shown.keys()


BAD = [
    ("status", {"status": 500}),
    ("status", {"status": 503, "applied": True}),
    ("html", {}),
    ("html", {"applied": True}),
    ("empty", {"applied": True}),
    ("cut_json", {"applied": True}),
    ("reset", {}),
    ("reset", {"applied": True}),
    ("close", {"applied": True}),
    ("error", {"error": "fatal_error", "applied": True}),
]


@pytest.mark.parametrize(("kind", "options"), BAD)
def test_a_post_without_a_clear_answer_stands_once(world: World, kind: str, options: dict[str, object]) -> None:
    """Whether it took effect is looked up: what is not there is posted again, what is there stays alone."""
    fault = world.workspace.faults.add(kind, "chat.postMessage", times=3, **options)  # type: ignore[arg-type]
    number = world.declared(severity="sev2")
    world.shown(number, 40)
    assert fault.times == 0
    posts = keys_of([it for it in world.calls("chat.postMessage", world.channel(number)) if it.applied or it.fault])
    assert posts
