"""Channels and messages that people archive, rename, delete, or put the bot out of."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from bot.domain import commands as c
from bot.slack.surfaces.posts import BROADCAST
from bot.store import chat as rows
from tests.faults.slack.world import ALICE, BOB, INCIDENTS, ONCALL, STATUS, World

Loss = Callable[[World, str], None]
LOSSES: dict[str, Loss] = {
    "archived": lambda world, channel: world.workspace.archive(channel),
    "deleted": lambda world, channel: world.workspace.delete_channel(channel),
    "bot removed": lambda world, channel: world.workspace.remove_bot(channel),
}


@dataclass(frozen=True)
class Lost:
    """An incident whose channel was lost."""

    number: int
    channel: str
    private: bool


def test_channels_that_are_lost_are_replaced(world: World) -> None:
    """Another one is made, once, with everything and everybody in it; the announcement stays one and leads there."""
    everything = [lost for private in (False, True) for lost in lose(world, private=private)]
    world.until(lambda: all(is_replaced(world, each) for each in everything), "not every channel is replaced", 40)
    world.later(61)
    world.until(lambda: all(leads(world, each) for each in everything), "announcements lead to the old channels")
    for each in everything:
        check_replaced(world, each)


def lose(world: World, *, private: bool) -> list[Lost]:
    """Incidents that lose their channels, each in its own way, and then change."""
    options = ["--runbook switch", *["--private"] * private]
    numbers = [world.declared(*options, severity="sev2") for _ in LOSSES]
    for number in numbers:
        world.shown(number)
    lost = [Lost(number, world.channel(number), private) for number in numbers]
    for each, happens in zip(lost, LOSSES.values(), strict=True):
        happens(world, each.channel)
        world.dr(each.number, "assign deputy @bob", channel=ONCALL)
    return lost


def is_replaced(world: World, lost: Lost) -> bool:
    """Whether all that the incident has to show stands in another channel."""
    channel = world.channel(lost.number)
    wanted = {key for key in world.wanted(lost.number) if key != "announcement" and not key.startswith(BROADCAST)}
    return channel != lost.channel and world.posts(lost.number, channel).keys() == wanted


def leads(world: World, lost: Lost) -> bool:
    """Whether the announcement leads to the incident's channel as it is now."""
    return lost.private or world.channel(lost.number) in str(world.posts(lost.number, INCIDENTS)["announcement"])


def check_replaced(world: World, lost: Lost) -> None:
    """The new channel has it all, once, and there is one."""
    ours = {it.id for it in world.workspace.channels() if it.name.startswith(f"dr-{lost.number}-")}
    assert ours - {lost.channel} == {world.channel(lost.number)}
    here = world.posts(lost.number, world.channel(lost.number))
    assert all(len(found) == 1 for found in here.values())
    assert len(world.posts(lost.number, INCIDENTS).get("announcement", [])) == (0 if lost.private else 1)
    channel = world.workspace.channel(world.channel(lost.number))
    assert {ALICE, BOB} <= set(channel.members)
    assert channel.pins == [here["card"][0]["ts"]]
    assert channel.kind == ("private" if lost.private else "public")


def test_a_renamed_channel_goes_on(world: World) -> None:
    """The channel is known by its id."""
    number = world.declared(severity="sev2")
    world.shown(number)
    channel = world.channel(number)
    world.workspace.rename(channel, f"renamed-{number}")
    world.dr(number, "start switch")
    world.post(number, "step/R1/assess")
    world.shown(number)
    assert world.channel(number) == channel


def test_a_name_that_is_taken_leads_to_another(world: World) -> None:
    """Somebody else's channel of that name is left alone."""
    number = world.declared(severity="sev2")
    taken = world.workspace.new_channel(f"dr-{number + 1}-shop")
    following = world.declared(severity="sev2")
    assert following == number + 1
    world.shown(following)
    assert world.workspace.channel(world.channel(following)).name == f"dr-{following}-shop-2"
    assert not [it for it in taken.messages.values() if it.metadata]


