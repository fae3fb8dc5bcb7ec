"""Slack is away, for an hour: everything goes on by `dr`, and afterwards the chat shows the truth."""

import re
import time

from bot.domain import commands as c
from tests.faults.slack.world import World


def test_an_hour_without_slack(world: World) -> None:
    """Declared, started, approved and done by signatures meanwhile; then one catch-up, and each message once."""
    number = world.declared("--runbook switch")
    world.shown(number)
    world.workspace.faults.away = True
    world.signed("alice", number, c.Done(run="R1", step="assess"))
    world.reaches(number, "flip", "pending_approval")
    for person in ("bob", "carol"):
        world.approve_signed(person, number)
    world.reaches(number, "flip", "completed")
    assert len(world.hooks.done["/flip"]) == 1
    for passed in (1, 2):
        world.later(1800)
        world.until(lambda passed=passed: world.incident(number).updates.number == passed, "no update went out")  # type: ignore[misc]
    world.signed("bob", number, c.Assign(role="deputy", person="bob"))
    world.workspace.faults.clear()
    world.later(61)
    world.post(number, "update/2")
    world.until(lambda: "U0BOB" in str(world.posts(number)["card"][0]["blocks"]), "the card is old")
    world.post(number, "broadcast/update/2")
    shown = world.posts(number)
    assert [len(found) for found in shown.values()] == [1] * len(shown)
    assert shown.keys() == set(world.wanted(number)) - {"update/1", "broadcast/update/1"}
    for caught_up in ("update/2", "broadcast/update/2"):
        assert "Not shown here: update 1." in str(shown[caught_up][0]["blocks"])
    assert "completed" not in shown["step/R1/flip"][0]["text"]
    posts = [m for it in world.workspace.channels() for m in it.messages.values() if "update" in str(m.metadata)]
    assert len(posts) == 2
    assert world.health()["engine"]["state"] == "ok"


def test_nothing_else_to_post_while_slack_is_away(world: World) -> None:
    """The first update's own post is what meets the outage: afterwards there is one catch-up all the same, in each place."""
    number = world.declared()
    world.shown(number)
    world.workspace.faults.away = True
    for passed in (1, 2, 3):
        world.later(1800)
        world.until(lambda passed=passed: world.incident(number).updates.number == passed, "no update went out")  # type: ignore[misc]
        time.sleep(2)
    world.workspace.faults.clear()
    world.later(61)
    world.post(number, "update/3")
    world.post(number, "broadcast/update/3")
    shown = world.posts(number)
    assert not shown.keys() & {f"{place}update/{old}" for place in ("", "broadcast/") for old in (1, 2)}
    assert "Not shown here: the updates 1, 2." in str(shown["update/3"][0]["blocks"])


def test_turns_say_what_happened_then(world: World) -> None:
    """Mitigated and reopened while Slack was away; resolved at once after a mitigation: nothing is taken back."""
    number = world.declared()
    world.shown(number)
    world.workspace.faults.away = True
    world.signed("alice", number, c.Mitigate())
    world.later(600)
    world.signed("alice", number, c.Reopen(reason="The errors are back"))
    world.workspace.faults.clear()
    world.later(61)
    world.shown(number)
    world.signed("alice", number, c.Mitigate())
    world.shown(number)
    world.signed("alice", number, c.Resolve())
    shown = world.shown(number)
    world.signed("alice", number, c.Close())
    turns = [key for key in shown if key.startswith("mitigated/")]
    assert len(turns) == 2
    heads = {key: re.findall(r"event (\d+)", str(shown[key]["blocks"])) for key in turns}
    assert heads == {key: [key.partition("/")[2]] for key in turns}


def test_an_update_is_posted_on_time(world: World) -> None:
    """Half an hour after the declare, once, within seconds; what the bot slept through is told in one."""
    number = world.declared()
    world.shown(number)
    world.later(1790)
    assert "update/1" not in world.posts(number)
    world.later(11)
    world.until(lambda: world.posts(number).get("update/1"), "it is late", 30)
    world.shown(number)
    world.life.end()
    world.later(3 * 1800 + 60)
    world.restart()
    update = world.post(number, "update/2")
    assert "catching up on 3" in str(update["blocks"])
    world.shown(number)
