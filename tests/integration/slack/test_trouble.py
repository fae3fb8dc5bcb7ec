"""What people are told while the database or Slack is in trouble, and who can do nothing at all."""

import json
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from slack_bolt import BoltResponse

from bot.engine.desk import DEADLINE_SECONDS
from bot.slack.app import BROKEN
from tests.integration.slack.world import ALICE, BOB, CAROL, FRANK, ONCALL, SlackWorld


@contextmanager
def locked(world: SlackWorld) -> Iterator[None]:
    """Somebody else writes into the database, and takes their time; the deadlines are those of everyday."""
    path, desk = world.lab.desk.database.path, world.lab.desk
    assert path
    usual = desk.deadline_seconds
    object.__setattr__(desk, "deadline_seconds", DEADLINE_SECONDS)
    with sqlite3.connect(path, isolation_level=None, check_same_thread=False) as other:
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")
            object.__setattr__(desk, "deadline_seconds", usual)
    other.close()


def command(world: SlackWorld, text: str, user: str, number: int = 0, trigger: str = "1") -> dict[str, Any]:
    channel = world.channel(number) if number else "C0ONCALL"
    return {
        "command": "/dr",
        "text": text,
        "user_id": user,
        "team_id": "T0DR",
        "channel_id": channel,
        "trigger_id": trigger,
    }


def said(answer: BoltResponse) -> str:
    return str(json.loads(answer.body)["text"]) if answer.body else ""


def test_a_locked_database_is_said_at_once(world: SlackWorld) -> None:
    """Without a confirmed commit the answer says so at once, for fifty people as for one; reading goes on."""
    number = world.declared()
    with locked(world), ThreadPoolExecutor(50) as people:
        bodies = [command(world, f"note number {n}", ALICE, number, f"lock-{n}") for n in range(50)]
        took: list[float] = []

        def type_it(body: dict[str, Any]) -> str:
            begun = time.monotonic()
            answer = said(world.send(body))
            took.append(time.monotonic() - begun)
            return answer

        answers = set(people.map(type_it, bodies))
        listed = said(world.send(command(world, "list", BOB, trigger="list")))
    assert all(answer.startswith("Not confirmed: the database did not answer in time.") for answer in answers)
    assert max(took) < 10  # the wait for the lock would take fifteen seconds
    assert f"*INC-{number}*" in listed


def test_what_was_recorded_after_all_is_said(world: SlackWorld) -> None:
    """Whoever was told that nothing is confirmed hears it when the commit came through in the end."""
    number = world.declared()
    with locked(world):
        doubtful = said(world.send(command(world, "note it takes its time", ALICE, number, "doubt")))
    assert doubtful.startswith("Not confirmed")
    world.heard(ALICE, f"It was recorded after all, in *INC-{number}*.", world.channel(number))
    assert world.notes(number) == ["it takes its time"]


def test_a_form_keeps_its_words_while_the_database_is_locked(world: SlackWorld) -> None:
    """The reason stands at a field, so that nothing typed is lost, and a second try counts once."""
    number = world.declared()
    form = world.form("note", ALICE, world.channel(number))
    with locked(world):
        refused = world.submit(ALICE, form, note="the disk is full")
    assert refused.errors["note"].startswith("Not confirmed")
    assert world.submit(ALICE, form, note="the disk is full").ok
    world.waited(lambda: world.notes(number), "it was not noted")
    assert world.notes(number) == ["the disk is full"]


def test_nothing_waits_for_slack(world: SlackWorld) -> None:
    """While Slack's Web API hangs, commands are acknowledged with their answers as ever."""
    number = world.declared()
    world.front.members.check_now(ALICE)  # who she is need not be asked again for half a minute
    world.workspace.faults.add("hang", seconds=30.0)
    begun = time.monotonic()
    try:
        answer = said(world.send(command(world, "note Slack hangs", ALICE, number, "hang")))
        world.send(command(world, "resolve", ALICE, number, "a form"))
    finally:
        world.workspace.faults.clear()
    assert answer == f"Noted in the timeline of *INC-{number}*."
    assert time.monotonic() - begun < 2.0  # Slack is waited for 2.5 seconds where a form opens


