"""Slack answers badly, late or not at all: everything is said once, in order, and nothing is lost."""

from collections import Counter
from itertools import pairwise
from typing import Any

from tests.faults.slack.world import ALICE, INCIDENTS, STATUS, World


def test_declared_in_slack(world: World) -> None:
    """The bot's process makes the channel, and shows there and in the announcements what there is to show."""
    number = world.declared()
    world.post(number, "initial_notification")
    everywhere = {"card", "announcement", "initial_notification", "broadcast/initial_notification"}
    assert world.shown(number).keys() == everywhere
    assert world.posts(number, INCIDENTS).keys() == {"announcement"}
    assert world.posts(number, STATUS).keys() == {"broadcast/initial_notification"}


BAD: list[dict[str, Any]] = [
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 503, "applied": True},
    {"kind": "html"},
    {"kind": "html", "applied": True},
    {"kind": "empty", "applied": True},
    {"kind": "cut_json", "applied": True},
    {"kind": "reset"},
    {"kind": "reset", "applied": True},
    {"kind": "close", "applied": True},
    {"kind": "error", "error": "fatal_error", "applied": True},
    {"kind": "hang", "seconds": 12.0},
    {"kind": "hang", "seconds": 12.0, "applied": True},
]


def test_posts_without_a_clear_answer_stand_once(world: World) -> None:
    """Whether each took effect is looked up: what is not there is posted again, what is there stays alone, in order.

    One takes effect so late that it was repeated meanwhile: the next look around takes the second one away.
    """
    delay = world.workspace.faults.add("latency", "chat.postMessage", times=1, seconds=15.0)
    late = world.declared(severity="sev2")
    world.until(lambda: delay.times == 0, "nothing was posted")
    faults = [world.workspace.faults.add(method="chat.postMessage", times=1, **bad) for bad in BAD]
    numbers = [world.declared("--runbook switch", severity="sev2") for _ in BAD[::2]]
    world.until(lambda: len(world.posts(late).get("card", [])) == 2, "the late post never came", 40)
    world.later(601)
    world.shown(late, 120)  # some of the faults are met by its own posts, each of which is then waited for
    for number in numbers:
        shown = world.shown(number, 120)
        assert float(shown["card"]["ts"]) < float(shown["step/R1/assess"]["ts"])
    assert all(fault.times == 0 for fault in faults)


def test_what_was_put_off_is_made_up_for(world: World) -> None:
    """A card that could not be edited, a topic that could not be set: as soon as Slack takes them again."""
    number = world.declared("--runbook switch", severity="sev2")
    world.shown(number)
    for method in ("chat.update", "conversations.setTopic"):
        world.workspace.faults.add("reset", method, times=1)
    world.dr(number, "severity sev1")
    world.dr(number, "assign deputy @bob")
    world.until(lambda: "SEV1" in world.workspace.channel(world.channel(number)).topic.value, "no new topic", 40)
    world.until(lambda: "U0BOB" in str(world.shown(number)["card"]["blocks"]), "the card is old", 40)


def test_an_odd_retry_after_is_taken_calmly(world: World) -> None:
    """Posts that Slack refuses for now come a moment later, once, in order, without a storm of tries."""
    odd = ["0", "-1", "abc", "", "1.5", "Wed, 21 Oct 2026 07:28:00 GMT"]
    faults = [
        world.workspace.faults.add("rate_limited", "chat.postMessage", times=1, retry_after=header) for header in odd
    ]
    numbers = [world.declared("--runbook switch", severity="sev2") for _ in odd[::2]]
    for number in numbers:
        shown = world.shown(number, 90)
        assert float(shown["card"]["ts"]) < float(shown["step/R1/assess"]["ts"])
        tries = [it.at for it in world.calls("chat.postMessage", world.channel(number))]
        assert all(later - earlier > 0.9 for earlier, later in pairwise(tries))
    assert all(fault.times == 0 for fault in faults)


def test_a_method_that_must_wait_stops_no_other(world: World) -> None:
    """Slack asks to wait an hour with some methods: what is posted goes on, those are left alone, and made up for."""
    number = world.declared(severity="sev2")
    world.shown(number)
    waiting = ["chat.update", "conversations.setTopic", "conversations.invite", "pins.add"]
    for method in waiting:
        world.workspace.faults.add("rate_limited", method, retry_after="3600")
    before = Counter(it.method for it in world.workspace.ledger)
    world.dr(number, "assign deputy @bob")
    world.dr(number, "severity sev1")
    world.dr(number, "start switch")
    other = world.declared("--runbook switch", severity="sev2")
    for each in (number, other):
        world.post(each, "step/R1/assess")
    world.press(ALICE, other, "step/R1/assess", "done")
    world.post(other, "step/R1/flip")
    world.never_twice(number)
    calls = Counter(it.method for it in world.workspace.ledger) - before
    assert all(calls[method] <= 2 for method in waiting), calls
    world.workspace.faults.clear()
    world.restart()  # another life knows nothing of the hour
