"""The endpoints of the page, as PROTOCOL.md has them."""

import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from socket import create_connection
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from bot.playground.workspace.installed import InstalledApp, Subcommand
from bot.playground.workspace.panel import PanelAction, PanelItem
from bot.playground.workspace.workspace import Workspace
from tests.workspace.apps import client
from tests.workspace.forms import Json, actions, button, field, modal, section
from tests.workspace.sockets import Socket, new_address

APP = InstalledApp(subcommands=(Subcommand("declare", "[system]", "Declare an incident"),))


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with Workspace.running(app=APP, limits=False, patience=30) as running:
        yield running


@pytest.fixture
def ask(workspace: Workspace) -> Callable[..., Json]:
    """POSTs to an endpoint as a person."""

    def post(endpoint: str, who: str = "U0BOB", /, **body: Any) -> Json:
        return dict(httpx.post(f"{workspace.url}/ui/{endpoint}", json={"as": who, **body}, timeout=40).json())

    return post


@pytest.fixture
def live(workspace: Workspace) -> Iterator[Callable[[str], list[Json]]]:
    """Opens a page's socket as a person; the frames that arrive."""
    with ExitStack() as stack:

        def open_page(user: str) -> list[Json]:
            frames: list[Json] = []
            socket = stack.enter_context(connect(f"{workspace.url.replace('http', 'ws')}/ui/live?as={user}"))

            def listen() -> None:
                try:
                    for text in socket:
                        frames.append(json.loads(text))
                except ConnectionClosed:
                    return

            threading.Thread(target=listen, daemon=True).start()
            return frames

        yield open_page


def state(workspace: Workspace, user: str) -> Json:
    return dict(httpx.get(f"{workspace.url}/ui/state", params={"as": user}).json())


def test_the_state_is_what_this_person_sees(workspace: Workspace) -> None:
    """People, channels with unread counts, the command's words; no foreign private channel."""
    workspace.new_channel("board", kind="private", members=["U0ERIN"])
    workspace.say("U0ALICE", "#ops", "news")
    bob, erin = state(workspace, "U0BOB"), state(workspace, "U0ERIN")
    assert (bob["me"], bob["bot"]["connected"], bob["panel"]) == ("U0BOB", 0, None)
    assert bob["commands"][0]["subcommands"][0]["name"] == "declare"
    assert {it["id"]: it["can_act"] for it in bob["people"]}["U0GONE"] is False
    ops = next(it for it in bob["channels"] if it["name"] == "ops")
    assert (ops["unread"], ops["member"], ops["kind"]) == (1, True, "public")
    assert "board" not in [it["name"] for it in bob["channels"]]
    assert "board" in [it["name"] for it in erin["channels"]]


def test_nobody_reads_what_isnt_theirs(workspace: Workspace, ask: Callable[..., Json]) -> None:
    """A foreign private channel's messages can't be read, an unknown person or channel is answered."""
    secret = workspace.new_channel("board", kind="private").id
    url = f"{workspace.url}/ui/messages"
    assert httpx.get(url, params={"as": "U0BOB", "channel": secret}).json()["ok"] is False
    assert httpx.get(url, params={"as": "U0NOBODY", "channel": "C0OPS"}).json()["ok"] is False
    assert ask("say", channel="C0NONE", text="x")["ok"] is False


