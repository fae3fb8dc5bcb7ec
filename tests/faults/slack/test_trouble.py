"""Tokens that are revoked, scopes that are missing, a database that is locked, an API that hangs."""

import sqlite3
import time

from bot.domain import commands as c
from bot.domain.events import NoteAdded
from tests.faults.slack.world import ALICE, BOB, CAROL, World

ALARM_LOOKS = 5.0  # seconds between two looks


def acknowledged(world: World, number: int, text: str) -> bool:
    """Whether a /dr line is acknowledged within Slack's three seconds."""
    return world.workspace.command(ALICE, world.channel(number), f"/dr {text}").ok


def noted(world: World, number: int) -> list[str]:
    """The notes in the timeline."""
    rows = world.bot.desk.timeline(f"INC-{number}")
    return [row.event.text for row in rows if isinstance(row.event, NoteAdded)]


def test_a_locked_database_is_said_in_time(world: World) -> None:
    """Somebody holds the database for five seconds: each line is answered honestly, and the bot goes on afterwards."""
    number = world.declared(severity="sev2")
    world.shown(number)
    path = world.bot.database.path
    assert path is not None
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        begun, typed = time.monotonic(), 0
        while time.monotonic() - begun < 5:
            assert acknowledged(world, number, f"note while it is locked {typed}")
            typed += 1
        other.execute("ROLLBACK")
    other.close()
    answers = [str(it["text"]) for it in world.workspace.ephemeral(world.channel(number), ALICE)]
    assert len(answers) == typed
    assert all("Nothing was recorded" in each or each.startswith("Not confirmed") for each in answers), answers
    world.dr(number, "note after it")
    world.until(lambda: "after it" in noted(world, number), "the bot does not go on")
    said_not = [count for count, answer in enumerate(answers) if "Nothing was recorded" in answer]
    assert not [count for count in said_not if f"while it is locked {count}" in noted(world, number)]
    world.shown(number)


def test_acknowledgements_never_wait_for_slack(world: World) -> None:
    """While Slack's API hangs, lines and clicks are acknowledged and recorded as ever, and shown as soon as it answers."""
    number = world.to_approval()
    button = world.with_button(number, "step/R1/flip", "approve")
    world.workspace.faults.add("hang", seconds=30.0)
    assert all(acknowledged(world, number, f"note Slack hangs {count}") for count in range(10))
    for user in (BOB, CAROL):
        assert world.workspace.click(user, button, "control:approve").ok
    assert world.types(number).count("ApprovalOffered") == 2
    world.workspace.faults.clear()
    world.reaches(number, "flip", "completed")
    assert len(world.hooks.done["/flip"]) == 1
    world.shown(number, 40)


def test_a_missing_scope_and_a_revoked_token_are_told_by_email(pg_world: World) -> None:
    """No posting any more, then no token: /healthz says which, an operator is told by email, `dr` goes on."""
    world = pg_world
    number = world.declared(severity="sev2")
    world.shown(number)
    world.workspace.remove_scope("chat:write")
    world.dr(number, "start switch")
    reason = world.until(lambda: said(world, "missing_scope"), "healthz does not tell of the scope", 40)
    assert "chat:write" in reason
    time.sleep(3 * ALARM_LOOKS)
    world.later(121)
    world.until(lambda: len(world.mails("has trouble with Slack")) == 2, "no mails about the scope")
    mails = world.mails("has trouble with Slack")
    assert [mail.recipients for mail in mails] == [("erin@example.com",), ("alice@example.com",)]  # she leads it
    assert all("chat:write" in mail.text for mail in mails)
    world.workspace.add_scope("chat:write")
    world.later(61)
    world.shown(number)
    world.workspace.revoke()
    world.until(lambda: world.health()["slack"]["state"] == "failed", "healthz does not tell of the token", 40)
    world.signed("alice", number, c.Done(run="R1", step="assess"))
    world.reaches(number, "flip", "pending_approval")
    assert world.health()["status"] == "degraded"
    world.workspace.revoke("")
    world.later(61)
    world.shown(number)
    assert len(world.mails("has trouble with Slack")) == 2


def said(world: World, word: str) -> str:
    """What /healthz says of Slack, if this is in it."""
    reason = str(world.health()["slack"]["reason"])
    return reason if word in reason else ""
