"""What a channel shows while Slack takes some calls and not others."""

from datetime import timedelta

from bot.domain import commands as c
from bot.store import chat as rows
from tests.integration.slack.world import SlackWorld

PARTS = tuple(f"step/R1/promote/{part}" for part in range(2, 5))


def trouble(world: SlackWorld, number: int) -> str:
    with world.lab.desk.database.read() as connection:
        return rows.troubles(connection).get(f"INC-{number}", "")


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
    for posted in ("initial_notification", "announcement"):  # nothing else may meet the refusal
        world.message(posted, number)
    world.workspace.faults.add("error", "chat.postMessage", error="invalid_blocks", times=1)
    world.lab.give(world.incident(number), c.Start, "alice", runbook="failover", system="database")
    step = world.message("step/R1/assess", number)
    world.lab.give(world.incident(number), c.Note, "alice", text="go on")
    assert step["ts"] < world.message("run/R1", number)["ts"]


def test_a_copy_that_cannot_be_deleted_holds_back_nothing(world: SlackWorld) -> None:
    """Slack refuses to delete the second of two equal messages: the plan is posted all the same."""
    number = world.started()
    world.with_button("step/R1/assess", "done", number)
    payload = {"incident": f"INC-{number}", "key": "card", "nonce": "x"}
    metadata = {"event_type": "dr_bot_message", "event_payload": payload}
    world.front.chat.call("chat.postMessage", channel=world.channel(number), text="a copy", metadata=metadata)
    world.workspace.faults.add("error", "chat.delete", error="cant_delete_message")
    surveyed = world.front.reconciler._surveyed
    surveyed.update({id_: at - timedelta(hours=1) for id_, at in surveyed.items()})
    try:
        world.lab.give(world.incident(number), c.Done, "alice", run="R1", step="assess")
        world.with_button("step/R1/promote", "approve", number)
        assert "delete" not in trouble(world, number)
    finally:
        world.workspace.faults.clear()
