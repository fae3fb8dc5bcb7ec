"""HTTP mode: signed requests of a workspace, and whatever strangers send to the same address."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx
import pytest
from slack_sdk.signature import SignatureVerifier
from starlette.applications import Starlette

from bot.playground.workspace.workspace import Workspace
from bot.slack.http_mode import MOST_BYTES, PATH, HttpMode
from bot.web.server import listen, new_server
from tests.integration.slack_transport.world import Heard, bolt

Eventually = Callable[..., bool]
FORM = {"content-type": "application/x-www-form-urlencoded"}


@dataclass
class World:
    workspace: Workspace
    heard: Heard
    mode: HttpMode
    url: str

    def post(self, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
        """A stranger's request."""
        return httpx.post(self.url, content=body, headers=FORM | (headers or {}), timeout=5, trust_env=False)


@pytest.fixture
def world() -> Iterator[World]:
    with Workspace.running(limits=False, patience=30) as workspace:
        heard = Heard()
        mode = HttpMode(bolt(workspace, heard), workspace.signing_secret)
        listener = listen(("127.0.0.1", 0))
        server = new_server(Starlette(routes=mode.routes))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        workspace.request_url = f"http://127.0.0.1:{listener.getsockname()[1]}{PATH}"
        yield World(workspace, heard, mode, workspace.request_url)
        server.should_exit = True
        thread.join(3)
        listener.close()
        mode.stop()


def test_commands_and_events_come_by_signed_requests(world: World, eventually: Eventually) -> None:
    """The answer of a command is shown, an event is taken once."""
    assert world.workspace.command("U0ALICE", "#oncall", "/dr status").ok
    assert world.workspace.ephemeral("#oncall", "U0ALICE")[-1]["text"] == "You said status. "
    ts = world.workspace.say("U0ALICE", "#ops", "Look.")
    world.workspace.react("U0BOB", ts, "pushpin")
    assert eventually(lambda: world.heard.events == ["pushpin"])
    assert world.mode.quiet() < 5


def test_a_replay_is_refused(world: World) -> None:
    """Byte for byte the same request is nobody's second command."""
    assert world.workspace.command("U0ALICE", "#oncall", "/dr once").ok
    assert world.workspace.replay().status_code == 401
    assert world.heard.commands == ["once"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-slack-request-timestamp": "yesterday", "x-slack-signature": "v0=00"},
        {"x-slack-request-timestamp": "1" * 400, "x-slack-signature": "v0=00"},
        {"x-slack-request-timestamp": str(int(time.time()))},
        {"x-slack-signature": "v0=" + "0" * 64},
        {"x-slack-request-timestamp": str(int(time.time())), "x-slack-signature": "v0=" + "0" * 64},
    ],
)
def test_malformed_and_unsigned_requests_get_401(world: World, headers: dict[str, str]) -> None:
    """Never 500, and nothing is dispatched."""
    answer = world.post(b"command=%2Fdr&text=declare", headers)
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_request"})
    assert world.heard.commands == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{not"),
        ("application/json", b"[]"),
        ("application/x-www-form-urlencoded", b"payload=%7Bnot"),
        ("application/x-www-form-urlencoded", b"payload=[]"),
    ],
)
def test_what_is_signed_and_no_payload_gets_400(world: World, kind: str, body: bytes) -> None:
    """Never 500: whoever holds the secret may still send nonsense."""
    at = str(int(time.time()))
    signature = SignatureVerifier(world.workspace.signing_secret).generate_signature(timestamp=at, body=body)
    headers = {"content-type": kind, "x-slack-request-timestamp": at, "x-slack-signature": str(signature)}
    assert world.post(body, headers).status_code == 400


def test_headers_that_are_no_ascii_get_401(world: World) -> None:
    """Raw bytes, as no ordinary client sends them."""
    host, port = world.url.removeprefix("http://").removesuffix(PATH).split(":")
    head = b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nConnection: close\r\n"
    mine = b"X-Slack-Request-Timestamp: \xb2\xb3\r\nX-Slack-Signature: v0=\xff\xfe\r\n\r\nx"
    with socket.create_connection((host, int(port)), timeout=5) as raw:
        raw.sendall(head + mine)
        assert raw.recv(100).startswith(b"HTTP/1.1 401")


def test_bodies_and_signatures_are_never_logged(world: World) -> None:
    """Whatever is sent, the log holds nothing of it."""
    records: list[str] = []

    class Note(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record.getMessage())

    root, note, level = logging.getLogger(), Note(logging.DEBUG), logging.getLogger().level
    bolts = [logging.getLogger(name) for name in logging.root.manager.loggerDict if name.startswith("slack_bolt")]
    root.addHandler(note)
    root.setLevel(logging.INFO)
    try:
        headers = {"x-slack-request-timestamp": str(int(time.time())), "x-slack-signature": "v0=canary_signature"}
        world.post(b"text=canary_body", headers)
        world.workspace.command("U0ALICE", "#oncall", "/dr canary_command")
    finally:
        root.removeHandler(note)
        root.setLevel(level)
    assert bolts
    assert not [text for text in records if "canary" in text]


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_more_than_a_megabyte_is_refused(world: World, chunked: bool) -> None:
    """Whether or not it says how long it is."""

    def parts() -> Iterator[bytes]:
        for _ in range(12):
            yield b"x" * 100_000

    content = parts() if chunked else b"x" * (MOST_BYTES + 1)
    answer = httpx.post(world.url, content=content, headers=FORM, timeout=5, trust_env=False)
    assert answer.status_code == 413


def test_slacks_look_at_the_certificate_is_answered(world: World) -> None:
    """Unsigned, by GET and by POST, and nothing is dispatched."""
    assert world.post(b"ssl_check=1&token=old").status_code == 200
    assert httpx.get(world.url, params={"ssl_check": "1"}, trust_env=False).status_code == 200
    assert httpx.get(world.url, trust_env=False).status_code == 401
    assert world.heard.commands == []


def test_one_that_waits_holds_up_no_other(world: World, eventually: Eventually) -> None:
    """Twenty commands have their listeners at the same time, however long each of those waits; all are answered."""
    commands = [lambda n=n: world.workspace.command("U0ALICE", "#oncall", f"/dr {n}") for n in range(20)]
    world.heard.hold.clear()
    with ThreadPoolExecutor(1) as thread:
        outcomes = thread.submit(world.workspace.at_once, commands)
        try:
            assert eventually(lambda: len(world.heard.begun) == 20, 15)
        finally:
            world.heard.hold.set()
    assert all(outcome.ok for outcome in outcomes.result())


def test_an_event_that_nobody_listens_to_is_not_repeated(world: World, eventually: Eventually) -> None:
    """It is acknowledged, so Slack sends it once."""
    world.workspace.retry_waits = (0.1,)
    world.workspace.open_home("U0ALICE")
    assert eventually(lambda: len(world.workspace._web.http.sent) == 1)
    time.sleep(0.5)
    assert len(world.workspace._web.http.sent) == 1
