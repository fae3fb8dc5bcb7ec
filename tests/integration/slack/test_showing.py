"""What a channel shows while Slack takes some calls and not others."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import or_, select

from bot.domain import commands as c
from bot.playground.workspace.workspace import Workspace
from bot.store import chat as rows
from bot.store.schema import channels, incidents
from tests.integration.slack.world import BOB, CAROL, FRANK, SlackWorld

PARTS = tuple(f"step/R1/promote/{part}" for part in range(2, 5))


def trouble(world: SlackWorld, number: int) -> str:
    with world.lab.desk.database.read() as connection:
        return rows.troubles(connection).get(f"INC-{number}", "")


def nothing_to_post(world: SlackWorld) -> bool:
    """Whether everything is shown, of the incidents that have ended too."""
    late = or_(incidents.c.seq != channels.c.shown_seq, channels.c.trouble != "")
    statement = select(incidents.c.id).join(channels, channels.c.stream == incidents.c.id).where(late)
    with world.lab.desk.database.read() as connection:
        return connection.execute(statement).first() is None


def nothing_but_refused(world: SlackWorld) -> bool:
    """Whether every channel shows its incident as it is, trouble elsewhere apart."""
    statement = select(incidents.c.id).join(channels, channels.c.stream == incidents.c.id)
    with world.lab.desk.database.read() as connection:
        return connection.execute(statement.where(incidents.c.seq != channels.c.shown_seq)).first() is None


def survey_now(world: SlackWorld) -> None:
    """At the next look at a channel it is time to see whether all messages still stand."""
    surveyed = world.front.reconciler._surveyed
    surveyed.update({id_: at - timedelta(hours=1) for id_, at in surveyed.items()})


@pytest.mark.parametrize("loss", [Workspace.archive, Workspace.delete_channel, Workspace.remove_bot])
def test_a_channel_that_is_lost_is_replaced_at_once(world: SlackWorld, loss: Callable[[Workspace, str], None]) -> None:
    """Nothing else has to happen first: Slack's event about the channel is enough."""
    number = world.declared()
    world.message("card", number)
    old = world.channel(number)
    loss(world.workspace, old)
    world.waited(lambda: world.channel(number) != old, "the channel is not replaced", 25)
    world.message("card", number)


def test_who_leaves_a_channel_leaves_it_to_the_others(world: SlackWorld) -> None:
    """The channel stays the incident's while the bot can post there."""
    number = world.declared()
    old = world.channel(number)
    world.workspace.leave(BOB, old)
    world.dr("note hello", user=CAROL, channel=old)
    world.waited(lambda: world.workspace.ledger.of("conversations.info"), "it was not looked at")
    assert world.channel(number) == old


def test_a_mitigation_leaves_the_chain_s_head_where_nobody_can_change_it(world: SlackWorld) -> None:
    """In the channel and in the one for everybody who only reads: the head of an event since, as it was."""
    number = world.declared()
    world.message("broadcast/initial_notification", number)
    world.lab.give(world.incident(number), c.Mitigate, "alice")
    turn = world.lab.desk.timeline(f"INC-{number}")[-1]
    assert turn.event.type == "IncidentMitigated"
    for key in (f"mitigated/{turn.seq}", f"broadcast/mitigated/{turn.seq}"):
        head = re.search(r"'([0-9a-f]{4}) ([0-9a-f]{4})'.* · event (\d+)", str(world.message(key, number)["blocks"]))
        assert head is not None
        assert int(head[3]) >= turn.seq
        assert world.lab.desk.timeline(f"INC-{number}")[int(head[3]) - 1].hash.startswith(head[1] + head[2])
    status = [message["text"] for message in world.workspace.messages("C0STATUS")]
    assert any(f"INC-{number} mitigated" in text for text in status)
    assert any(f"INC-{number} · SEV1" in text for text in status)