def test_the_announcements_may_be_out_of_reach(world: World) -> None:
    """Where the bot is in no other channel of the plan, the incident's own channel is as ever, and one."""
    world.workspace.remove_bot(INCIDENTS)
    world.workspace.remove_bot(STATUS)
    number = world.declared("--runbook switch", severity="sev2")
    world.post(number, "step/R1/assess")
    world.dr(number, "assign deputy @bob")
    world.press(ALICE, number, "step/R1/assess", "done")
    world.reaches(number, "flip", "pending_approval")
    world.post(number, "step/R1/flip")
    world.never_twice(number)
    ours = [it.id for it in world.workspace.channels() if it.name.startswith(f"dr-{number}-")]
    assert ours == [world.channel(number)]
    assert not world.posts(number).keys() & {"announcement", f"{BROADCAST}initial_notification"}
    world.until(lambda: world.is_level(number), "the channel is behind")
    world.until(lambda: "channels.broadcast_in (" in trouble(world, number), "what is missing is not noted", 40)
    assert "channels.announce_in (C0INCIDENTS)" in trouble(world, number)
    world.until(lambda: "can't be shown as it should be" in reason(world), "healthz does not tell of it", 40)
    world.workspace.invite_bot(INCIDENTS)
    world.workspace.invite_bot(STATUS)
    world.later(65)
    world.shown(number)
    world.until(lambda: not trouble(world, number), "what was missing is still noted", 40)


def test_an_incident_that_ended_is_shown_to_its_end(world: World) -> None:
    """Though the others' channels can't be posted in at its end: that is said until they can be, and then it is posted."""
    world.workspace.remove_bot(INCIDENTS)
    world.workspace.remove_bot(STATUS)
    number = world.declared(severity="sev2")
    world.until(lambda: "channels.announce_in" in trouble(world, number), "what is missing is not noted", 40)
    world.signed("alice", number, c.Resolve())
    world.signed("alice", number, c.Close())
    world.until(lambda: any(key.startswith("closed/") for key in world.posts(number)), "the end is not shown")
    world.later(61)
    time.sleep(2)
    assert "channels.announce_in" in trouble(world, number)
    world.workspace.invite_bot(INCIDENTS)
    world.workspace.invite_bot(STATUS)
    world.later(61)
    assert "Closed" in str(world.shown(number)["announcement"]["blocks"])


def test_a_channel_that_is_archived_before_the_end_hides_the_end_from_nobody(world: World) -> None:
    """It is not made anew for that; everybody else hears of it."""
    number = world.declared(severity="sev2")
    world.shown(number)
    world.signed("alice", number, c.Resolve())
    world.shown(number)
    world.workspace.archive(world.channel(number))
    world.signed("alice", number, c.Close())
    key = f"{BROADCAST}closed/{world.incident(number).seq}"
    world.post(number, key)
    world.until(lambda: "Closed" in str(world.posts(number)["announcement"]), "the announcement does not end")
    ours = [it for it in world.workspace.channels() if it.name.startswith(f"dr-{number}-")]
    assert len(ours) == 1


def reason(world: World) -> str:
    """What /healthz says against Slack."""
    return str(world.health()["slack"].get("reason", ""))


def trouble(world: World, number: int) -> str:
    """Why an incident can't be shown as it should be."""
    with world.bot.database.read() as connection:
        return rows.troubles(connection).get(f"INC-{number}", "")


def test_a_deleted_message_is_posted_again_with_its_next_change(world: World) -> None:
    """An edit finds the message gone: it is posted anew at once, and a new card is pinned again."""
    number = world.declared(severity="sev2")
    card = world.shown(number)["card"]
    world.workspace.delete_message(card["ts"])
    world.dr(number, "assign deputy @bob")
    world.until(lambda: world.posts(number).get("card"), "the card is not back")
    shown = world.shown(number)
    assert shown["card"]["ts"] != card["ts"]
    pins = world.workspace.channel(world.channel(number)).pins
    world.until(lambda: pins == [shown["card"]["ts"]], "the new card is not pinned")


def test_deleted_messages_are_found_missing(world: World) -> None:
    """Now and then it is looked whether all still stands; what somebody deleted is posted again, the rest stays."""
    number = world.declared("--runbook switch", severity="sev2")
    before = world.shown(number)
    world.workspace.delete_message(before["step/R1/assess"]["ts"])
    world.workspace.delete_message(before["announcement"]["ts"])
    world.later(601)
    after = world.shown(number)
    assert after["card"]["ts"] == before["card"]["ts"]
    assert after["step/R1/assess"]["ts"] != before["step/R1/assess"]["ts"]


def test_a_clock_that_is_ahead_of_slacks_does_no_harm(world: World) -> None:
    """Five minutes between the database's clock and Slack's: nothing is posted again, lost answers are found."""
    number = world.declared(severity="sev2")
    world.shown(number)
    clock = world.directory / "clock"
    clock.write_text(str(float(clock.read_text()) + 300))
    later = world.declared(severity="sev2")
    before = world.shown(later)
    clock.write_text(str(float(clock.read_text()) + 601))
    world.workspace.clock.advance(601)
    world.workspace.faults.add("reset", "chat.postMessage", times=2, applied=True)
    world.dr(later, "start switch")
    assert world.shown(later)["card"]["ts"] == before["card"]["ts"]
    world.shown(number)
    world.workspace.clock.advance(300)
