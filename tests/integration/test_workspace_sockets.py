"""Socket Mode: Slack's own clients connect, acknowledge, lose and regain connections."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from slack_bolt import Ack, App, Respond
from websockets.exceptions import InvalidStatus

from bot.playground.workspace.installed import InstalledApp, SlashCommand, from_manifest
from bot.playground.workspace.workspace import Workspace, find_action
from tests.workspace.apps import client, connected, new_app
from tests.workspace.forms import Json, actions, button, confirm, option, section
from tests.workspace.sockets import Socket, new_address

SLACKS_OWN = pytest.mark.parametrize("patience", [3.0])


@pytest.fixture
def patience() -> float:
    """Slack's own, where a test waits until it ends; else more, for a machine that is busy."""
    return 30.0


@pytest.fixture
def workspace(patience: float) -> Iterator[Workspace]:
    with Workspace.running(limits=False, patience=patience) as running:
        yield running


@pytest.fixture
def sockets(workspace: Workspace) -> Iterator[Any]:
    """Opens bare connections, and closes them all."""
    opened: list[Socket] = []

    def open_one(**options: Any) -> Socket:
        opened.append(Socket(workspace, **options))
        return opened[-1]

    yield open_one
    for it in opened:
        it.close()


def test_hello_counts_the_connections(sockets: Any) -> None:
    """Each new connection hears how many there are, itself included."""
    first, second = sockets(), sockets()
    assert (first.hello["num_connections"], second.hello["num_connections"]) == (1, 2)
    assert first.hello["connection_info"] == {"app_id": "A0DRBOT"}
    assert first.hello["debug_info"]["approximate_connection_time"] > 0


def test_each_envelope_goes_to_one_connection(workspace: Workspace, sockets: Any) -> None:
    """Six commands over three connections: each arrives once, none of the connections gets all."""
    opened = [sockets() for _ in range(3)]
    for number in range(6):
        assert workspace.command("U0BOB", "#ops", f"/dr {number}").ok
    workspace.until(
        lambda: sum(len(socket.envelopes) for socket in opened) >= 6
    )  # it is acknowledged before it is kept
    arrived = [it["payload"]["text"] for socket in opened for it in socket.envelopes]
    assert sorted(arrived) == [str(number) for number in range(6)]
    assert max(len(it.envelopes) for it in opened) < 6


def test_an_address_opens_one_socket(workspace: Workspace, sockets: Any) -> None:
    """The second connection with the same address is refused, as is an invented one."""
    address = new_address(workspace)
    sockets(address=address)
    for used_up in (address, address.replace("ticket=", "ticket=x")):
        with pytest.raises(InvalidStatus):
            sockets(address=used_up)
    assert workspace.connections == 1


def test_the_eleventh_connection_is_too_many(workspace: Workspace, sockets: Any) -> None:
    """It is told so and closed; the ten others stay."""
    opened = [sockets() for _ in range(11)]
    assert opened[10].ended.wait(30)
    assert opened[10].disconnects == ["too_many_websockets"]
    assert workspace.connections == 10


def test_a_command_is_answered_by_its_acknowledgement(workspace: Workspace) -> None:
    """The text of the acknowledgement is shown to that person alone; names arrive as ids."""
    app, bodies = new_app(workspace), []

    @app.command("/dr")
    def dr(ack: Ack, body: Json) -> None:
        bodies.append(body)
        ack(f"You said {body['text']}")

    with connected(workspace, app):
        assert workspace.command("U0BOB", "#ops", "/dr assign commander @carol in #status <b>").ok
    assert bodies[0]["text"] == "assign commander <@U0CAROL|carol> in <#C0STATUS|status> &lt;b&gt;"
    assert (bodies[0]["channel_id"], bodies[0]["user_id"]) == ("C0OPS", "U0BOB")
    assert [it["text"][:8] for it in workspace.ephemeral("#ops", "U0BOB")] == ["You said"]
    assert workspace.ephemeral("#ops", "U0ALICE") == []


def test_without_should_escape_text_arrives_as_typed() -> None:
    """Names stay names, and nothing is escaped."""
    texts: list[str] = []
    with Workspace.running(app=InstalledApp(commands=(SlashCommand("/dr"),)), limits=False) as workspace:
        app = new_app(workspace)

        @app.command("/dr")
        def dr(ack: Ack, body: Json) -> None:
            texts.append(body["text"])
            ack()

        with connected(workspace, app):
            workspace.command("U0BOB", "#ops", "/dr tell @carol <b>")
    assert texts == ["tell @carol <b>"]