def test_no_part_of_a_plan_stands_below_an_older_plan(world: SlackWorld) -> None:
    """While the first part can't be edited, none of the further parts is posted, nor a button to approve them."""
    number = world.to_approval()
    world.with_button("step/R1/promote", "approve", number)
    world.workspace.faults.add("rate_limited", "chat.update", retry_after="4")
    try:
        world.lab.give(
            world.incident(number), c.Replan, "dave", run="R1", step="promote", changes={"to": "blue " * 3000}
        )
        world.waited(lambda: "chat.update" in trouble(world, number), "the edit was not put off")
        world.wait("promote", "pending_approval", number=number)
        world.waited(lambda: world._message("card", number), "no card")
        early = [world._message(part, number) for part in PARTS]
    finally:
        world.workspace.faults.clear()
    assert early == [None, None, None]
    last = world.with_button(PARTS[-1], "approve", number)
    assert "part 4 of 4" in str(last["blocks"])
    assert "part 1 of 4" in str(world.message("step/R1/promote", number)["blocks"])


def test_a_message_that_slack_refuses_holds_back_no_other(world: SlackWorld) -> None:
    """The next message is posted at once, and what was refused comes after it."""
    number = world.declared()
    world.message("card", number)
    world.waited(lambda: nothing_to_post(world), "something else is still to be posted", 30)  # and meets the refusal
    world.workspace.faults.add("error", "chat.postMessage", error="invalid_blocks", times=1)
    world.lab.give(world.incident(number), c.Start, "alice", runbook="failover", system="database")
    step = world.message("step/R1/assess", number)
    world.lab.give(world.incident(number), c.Note, "alice", text="go on")
    assert step["ts"] < world.message("run/R1", number)["ts"]


def test_what_somebody_deletes_elsewhere_comes_back_only_where_it_is_kept_up_to_date(world: SlackWorld) -> None:
    """The announcement is posted again. An old update is not, between newer ones; nor is it asked for each time."""
    number = world.declared()
    told = world.message("broadcast/initial_notification", number)
    announcement = world.message("announcement", number)
    for message in (told, announcement):
        world.workspace.delete_message(message["ts"])
    survey_now(world)
    world.lab.give(world.incident(number), c.Note, "alice", text="go on")

    def about(channel: str) -> list[str]:
        return [it["text"] for it in world.workspace.messages(channel) if f"INC-{number} " in it["text"]]

    world.waited(lambda: about("C0INCIDENTS"), "the announcement is not back")
    world.waited(lambda: nothing_to_post(world), "something is still to be posted", 30)
    assert about("C0STATUS") == []
    looks = world.workspace.ledger.of("conversations.history")
    assert not [look for look in looks if look.args["channel"] == "C0STATUS"]


def test_a_copy_that_cannot_be_deleted_holds_back_nothing(world: SlackWorld) -> None:
    """Slack refuses to delete the second of two equal messages: the plan is posted all the same."""
    number = world.started()
    world.with_button("step/R1/assess", "done", number)
    payload = {"incident": f"INC-{number}", "key": "card", "nonce": "x"}
    metadata = {"event_type": "dr_bot_message", "event_payload": payload}
    world.front.chat.call("chat.postMessage", channel=world.channel(number), text="a copy", metadata=metadata)
    world.workspace.faults.add("error", "chat.delete", error="cant_delete_message")
    survey_now(world)
    try:
        world.lab.give(world.incident(number), c.Done, "alice", run="R1", step="assess")
        world.with_button("step/R1/promote", "approve", number)
        assert "delete" not in trouble(world, number)
    finally:
        world.workspace.faults.clear()


def test_a_place_that_is_shut_is_not_knocked_at_for_each_message(world: SlackWorld) -> None:
    """Somebody whose account is gone follows an incident with many updates: one try in each pass."""
    number = world.declared()
    assert world.dr(f"INC-{number} subscribe", user=FRANK)
    world.workspace.faults.add("error", "conversations.open", error="user_disabled")
    try:
        for update in range(1, 6):
            post = c.PostUpdate(actor=world.lab.actor("alice"), number=update, text=f"update {update}")
            world.lab.desk.record(f"INC-{number}", post)
        world.waited(lambda: nothing_but_refused(world), "the updates are not shown")
        before = len(world.workspace.ledger.of("conversations.open"))
        world.lab.desk.record(f"INC-{number}", c.Acknowledge(actor=world.lab.actor("bob")))
        world.waited(lambda: nothing_but_refused(world), "the acknowledgement is not shown")
        assert len(world.workspace.ledger.of("conversations.open")) - before <= 3  # one in each of a few passes
    finally:
        world.workspace.faults.clear()
