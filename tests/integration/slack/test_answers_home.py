"""Answers go to Slack alone, wherever a form says that they should go."""

from pytest_httpserver import HTTPServer

from bot.playground.workspace.workspace import Workspace
from bot.slack.chat import Chat


def test_nobody_else_is_answered(httpserver: HTTPServer) -> None:
    """An address that is not Slack's gets nothing."""
    httpserver.expect_request("/x").respond_with_data("ok")
    with Workspace.running(limits=False) as workspace:
        Chat(workspace.bot_token, workspace.api_url).respond(httpserver.url_for("/x"), "Declared.")
    assert httpserver.log == []
