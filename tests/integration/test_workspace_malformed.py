"""What nobody should send to the workspace: it refuses, and goes on."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from bot.playground.workspace.methods import METHODS
from bot.playground.workspace.methods.call import Call, Method
from bot.playground.workspace.workspace import Workspace
from tests.workspace.apps import client
from tests.workspace.forms import Json, section
from tests.workspace.sockets import new_address

DEEP = "[" * 100_000
HALF = "a\ud800b"
WHOLE = "a\ufffdb"


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with Workspace.running(limits=False, patience=30) as running:
        yield running


def call(workspace: Workspace, method: str, content: str = "", /, **form: str) -> Json:
    """With a body as it is, or as a form."""
    headers = {"Authorization": f"Bearer {workspace.bot_token}"}
    given: Any = {"data": form} if form else {"content": content}
    if content:
        headers["Content-Type"] = "application/json"
    answer = httpx.post(f"{workspace.api_url}{method}", headers=headers, timeout=30, **given)
    assert answer.status_code == 200
    return dict(answer.json())


@pytest.mark.parametrize(
    ("method", "given", "code"),
    [
        ("conversations.list", {"cursor": "offset:²"}, "invalid_cursor"),
        ("conversations.list", {"cursor": "offset:" + "9" * 5000}, "invalid_cursor"),
        ("conversations.invite", {"channel": "C0OPS", "users": 5}, "invalid_arguments"),
        ("conversations.open", {"users": {"id": "U0BOB"}}, "invalid_arguments"),
        ("files.completeUploadExternal", {"files": {"id": "x"}}, "invalid_arguments"),
        ("files.completeUploadExternal", {"files": ["x"]}, "invalid_arguments"),
        ("files.completeUploadExternal", {"files": []}, "file_not_found"),
        ("chat.postMessage", {"channel": "C0OPS", "blocks": DEEP}, "invalid_blocks_format"),
        ("chat.postMessage", {"channel": "C0OPS", "text": "x", "attachments": DEEP}, "invalid_attachments"),
        ("chat.postMessage", {"channel": "C0OPS", "blocks": [{"type": "header", "text": None}]}, "invalid_blocks"),
        ("views.publish", {"user_id": "U0BOB", "view": {"type": "home", "blocks": None}}, "invalid_arguments"),
        ("views.publish", {"user_id": "U0BOB", "view": DEEP}, "invalid_arguments"),
    ],
)
def test_an_argument_that_cannot_be_read(workspace: Workspace, method: str, given: Json, code: str) -> None:
    """Each is refused in Slack's words."""
    assert call(workspace, method, json.dumps(given))["error"] == code


@pytest.mark.parametrize("body", [DEEP, '{"channel": "C0OPS", "text": "x", "metadata": NaN}', '{"a": 1e999}'])
def test_a_body_that_cannot_be_read(workspace: Workspace, body: str) -> None:
    """JSON without end, or with what JSON hasn't, is no argument at all."""
    assert call(workspace, "chat.postMessage", body)["error"] == "channel_not_found"


def test_half_a_character_is_replaced(workspace: Workspace) -> None:
    """However it comes: in JSON, in JSON within a form, from the page, or in the app's answer; all stays readable."""
    call(workspace, "chat.postMessage", json.dumps({"channel": "C0OPS", "text": HALF, "attachments": [{HALF: [HALF]}]}))
    call(workspace, "chat.postMessage", channel="C0OPS", text="x", blocks=json.dumps([section(HALF)]))
    page = json.dumps({"as": "U0BOB", "channel": "C0OPS", "text": HALF})
    said = httpx.post(f"{workspace.url}/ui/say", content=page, headers={"Content-Type": "application/json"}).json()
    assert said["ok"] is True
    hook = workspace.url + workspace.core.hooks.issue("U0BOB", "C0OPS")
    assert httpx.post(hook, content=json.dumps({"text": HALF, "response_type": "in_channel"})).json()["ok"] is True
    messages = client(workspace).conversations_history(channel="C0OPS")["messages"]
    last, typed, form, first = (it["text"] for it in messages)
    assert (last, typed, form, first) == (WHOLE, WHOLE, "x", WHOLE)
    assert messages[2]["blocks"][0]["text"]["text"] == WHOLE
    assert messages[3]["attachments"][0][WHOLE] == [WHOLE]
    seen = httpx.get(f"{workspace.url}/ui/messages", params={"as": "U0BOB", "channel": "C0OPS"})
    assert len(seen.json()["messages"]) == 4


def test_a_whole_character_in_two_halves_stays(workspace: Workspace) -> None:
    """JSON writes a rocket as a pair; that is no half."""
    call(workspace, "chat.postMessage", json.dumps({"channel": "C0OPS", "text": "🚀"}))
    assert workspace.messages("#ops")[-1]["text"] == "🚀"


@pytest.mark.parametrize("frame", [b"\x00\x01", DEEP, "{", "5", '{"envelope_id": ["x"]}'])
def test_a_frame_that_cannot_be_read_ends_no_socket(workspace: Workspace, frame: str | bytes) -> None:
    """Neither the app's nor the page's: both hear what comes next."""
    live = f"{workspace.url.replace('http', 'ws')}/ui/live?as=U0BOB"
    with connect(new_address(workspace)) as app, connect(live) as page:
        assert json.loads(app.recv(30))["type"] == "hello"
        for socket in (app, page):
            socket.send(frame)
            assert socket.ping().wait(30)
        workspace.say("U0BOB", "#ops", "still there")
        assert json.loads(app.recv(30))["payload"]["event"]["text"] == "still there"
        frames = [json.loads(page.recv(30)) for _ in range(2)]
        assert "message" in [it["type"] for it in frames]


def test_a_page_that_sends_endless_json_is_answered(workspace: Workspace) -> None:
    """It is a bad request."""
    answer = httpx.post(f"{workspace.url}/ui/say", content=DEEP, headers={"Content-Type": "application/json"})
    assert answer.json()["error"] == "bad_request"


def test_a_method_that_breaks_is_answered_and_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The app hears internal_error, the ledger keeps what happened, and the workspace ends with an error."""

    def broken(_: Call) -> Json:
        raise ZeroDivisionError("by design")

    monkeypatch.setitem(METHODS, "api.test", Method(broken, tier="4", token="none"))
    with pytest.raises(RuntimeError, match="by design"), Workspace.running() as workspace:  # noqa: PT012
        assert call(workspace, "api.test") == {"ok": False, "error": "internal_error"}
        assert workspace.ledger.of("api.test")[-1].error == "internal_error"
        assert "ZeroDivisionError: by design" in workspace.ledger.crashes[0]
        assert call(workspace, "auth.test")["ok"] is True