def test_a_bug_is_one_calm_line(world: SlackWorld, capfd: pytest.CaptureFixture[str]) -> None:
    """What nobody expected is answered with where to look, and logged without what was typed."""
    number = world.declared()
    body = command(world, "note secret words", ALICE, number)
    del body["user_id"]
    answer = world.send({**body, "user_name": "alice"})
    assert answer.status == 200
    assert said(answer) == BROKEN
    assert "secret words" not in "".join(capfd.readouterr())


@pytest.mark.parametrize("kind", ["block_actions", "view_submission", "message_action", "shortcut", "nonsense"])
def test_malformed_payloads_are_answered(world: SlackWorld, kind: str) -> None:
    """A payload without what it should have ends in an answer, never in an exception."""
    assert world.send(world.body(kind, ALICE, view={"type": "modal"}, callback_id="add_to_timeline")).status in (
        200,
        404,
    )


@pytest.mark.parametrize("account", ["U0STRANGER", "U0GONE", "U0OTHERBOT", "U0NOBODY"])
def test_who_is_no_member_can_do_nothing(world: SlackWorld, account: str) -> None:
    """Strangers, deactivated accounts, bots and unknown ones: commands, presses and forms count nothing."""
    number = world.declared()
    assert "This does not count." in said(world.send(command(world, "note hello", account, number, account)))
    assert "This does not count." in said(world.send(command(world, "list", account, trigger=account + "2")))
    blocks = [{"type": "input", "block_id": "note"}]
    origin = json.dumps({"control": {"verb": "note", "incident": f"INC-{number}"}})
    view = {"id": "V9", "type": "modal", "callback_id": "note", "private_metadata": origin, "blocks": blocks}
    state = {"values": {"note": {"text": {"value": "hello"}}}}
    answer = world.send(world.body("view_submission", account, view={**view, "state": state}))
    assert "This does not count." in json.loads(answer.body)["errors"]["note"]
    assert world.notes(number) == []


def test_another_company_is_told_so(world: SlackWorld) -> None:
    """Somebody of another workspace, whatever their account's id, does not count."""
    number = world.declared()
    body = {**command(world, "note hello", CAROL, number, "other"), "team_id": "T0PARTNER"}
    assert said(world.send(body)).startswith("You are not a member of this workspace")
    assert world.notes(number) == []


def test_a_look_up_that_fails_counts_nothing(world: SlackWorld) -> None:
    """Whoever is not in the recovery plan waits for Slack's word on who they are; without it nothing is recorded."""
    number = world.declared()
    world.front.members._known.clear()
    world.workspace.remove_scope("users:read")
    try:
        answer = said(world.send(command(world, "note hello", FRANK, number, "frank")))
    finally:
        world.workspace.add_scope("users:read")
    assert answer.startswith("Slack could not say who you are:")
    assert world.notes(number) == []


def test_a_look_is_answered_while_the_database_takes_nothing_down(world: SlackWorld) -> None:
    """What can be read is said, without the buttons whose meaning could not be kept."""
    number = world.declared()
    with locked(world):
        before = len(world.workspace.ephemeral(ONCALL, CAROL))
        assert world.workspace.command(CAROL, ONCALL, f"/dr INC-{number} show").ok
        world.told(CAROL, before=before)
        shown = world.workspace.ephemeral(ONCALL, CAROL)[before]
    assert f"INC-{number}" in str(shown["blocks"])
    assert "The buttons are left out" in str(shown["blocks"])
    assert "'actions'" not in str(shown["blocks"])


def test_a_refusal_is_told_though_its_form_is_closed(world: SlackWorld) -> None:
    """Whoever closes the form at once hears it where they were."""
    number = world.declared()
    channel = world.channel(number)
    assert world.press(CAROL, "card", "more", number).ok
    form = world.opened(CAROL)
    world.workspace.faults.add("error", "views.update", error="not_found")
    try:
        assert world.workspace.click_view(CAROL, form, "control:mitigate").ok
        world.heard(CAROL, "commander", channel)
    finally:
        world.workspace.faults.clear()


def test_a_pause_that_was_not_confirmed_is_said_to_be_recorded_after_all(world: SlackWorld) -> None:
    """Its commands have keys of their own; the request's is watched with them."""
    number = world.started()
    channel = world.channel(number)
    ts = world.with_button("card", "pause", number)["ts"]
    with locked(world):
        assert world.workspace.click(ALICE, ts, "control:pause").ok
        world.heard(ALICE, "ot confirmed", channel)
    world.heard(ALICE, "It was recorded after all", channel)