def test_a_foreign_private_channel_is_closed(workspace: Workspace, ask: Callable[..., Json]) -> None:
    """Whoever isn't in it can do nothing there, and is told what somebody is told of a channel that isn't there."""
    workspace.new_channel("board", kind="private", members=["U0ERIN", "U0DRBOT"])
    secret, socket = workspace.channel("board").id, Socket(workspace)
    card = client(workspace).chat_postMessage(channel=secret, text="card", blocks=[actions(button())])["ts"]
    container = {"type": "message", "channel": secret, "ts": card}
    click: Json = {"container": container, "action": {"type": "button", "action_id": "go"}}
    acts: dict[str, Json] = {
        "say": {"text": "x"},
        "command": {"text": "/dr status"},
        "action": click,
        "suggest": {"container": container, "block_id": "b", "action_id": "a", "value": ""},
        "shortcut": {"callback_id": "add_to_timeline", "ts": card},
        "react": {"ts": card, "name": "eyes"},
        "pin": {"ts": card},
        "read": {},
        "join": {},
        "leave": {},
    }
    for endpoint, given in acts.items():
        refused = ask(endpoint, channel=secret, **given)
        nowhere = json.loads(json.dumps(given).replace(secret, "C0NONE"))
        assert refused["ok"] is False, endpoint
        assert json.loads(json.dumps(refused).replace(secret, "C0NONE")) == ask(endpoint, channel="C0NONE", **nowhere)
    board = workspace.channel(secret)
    assert board.members == ["U0ALICE", "U0ERIN", "U0DRBOT"]
    assert (board.pins, board.messages[card].reactions, socket.envelopes[1:]) == ([], {}, [])
    assert ask("react", "U0ERIN", channel=secret, ts=card, name="eyes") == {"ok": True}
    assert ask("action", "U0ERIN", channel=secret, **click) == {"ok": True}
    socket.close()


def test_another_persons_ephemeral_message_is_not_there(workspace: Workspace, ask: Callable[..., Json]) -> None:
    """Neither for a reaction, nor for a pin, nor for a shortcut."""
    client(workspace).chat_postEphemeral(channel="C0OPS", user="U0ALICE", text="psst")
    ts = workspace.ephemeral("#ops", "U0ALICE")[0]["ts"]
    assert ask("react", channel="C0OPS", ts=ts, name="eyes")["ok"] is False
    assert ask("pin", channel="C0OPS", ts=ts)["ok"] is False
    assert ask("shortcut", callback_id="add_to_timeline", channel="C0OPS", ts=ts)["error"] == "not_found"


def test_an_administrator_adds_people_to_a_private_channel(workspace: Workspace) -> None:
    """What the page's `join` may not, the workspace's does."""
    workspace.new_channel("board", kind="private")
    workspace.join("U0BOB", "#board")
    assert "U0BOB" in workspace.channel("board").members


def test_a_deleted_channel_leaves_the_page_and_the_app_is_told(
    workspace: Workspace, live: Callable[[str], list[Json]]
) -> None:
    """channel_gone for the page; channel_deleted or group_deleted for the app that was in it."""
    frames, socket = live("U0BOB"), Socket(workspace)
    board = workspace.new_channel("board", kind="private", members=["U0BOB", "U0DRBOT"]).id
    foreign = workspace.new_channel("foreign", kind="private").id
    for channel in (foreign, board, "C0OPS"):
        workspace.delete_channel(channel)
    workspace.until(lambda: {"type": "channel_gone", "channel": board} in frames)
    workspace.until(lambda: [it for it in socket.events if it["type"] == "channel_deleted"])
    deleted = [(it["type"], it["channel"]) for it in socket.events if it["type"].endswith("_deleted")]
    assert sorted(deleted) == [("channel_deleted", "C0OPS"), ("group_deleted", board)]
    socket.close()


def test_every_page_hears_what_it_may(
    workspace: Workspace, ask: Callable[..., Json], live: Callable[[str], list[Json]]
) -> None:
    """A message reaches both, an ephemeral one only its person; edits and deletions follow."""
    bob, alice = live("U0BOB"), live("U0ALICE")
    slack = client(workspace)
    assert ask("say", channel="C0OPS", text="hello @alice")["ok"]
    workspace.until(lambda: kinds(bob).count("message") == kinds(alice).count("message") == 1)
    slack.chat_postEphemeral(channel="C0OPS", user="U0BOB", text="only you")
    ts = slack.chat_postMessage(channel="C0OPS", text="card")["ts"]
    slack.chat_update(channel="C0OPS", ts=ts, text="card 2")
    ask("react", channel="C0OPS", ts=ts, name="pushpin")
    ask("pin", channel="C0OPS", ts=ts)
    slack.chat_delete(channel="C0OPS", ts=ts)
    workspace.until(lambda: "message_deleted" in kinds(bob) and "message_deleted" in kinds(alice))
    texts = [it["message"]["text"] for it in bob if it["type"] == "message"]
    assert texts == ["hello <@U0ALICE>", "only you", "card"]
    assert [it["message"]["text"] for it in alice if it["type"] == "message"] == ["hello <@U0ALICE>", "card"]
    changed = [it["message"] for it in alice if it["type"] == "message_changed"]
    assert (changed[0]["text"], changed[-1]["pinned"], changed[-1]["reactions"][0]["users"]) == (
        "card 2",
        True,
        ["U0BOB"],
    )


