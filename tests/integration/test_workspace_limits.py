"""How often methods may be called."""

from collections.abc import Iterator

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from bot.playground.workspace.errors import RateLimited
from bot.playground.workspace.workspace import Workspace
from tests.workspace.apps import client


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with Workspace.running() as running:
        yield running


def test_one_message_a_second_in_each_channel(workspace: Workspace) -> None:
    """The second one is 429 with Retry-After; another channel and another method go on; in its time it passes."""
    workspace.core.limits.post_every = 60
    slack = client(workspace)
    slack.chat_postMessage(channel="C0OPS", text="one")
    with pytest.raises(SlackApiError) as limited:
        slack.chat_postMessage(channel="C0OPS", text="two")
    assert limited.value.response.status_code == 429
    assert limited.value.response["error"] == "ratelimited"
    assert 1 <= int(limited.value.response.headers["retry-after"]) <= 60
    ts = slack.chat_postMessage(channel="C0STATUS", text="one")["ts"]
    slack.chat_update(channel="C0STATUS", ts=ts, text="two")
    workspace.clock.advance(60)
    slack.chat_postMessage(channel="C0OPS", text="two")
    assert [it["text"] for it in workspace.messages("#ops")] == ["one", "two"]


def test_a_refused_message_took_no_effect(workspace: Workspace) -> None:
    """The ledger says so; a malformed message doesn't use up its time."""
    workspace.core.limits.post_every = 60
    slack = client(workspace)
    with pytest.raises(SlackApiError):
        slack.chat_postMessage(channel="C0OPS", text="x", blocks=[{"type": "none"}])
    slack.chat_postMessage(channel="C0OPS", text="x")
    with pytest.raises(SlackApiError):
        slack.chat_postMessage(channel="C0OPS", text="y")
    posts = workspace.ledger.of("chat.postMessage")
    assert [(it.status, it.applied, it.error) for it in posts] == [
        (200, False, "invalid_blocks"),
        (200, True, ""),
        (429, False, "ratelimited"),
    ]


@pytest.mark.parametrize(("method", "tier"), [("usergroups.list", 20), ("conversations.info", 50), ("users.info", 100)])
def test_each_method_has_its_tier(workspace: Workspace, method: str, tier: int) -> None:
    """So many calls within a minute; then 429 for that method alone, until the first is a minute old."""
    slack, given = client(workspace), {"channel": "C0OPS", "user": "U0BOB"}
    for _ in range(tier):
        slack.api_call(method, params=given)
    workspace.clock.advance(20)
    with pytest.raises(SlackApiError) as limited:
        slack.api_call(method, params=given)
    first, *_, refused = (it.at for it in workspace.ledger.of(method))
    assert abs(int(limited.value.response.headers["retry-after"]) - (first + 60 - refused)) < 5
    slack.auth_test()
    workspace.clock.advance(40)
    slack.api_call(method, params=given)


def test_one_connection_a_minute(workspace: Workspace) -> None:
    """apps.connections.open is the slowest of all."""
    slack = client(workspace, workspace.app_token)
    slack.api_call("apps.connections.open")
    with pytest.raises(SlackApiError) as limited:
        slack.api_call("apps.connections.open")
    assert int(limited.value.response.headers["retry-after"]) > 50


def test_slacks_client_waits_as_told(workspace: Workspace) -> None:
    """With its handler for rate limits the second message comes a second later."""
    slack = client(workspace)
    slack.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=2))
    for text in ("one", "two"):
        slack.chat_postMessage(channel="C0OPS", text=text)
    first, second = workspace.ledger.applied("chat.postMessage")
    assert second.at - first.at >= 1


def test_a_post_that_came_too_soon_costs_nothing(workspace: Workspace) -> None:
    """However often it is refused, the workspace's 300 a minute are for those that were taken."""
    workspace.core.limits.post_every = 50
    limits = workspace.core.limits
    limits.call("chat.postMessage", "posts")
    limits.post("C0OPS")
    for _ in range(400):
        limits.call("chat.postMessage", "posts")
        with pytest.raises(RateLimited):
            limits.post("C0OPS")
    client(workspace).chat_postMessage(channel="C0STATUS", text="x")