@SLACKS_OWN
def test_a_command_that_nobody_takes(workspace: Workspace, sockets: Any) -> None:
    """Without a connection, without an acknowledgement, and one that isn't there: each as Slack words it."""
    assert workspace.command("U0BOB", "#ops", "/dr x").text == '/dr failed with the error "dispatch_failed"'
    assert workspace.command("U0BOB", "#ops", "/other").error == "unknown_command"
    sockets(answering=False)
    began = time.monotonic()
    assert workspace.command("U0BOB", "#ops", "/dr x").text == '/dr failed with the error "operation_timeout"'
    assert 2.9 < time.monotonic() - began < 20


def heard(app: App, *names: str) -> list[Json]:
    """What comes of these actions, which the app acknowledges."""
    bodies: list[Json] = []

    def clicked(ack: Ack, body: Json) -> None:
        ack()
        bodies.append(body)

    for name in names:
        app.action(name)(clicked)
    return bodies


def test_a_click_carries_the_message_and_what_was_chosen(workspace: Workspace) -> None:
    """A button has its value, a select its option; both have the state, the container and a response_url."""
    app = new_app(workspace)
    pick: Json = {"type": "static_select", "action_id": "pick", "options": [option("a"), option("b")]}
    blocks = [actions(button("go", value="opaque", confirm=confirm()), pick, block_id="row")]
    ts = client(workspace).chat_postMessage(channel="C0OPS", text="card", blocks=blocks)["ts"]
    bodies = heard(app, "go", "pick")
    with connected(workspace, app):
        assert workspace.click("U0BOB", ts, "go").ok
        assert workspace.click("U0CAROL", ts, "pick", "b").ok
        workspace.until(lambda: len(bodies) == 2)
    first, second = sorted(bodies, key=lambda it: str(it["actions"][0]["action_id"]))
    assert first["actions"][0]["value"] == "opaque"
    assert first["actions"][0]["block_id"] == "row"
    assert first["container"] == {"type": "message", "message_ts": ts, "channel_id": "C0OPS", "is_ephemeral": False}
    assert (first["user"]["id"], first["message"]["ts"]) == ("U0BOB", ts)
    assert second["actions"][0]["selected_option"]["value"] == "b"
    assert second["state"]["values"]["row"]["pick"] == {"type": "static_select", "selected_option": None}


def test_a_button_in_an_attachment(workspace: Workspace) -> None:
    """It is pressed as any other; its container is the attachment, which is known by its number."""
    app = new_app(workspace)
    pick: Json = {"type": "static_select", "action_id": "pick", "options": [option("a"), option("b")]}
    attachments: list[Json] = [
        {"text": "no blocks"},
        {"color": "#a33", "blocks": [actions(button("go"), pick, block_id="row")]},
    ]
    slack = client(workspace)
    blocks = [section(), actions(button("own"))]
    ts = slack.chat_postMessage(channel="C0OPS", text="x", blocks=blocks, attachments=attachments)["ts"]
    bodies = heard(app, "go", "own")
    with connected(workspace, app):
        assert workspace.click("U0BOB", ts, "go").ok
        assert workspace.click("U0BOB", ts, "own").ok
        workspace.until(lambda: len(bodies) == 2)
    there = {"message_ts": ts, "channel_id": "C0OPS", "is_ephemeral": False}
    second = {"type": "message_attachment", "attachment_id": 2, "is_app_unfurl": False}
    by_action = {it["actions"][0]["action_id"]: it for it in bodies}
    assert by_action["go"]["container"] == there | second
    assert by_action["own"]["container"] == there | {"type": "message"}
    assert by_action["go"]["state"]["values"]["row"]["pick"]["selected_option"] is None


def test_a_click_on_what_was_edited_meanwhile(workspace: Workspace) -> None:
    """Who confirms while the message is edited has pressed what they saw: its value arrives, not the present one."""
    app, bodies = new_app(workspace), []
    slack = client(workspace)
    ts = slack.chat_postMessage(channel="C0OPS", text="x", blocks=[actions(button("go", value="plan A"))])["ts"]
    seen = find_action(workspace.message(ts)["blocks"], "go", None)
    slack.chat_update(channel="C0OPS", ts=ts, text="x", blocks=[section(), actions(button("go", value="plan B"))])

    def clicked(ack: Ack, body: Json) -> None:
        ack()
        bodies.append(body)

    app.action("go")(clicked)
    with connected(workspace, app):
        container = {"type": "message", "channel": "C0OPS", "ts": ts}
        body = {"as": "U0BOB", "container": container, "action": seen}
        assert httpx.post(f"{workspace.url}/ui/action", json=body, timeout=40).json()["ok"]
        workspace.until(lambda: bodies)
    assert bodies[0]["actions"][0]["value"] == "plan A"