def kinds(frames: list[Json]) -> list[str]:
    return [it["type"] for it in frames]


def test_a_form_in_the_page(workspace: Workspace, ask: Callable[..., Json], live: Callable[[str], list[Json]]) -> None:
    """The frame `views` shows and closes it; a wrong field is answered at its block."""
    frames, socket = live("U0BOB"), Socket(workspace)
    trigger = workspace.core.triggers.issue("U0BOB")
    view = client(workspace).views_open(trigger_id=trigger, view=modal(field("title")))["view"]
    workspace.until(lambda: "views" in kinds(frames))
    assert ask("submit", view_id=view["id"], values={})["errors"] == {
        "title_block": "Please complete this required field."
    }
    values = {"title_block": {"title": {"type": "plain_text_input", "value": "down"}}}
    assert ask("submit", "U0ALICE", view_id=view["id"], values=values)["ok"] is False
    assert ask("submit", view_id=view["id"], values=values) == {"ok": True}
    workspace.until(lambda: [it["views"] for it in frames if it["type"] == "views"][-1] == [])
    socket.close()


def test_a_failed_command_is_worded_as_in_slack(ask: Callable[..., Json]) -> None:
    """The page shows `text` as it is."""
    answer = ask("command", channel="C0OPS", text="/dr status")
    assert answer == {
        "ok": False,
        "error": "dispatch_failed",
        "text": '/dr failed with the error "dispatch_failed"',
    }


def test_home_and_direct_messages(workspace: Workspace, ask: Callable[..., Json]) -> None:
    """Opening the Home tells the app; direct messages are made when they are needed."""
    socket = Socket(workspace)
    opened = ask("home", tab="home")
    assert opened["home"] is None
    assert workspace.until(lambda: socket.events)[0]["type"] == "app_home_opened"
    client(workspace).views_publish(user_id="U0BOB", view={"type": "home", "blocks": [section("mine")]})
    assert ask("home", tab="home")["home"]["blocks"][0]["text"]["text"] == "mine"
    direct = ask("dm", user="U0ALICE")["channel"]
    assert (direct["kind"], direct["with"]) == ("im", "U0ALICE")
    assert ask("say", channel=direct["id"], text="psst")["ok"]
    socket.close()


def test_the_panel_does_what_the_demo_says(
    workspace: Workspace, ask: Callable[..., Json], live: Callable[[str], list[Json]]
) -> None:
    """Its items are shown, its buttons press, a refusal is one line."""
    pressed: list[tuple[str, str]] = []
    frames = live("U0BOB")

    def press(item: str, action: str) -> str:
        pressed.append((item, action))
        return "" if len(pressed) == 1 else "It is broken already."

    workspace.panel.on_press = press
    workspace.panel.show([PanelItem("primary", "Primary", "23 orders/s", "ok", (PanelAction("break", "Break it"),))])
    workspace.until(lambda: "panel" in kinds(frames))
    assert frames[-1]["panel"][0]["actions"][0]["label"] == "Break it"
    assert ask("panel", item="primary", action="break") == {"ok": True}
    assert ask("panel", item="primary", action="break")["text"] == "It is broken already."
    assert ask("panel", item="primary", action="other")["ok"] is False
    assert pressed == [("primary", "break")] * 2


