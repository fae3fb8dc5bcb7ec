"""What a test lets go wrong happens as said, and the ledger tells what took effect."""

import json
import socket as tcp
import threading
from collections.abc import Iterator
from http.client import RemoteDisconnected
from urllib.error import URLError

import httpx
import pytest
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_handlers import ConnectionErrorRetryHandler
from websockets.exceptions import InvalidMessage

from bot.playground.workspace.faults import Fault
from bot.playground.workspace.workspace import Workspace
from tests.workspace.apps import client
from tests.workspace.sockets import Socket, new_address


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with Workspace.running(limits=False, patience=30) as running:
        yield running


def post(workspace: Workspace, text: str = "x", timeout: int = 10) -> None:
    client(workspace, timeout=timeout).chat_postMessage(channel="C0OPS", text=text)


@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize(
    ("kind", "error"), [("close", RemoteDisconnected), ("reset", ConnectionResetError), ("hang", TimeoutError)]
)
def test_a_broken_connection(workspace: Workspace, kind: str, error: type[Exception], applied: bool) -> None:
    """Closed, reset or silent, before or after the message was posted: the caller can't tell, the ledger can."""
    workspace.faults.add(kind, "chat.postMessage", times=1, applied=applied)  # type: ignore[arg-type]
    with pytest.raises((error, URLError)) as broken:
        post(workspace, timeout=1 if kind == "hang" else 10)
    reason = broken.value.reason if isinstance(broken.value, URLError) else broken.value
    assert isinstance(reason, error)
    workspace.until(lambda: [it.applied for it in workspace.ledger.of("chat.postMessage")] == [applied])
    assert len(workspace.messages("#ops")) == applied
    post(workspace)
    assert len(workspace.messages("#ops")) == 1 + applied


def test_slacks_own_repetition_posts_twice(workspace: Workspace) -> None:
    """The handler that is on by default repeats what had taken effect."""
    workspace.faults.add("close", "chat.postMessage", times=1, applied=True)
    slack = client(workspace)
    slack.retry_handlers.append(ConnectionErrorRetryHandler())
    slack.chat_postMessage(channel="C0OPS", text="x")
    assert len(workspace.messages("#ops")) == 2


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"kind": "status", "status": 500}, 500),
        ({"kind": "status", "status": 503, "applied": True}, 503),
        ({"kind": "html"}, 200),
        ({"kind": "html", "status": 502}, 502),
        ({"kind": "empty", "applied": True}, 200),
        ({"kind": "cut_json", "applied": True}, 200),
        ({"kind": "rate_limited", "retry_after": "soon"}, 429),
        ({"kind": "error", "error": "fatal_error", "applied": True}, 200),
    ],
    ids=lambda it: f"{it['kind']}-{it.get('status', '')}" if isinstance(it, dict) else "",
)
def test_an_answer_that_is_none(workspace: Workspace, fault: dict[str, object], status: int) -> None:
    """Each comes with its status, once; whether the message was posted is as said."""
    workspace.faults.set({"rules": [{"method": "chat.*", "times": 1} | fault]})
    with pytest.raises((SlackClientError, json.JSONDecodeError)) as refused:
        post(workspace)
    if isinstance(refused.value, SlackApiError):
        assert refused.value.response.status_code == status
    assert len(workspace.messages("#ops")) == bool(fault.get("applied"))
    assert workspace.ledger.of("chat.postMessage")[0].status == status
    post(workspace)


def test_an_odd_retry_after(workspace: Workspace) -> None:
    """Text, nothing, a fraction: what was asked for is what is sent."""
    for value in ("soon", "", "0.5", "-1", "99999"):
        workspace.faults.add("rate_limited", "auth.test", times=1, retry_after=value)
        answer = httpx.post(f"{workspace.api_url}auth.test", headers={"Authorization": f"Bearer {workspace.bot_token}"})
        assert (answer.status_code, answer.headers.get("retry-after", "")) == (429, value)


def test_latency_delays_one_method(workspace: Workspace) -> None:
    """Others are as fast as ever; both are in the ledger."""
    workspace.faults.add("latency", "chat.postMessage", seconds=2.0)
    thread = threading.Thread(target=post, args=(workspace,))
    thread.start()
    workspace.until(lambda: workspace.ledger.of("chat.postMessage"))
    client(workspace).auth_test()
    assert thread.is_alive()
    thread.join()
    assert workspace.ledger.of("chat.postMessage")[0].lasted >= 2.0
    assert workspace.ledger.of("auth.test")[0].lasted < 2.0


def test_a_fault_may_skip_the_first_requests(workspace: Workspace) -> None:
    """skip=2: the third one fails."""
    workspace.faults.add("status", "auth.test", skip=2, times=1)
    slack = client(workspace)
    slack.auth_test()
    slack.auth_test()
    with pytest.raises(SlackClientError):
        slack.auth_test()
    slack.auth_test()


def test_slack_is_away_and_comes_back(workspace: Workspace) -> None:
    """Connections are refused, sockets lost; afterwards the same address works, and the state is still there."""
    socket = Socket(workspace)
    post(workspace, "before")
    workspace.go_away()
    assert socket.ended.wait(30)
    with pytest.raises(URLError) as refused:
        post(workspace, "lost")
    assert isinstance(refused.value.reason, ConnectionRefusedError)
    workspace.until(lambda: workspace.connections == 0)
    workspace.come_back()
    back = Socket(workspace)
    post(workspace, "after")
    assert workspace.command("U0BOB", "#ops", "/dr").ok
    assert [it["text"] for it in workspace.messages("#ops")] == ["before", "after"]
    back.close()


def test_nobody_else_gets_its_port_meanwhile(workspace: Workspace) -> None:
    """It is refused to whoever asks for it while Slack is away."""
    workspace.go_away()
    with tcp.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", workspace.server.port))


def test_slack_is_away_while_the_page_goes_on(workspace: Workspace) -> None:
    """The switch of the panel: the app's requests and sockets are reset, the page's are answered."""
    socket = Socket(workspace)
    workspace.faults.away = True
    assert socket.ended.wait(30)
    with pytest.raises(httpx.TransportError):
        httpx.post(f"{workspace.api_url}auth.test")
    assert httpx.get(f"{workspace.url}/ui/state").json()["ok"] is True
    assert workspace.ledger.of("auth.test")[0].fault == "away"


def test_a_socket_that_can_not_be_opened(workspace: Workspace) -> None:
    """The address is given out, but its connection breaks."""
    workspace.faults.add("reset", "link", times=1)
    with pytest.raises((ConnectionError, InvalidMessage, EOFError)):
        Socket(workspace, address=new_address(workspace))
    assert workspace.ledger.of("link")[0].fault == "reset"
    Socket(workspace).close()


def test_phantoms_take_their_share() -> None:
    """A connection that nobody holds is counted, and what is sent to it is lost."""
    with Workspace.running(limits=False) as workspace:
        workspace.faults.phantoms = 1
        socket = Socket(workspace)
        assert socket.hello["num_connections"] == 2
        outcomes = workspace.at_once([lambda: workspace.command("U0BOB", "#ops", "/dr") for _ in range(2)])
        assert sorted(it.error for it in outcomes) == ["", "operation_timeout"]
        socket.close()


def test_an_unknown_fault_is_refused() -> None:
    """With the kinds that there are."""
    with pytest.raises(ValueError, match="Choose one of: latency, close"):
        Fault(kind="gremlins")  # type: ignore[arg-type]