def test_a_click_on_what_is_gone(workspace: Workspace) -> None:
    """A button that an edit took away can't be pressed any more."""
    slack = client(workspace)
    ts = slack.chat_postMessage(channel="C0OPS", text="x", blocks=[actions(button("go"))])["ts"]
    slack.chat_update(channel="C0OPS", ts=ts, text="x", blocks=[section()])
    with pytest.raises(KeyError):
        workspace.click("U0BOB", ts, "go")


def test_a_response_url_works_five_times_in_thirty_minutes(workspace: Workspace) -> None:
    """Replace and delete the original, speak to one person or to all; the sixth use and a late one are refused."""
    app, responders = new_app(workspace), []

    @app.action("go")
    def go(ack: Ack, respond: Respond) -> None:
        ack()
        responders.append(respond)

    ts = client(workspace).chat_postMessage(channel="C0OPS", text="old", blocks=[actions(button("go"))])["ts"]
    with connected(workspace, app):
        for _ in range(2):
            workspace.click("U0BOB", ts, "go")
        workspace.until(lambda: len(responders) == 2)
    respond, late = responders
    respond("new", replace_original=True)
    assert workspace.message(ts)["text"] == "new"
    respond("only you")
    respond("all of you", response_type="in_channel")
    assert [it["text"] for it in workspace.ephemeral("#ops", "U0BOB")] == ["only you"]
    assert workspace.messages("#ops")[-1]["text"] == "all of you"
    respond(delete_original=True)
    assert ts not in [it["ts"] for it in workspace.messages("#ops")]
    assert respond("fifth").status_code == 200
    assert (respond("sixth").status_code, json.loads(respond("x").body)["error"]) == (404, "used_url")
    workspace.clock.advance(1801)
    assert json.loads(late("late").body)["error"] == "expired_url"


def test_an_ephemeral_message_has_buttons_and_can_be_replaced(workspace: Workspace) -> None:
    """The click doesn't carry the message, and the replacement stays for that person alone."""
    app, bodies = new_app(workspace), []

    @app.command("/dr")
    def dr(ack: Ack) -> None:
        ack(text="menu", blocks=[actions(button("go"))])

    @app.action("go")
    def go(ack: Ack, body: Json, respond: Respond) -> None:
        ack()
        respond("chosen", replace_original=True)
        bodies.append(body)

    with connected(workspace, app):
        workspace.command("U0BOB", "#ops", "/dr")
        shown = workspace.ephemeral("#ops", "U0BOB")[-1]
        assert workspace.click("U0ALICE", shown["ts"], "go").error == "not_found"
        assert workspace.click("U0BOB", shown["ts"], "go").ok
        workspace.until(lambda: bodies)
    assert "message" not in bodies[0]
    assert [it["text"] for it in workspace.ephemeral("#ops", "U0BOB")] == ["chosen"]
    assert workspace.messages("#ops", "U0ALICE") == []


def test_events_arrive_once_and_in_order(workspace: Workspace, sockets: Any) -> None:
    """What people say, who joins, which reaction, what is renamed; nothing from channels without the bot."""
    socket = sockets()
    channel = workspace.new_channel("war-room", members=["U0BOB"])
    workspace.say("U0BOB", channel.id, "unheard")
    workspace.invite_bot(channel.id)
    ts = workspace.say("U0BOB", channel.id, "hello <@U0DRBOT>")
    workspace.react("U0BOB", ts, "pushpin")
    workspace.rename(channel.id, "peace-room")
    workspace.join("U0CAROL", channel.id)
    workspace.until(lambda: len(socket.events) == 9)
    named = [it["type"] + (":" + it["subtype"] if "subtype" in it else "") for it in socket.events]
    assert named == [
        "channel_created",
        "message:channel_join",
        "member_joined_channel",
        "message",
        "reaction_added",
        "message:channel_name",
        "channel_rename",
        "message:channel_join",
        "member_joined_channel",
    ]
    reaction = next(it for it in socket.events if it["type"] == "reaction_added")
    assert reaction["item"] == {"type": "message", "channel": channel.id, "ts": ts}
    assert "unheard" not in [it.get("text") for it in socket.events]