def test_faults_are_switched_from_the_page(workspace: Workspace, ask: Callable[..., Json]) -> None:
    """A wrong name is refused, a right one takes effect, and all can be cleared."""
    assert ask("faults", set={"rules": [{"kind": "gremlins"}]})["ok"] is False
    assert ask("faults", set={"away": True})["faults"]["away"] is True
    assert ask("faults", clear=True)["faults"]["away"] is False


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Host": "evil.example:80"},
        {"Content-Type": "text/plain"},
    ],
)
def test_another_site_can_do_nothing(workspace: Workspace, headers: dict[str, str]) -> None:
    """A foreign origin, another name for this machine, and a form's content type are refused."""
    body = json.dumps({"as": "U0BOB", "channel": "C0OPS", "text": "x"})
    given = {"Content-Type": "application/json"} | headers
    assert httpx.post(f"{workspace.url}/ui/say", content=body, headers=given).status_code == 403
    assert workspace.messages("#ops") == []


@pytest.mark.parametrize("place", ["/ui/live?as=U0BOB", "/link/"])
@pytest.mark.parametrize(("origin", "host"), [("https://evil.example", ""), ("null", ""), (None, "evil.example")])
def test_another_site_hears_nothing(workspace: Workspace, place: str, origin: str | None, host: str) -> None:
    """Nor may it open the page's socket, or the app's."""
    address = new_address(workspace) if place == "/link/" else f"{workspace.url.replace('http', 'ws')}{place}"
    named = address.replace("127.0.0.1", host or "127.0.0.1")
    with create_connection(("127.0.0.1", workspace.server.port)) as tcp:
        foreign = Origin(origin) if origin else None
        with pytest.raises(InvalidStatus) as refused, connect(named, sock=tcp, origin=foreign):
            pass
    assert refused.value.response.status_code == 403
    assert workspace.connections == 0


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Host": "evil.example:80"}])
@pytest.mark.parametrize("place", ["/api/chat.postMessage", "/hooks/{hook}", "/upload/{upload}"])
def test_another_site_cannot_use_the_api(workspace: Workspace, place: str, headers: dict[str, str]) -> None:
    """Even with a good token, response_url or upload; the app itself, which says no origin, may."""
    hook = workspace.core.hooks.issue("U0BOB", "C0OPS").rpartition("/")[2]
    url = workspace.url + place.format(hook=hook, upload=workspace.core.uploads.start("a", 1).id)
    given = {"Authorization": f"Bearer {workspace.bot_token}"}
    body = {"channel": "C0OPS", "text": "x", "response_type": "in_channel"}
    assert httpx.post(url, json=body, headers=given | headers).status_code == 403
    assert workspace.messages("#ops") == []
    for host in ("localhost", "127.0.0.1:1", "LOCALHOST:81", "[::1]:80"):
        assert httpx.post(url, json=body, headers=given | {"Host": host}).status_code == 200


def test_the_server_is_on_loopback_alone(workspace: Workspace) -> None:
    """Nobody else on the network reaches it."""
    assert workspace.url.startswith("http://127.0.0.1:")
    listeners = workspace.server.addresses()
    assert {host for host, _ in listeners} == {"127.0.0.1"}


def test_it_starts_from_the_command_line() -> None:
    """It says where it is and how an app connects, and ends at Ctrl-C."""
    command = [sys.executable, "-m", "bot.playground", "workspace"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            said = all_said(process)
            address = re.search(r"http://127\.0\.0\.1:\d+", said)
            assert address, said
            assert f"SLACK_API_URL={address[0]}/api/" in said
            assert httpx.get(f"{address[0]}/ui/state").json()["me"] == "U0ALICE"
            assert interrupted(process) == 0
        finally:
            process.kill()


def all_said(process: subprocess.Popen[str]) -> str:
    """What it prints, down to its last line."""
    assert process.stdout is not None
    said = ""
    while "SLACK_SIGNING_SECRET" not in said and (line := process.stdout.readline()):
        said += line
    return said


def interrupted(process: subprocess.Popen[str]) -> int | None:
    """Its exit code after Ctrl-C, again each second: one that comes in the moment before it waits is seen at the next."""
    for _ in range(60):
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            return process.wait(timeout=1)
    return None
