"""HTTP mode: signed requests, retries, replays."""

import time
from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer
from slack_bolt import Ack
from slack_sdk.signature import SignatureVerifier

from bot.playground.workspace.workspace import Workspace
from tests.workspace.apps import client, new_app, requested
from tests.workspace.forms import Json, actions, button, field, modal


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with Workspace.running(limits=False, patience=30) as running:
        yield running


def test_a_whole_conversation_over_http(workspace: Workspace) -> None:
    """Command, form, click and event are signed so that Slack's library takes them; their answers count."""
    app, seen = new_app(workspace), []

    @app.command("/dr")
    def dr(ack: Ack, body: Json) -> None:
        app.client.views_open(trigger_id=body["trigger_id"], view=modal(field("title")))
        ack("opened")

    @app.view("declare")
    def submitted(ack: Ack, view: Json) -> None:
        if view["state"]["values"]["title_block"]["title"]["value"] == "x":
            ack(response_action="errors", errors={"title_block": "Say more."})
        else:
            ack()

    @app.action("go")
    def go(ack: Ack, body: Json) -> None:
        seen.append(body["actions"][0]["action_id"])
        ack()

    @app.event("message")
    def message(event: Json) -> None:
        seen.append(event["text"])

    with requested(workspace, app):
        assert workspace.command("U0BOB", "#ops", "/dr declare").ok
        assert workspace.ephemeral("#ops", "U0BOB")[0]["text"] == "opened"
        view = workspace.until(lambda: workspace.views("U0BOB"))[0]
        assert workspace.submit("U0BOB", view, {"title": "x"}).errors == {"title_block": "Say more."}
        assert workspace.submit("U0BOB", view, {"title": "better"}).ok
        ts = client(workspace).chat_postMessage(channel="C0OPS", text="x", blocks=[actions(button("go"))])["ts"]
        assert workspace.click("U0BOB", ts, "go").ok
        workspace.say("U0BOB", "#ops", "heard")
        workspace.until(lambda: {"go", "heard"} <= set(seen))


def test_what_was_sent_can_be_replayed(workspace: Workspace) -> None:
    """Byte for byte, with a signature that is still good."""
    app, texts = new_app(workspace), []

    @app.command("/dr")
    def dr(ack: Ack, body: Json) -> None:
        texts.append(body["text"])
        ack()

    with requested(workspace, app):
        workspace.command("U0BOB", "#ops", "/dr once")
        assert workspace.replay().status_code == 200
        sent = workspace.server.web.http.sent[-1]
    assert texts == ["once", "once"]
    assert SignatureVerifier(workspace.signing_secret).is_valid_request(sent.body, sent.headers)


def test_an_event_that_fails_comes_again_with_its_number(workspace: Workspace, httpserver: HTTPServer) -> None:
    """Three more tries with the same event_id; none after x-slack-no-retry."""
    workspace.retry_waits = (0.0, 0.05, 0.05)
    httpserver.expect_request("/fails").respond_with_data("", 500)
    httpserver.expect_request("/never").respond_with_data("", 500, headers={"x-slack-no-retry": "1"})
    workspace.request_url = httpserver.url_for("/fails")
    workspace.say("U0BOB", "#ops", "hello")
    workspace.until(lambda: len(httpserver.log) == 4)
    tries = [request for request, _ in httpserver.log]
    assert [it.headers.get("X-Slack-Retry-Num") for it in tries] == [None, "1", "2", "3"]
    assert len({it.get_json()["event_id"] for it in tries}) == 1
    workspace.request_url = httpserver.url_for("/never")
    workspace.say("U0BOB", "#ops", "again")
    workspace.until(lambda: len(httpserver.log) == 5)
    time.sleep(0.2)
    assert len(httpserver.log) == 5


def test_the_request_url_is_verified(workspace: Workspace, httpserver: HTTPServer) -> None:
    """Slack's library gives the challenge back; a server that knows nothing of it does not."""
    with requested(workspace, new_app(workspace)):
        assert workspace.verify_request_url()
    httpserver.expect_request("/else").respond_with_data("hello")
    workspace.request_url = httpserver.url_for("/else")
    assert not workspace.verify_request_url()


def test_a_command_to_nobody(workspace: Workspace) -> None:
    """Nothing listens at the request URL."""
    workspace.request_url = "http://127.0.0.1:9/slack/events"
    assert workspace.command("U0BOB", "#ops", "/dr").error == "dispatch_failed"