def test_an_app_hears_only_what_its_manifest_asks_for() -> None:
    """Commands, shortcuts, scopes and events come from a manifest; an event without its scope is silent."""
    manifest = {
        "display_information": {"name": "Other"},
        "features": {"slash_commands": [{"command": "/x", "description": "X", "should_escape": True}]},
        "oauth_config": {"scopes": {"bot": ["channels:history", "chat:write"]}},
        "settings": {"event_subscriptions": {"bot_events": ["message.channels", "reaction_added"]}},
    }
    with Workspace.running(app=from_manifest(manifest), limits=False) as workspace:
        socket = Socket(workspace)
        ts = workspace.say("U0BOB", "#ops", "one")
        workspace.react("U0BOB", ts, "eyes")
        workspace.say("U0BOB", "#ops", "two")
        workspace.until(lambda: len(socket.events) == 2)
        assert [it["text"] for it in socket.events] == ["one", "two"]
        assert workspace.command("U0BOB", "#ops", "/dr").error == "unknown_command"
        assert workspace.command("U0BOB", "#ops", "/x").ok
        socket.close()


def test_an_unacknowledged_event_comes_again(workspace: Workspace, sockets: Any) -> None:
    """With its number and the reason, until it is acknowledged."""
    workspace.retry_waits = (0.05,) + (0.2,) * 50  # however long it takes until somebody listens
    workspace.say("U0BOB", "#ops", "before anybody listens")
    time.sleep(0.1)
    socket = sockets()
    first = workspace.until(lambda: socket.envelopes)[0]
    assert first["retry_attempt"] >= 1
    assert first["retry_reason"] == "connection_failed"
    time.sleep(0.5)
    assert len(socket.envelopes) == 1


@SLACKS_OWN
def test_a_ghost_is_counted_and_gets_nothing(workspace: Workspace, sockets: Any) -> None:
    """A click sent to it is lost and not repeated; its pings are answered as ever."""
    ghost = sockets()
    assert workspace.haunt_sockets() == 1
    live = sockets()
    assert live.hello["num_connections"] == 2
    outcomes = workspace.at_once([lambda: workspace.command("U0BOB", "#ops", "/dr x") for _ in range(4)])
    assert sorted(it.error for it in outcomes) == ["", "", "operation_timeout", "operation_timeout"]
    assert (len(live.envelopes), ghost.envelopes) == (2, [])
    assert ghost.ping()


def test_disconnecting_says_why(workspace: Workspace, sockets: Any) -> None:
    """A warning closes nothing; a refresh closes."""
    socket = sockets()
    workspace.end_sockets("warning")
    workspace.until(lambda: socket.disconnects == ["warning"])
    assert workspace.connections == 1
    workspace.end_sockets("refresh_requested")
    assert socket.ended.wait(30)
    assert socket.disconnects == ["warning", "refresh_requested"]


def test_slacks_client_comes_back_after_a_refresh(workspace: Workspace) -> None:
    """It opens a new socket by itself, and goes on."""
    app = new_app(workspace)
    app.command("/dr")(lambda ack: ack("here"))
    with connected(workspace, app):
        workspace.end_sockets("refresh_requested")
        workspace.until(lambda: len(workspace.ledger.of("link")) == 2 and workspace.connections == 1)
        assert workspace.command("U0BOB", "#ops", "/dr").ok


def test_a_dropped_socket_fails_what_is_under_way(workspace: Workspace, sockets: Any) -> None:
    """The click is answered at once, and not only when patience ends."""
    socket = sockets(answering=False)
    threading.Timer(0.2, workspace.drop_sockets).start()
    began = time.monotonic()
    assert workspace.command("U0BOB", "#ops", "/dr x").error == "dispatch_failed"
    assert time.monotonic() - began < 20
    assert workspace.connections == 0
    assert socket.ended.wait(30)


def test_shortcuts_reach_the_app(workspace: Workspace) -> None:
    """A message's shortcut carries the message."""
    app, bodies = new_app(workspace), []

    @app.message_shortcut("add_to_timeline")
    def add(ack: Ack, body: Json) -> None:
        ack()
        bodies.append(body)

    ts = workspace.say("U0BOB", "#ops", "the database is slow")
    with connected(workspace, app):
        assert workspace.shortcut("U0ALICE", "add_to_timeline", ts).ok
        workspace.until(lambda: bodies)
    assert (bodies[0]["message"]["text"], bodies[0]["channel"]["id"]) == ("the database is slow", "C0OPS")
    assert bodies[0]["trigger_id"]


def test_bolt_runs_against_it(workspace: Workspace) -> None:
    """Slack's own library: a message, a reply, and its own messages left alone."""
    app: App = new_app(workspace)

    @app.message("hello")
    def hello(say: Any) -> None:
        say("hello to you")

    with connected(workspace, app):
        workspace.say("U0BOB", "#ops", "hello bot")
        workspace.until(lambda: len(workspace.messages("#ops")) == 2)
        time.sleep(0.1)
    assert [it["text"] for it in workspace.messages("#ops")] == ["hello bot", "hello to you"]
