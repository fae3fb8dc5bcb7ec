"""The Slack app's manifest asks for what the code uses: no scope and no event less, none more."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.slack.app import CHANNEL_EVENTS
from bot.slack.needs import APP_TOKEN_SCOPE, EVENTS, FEATURES, METHODS, SCOPES, users_of

PROJECT = Path(__file__).parents[2]
SOURCES = [path for folder in ("slack", "doctor") for path in (PROJECT / "bot" / folder).rglob("*.py")]
# The shape of a Web API method's name, in the families that a bot token may call.
METHOD = re.compile(
    r"(?:api|apps|assistant|auth|bookmarks|bots|calls|canvases|chat|conversations|dialog|dnd|emoji|files|lists|migration"
    r"|oauth|pins|reactions|reminders|search|stars|team|usergroups|users|views|workflows)(?:\.[a-z][A-Za-z]*)+"
)
# What Bolt's `message` listens to is subscribed to by the kind of channel; all other events by their own names.
SUBSCRIBED = {"message": {"message.channels", "message.groups", "message.im"}}
CANARY = {"reaction_added", "reaction_removed"}


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((PROJECT / "manifest.yml").read_text())
    return found


def texts(tree: ast.AST) -> Iterator[str]:
    """Every string in the code that is no docstring."""
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


def sdk_calls(tree: ast.AST) -> Iterator[str]:
    """Methods called by slack_sdk's own functions, such as auth_test()."""
    names = {name.replace(".", "_").lower(): name for name in METHODS}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = node.func.attr.replace("_", "").lower()
            yield from (name for flat, name in names.items() if flat.replace("_", "") == called)


@pytest.fixture(scope="module")
def trees() -> dict[Path, ast.AST]:
    return {path: ast.parse(path.read_text()) for path in SOURCES if path.name != "needs.py"}


def test_every_method_that_is_called_is_known_and_no_other(trees: dict[Path, ast.AST]) -> None:
    """The table of needs names exactly the methods whose names stand in the code."""
    named = {text for tree in trees.values() for text in texts(tree) if METHOD.fullmatch(text)}
    called = named | {name for tree in trees.values() for name in sdk_calls(tree)}
    assert called == set(METHODS)


def test_every_event_that_is_heard_is_known_and_no_other(trees: dict[Path, ast.AST]) -> None:
    """The table of needs names exactly the events that a listener or the canary takes."""
    listened = {name for tree in trees.values() for name in listeners(tree)} | set(CHANNEL_EVENTS)
    subscribed = {name for event in listened for name in SUBSCRIBED.get(event, {event})}
    assert subscribed | CANARY == set(EVENTS)
    canary = set(texts(trees[PROJECT / "bot/slack/canary.py"]))
    assert canary >= CANARY


def listeners(tree: ast.AST) -> Iterator[str]:
    """The events that `app.event("…")` listens to."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "event":
            yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str))


def test_the_manifest_asks_for_exactly_what_is_needed(manifest: dict[str, Any]) -> None:
    """Scopes and events, sorted, each once, each with a user; the app token's scope is no bot scope."""
    scopes = manifest["oauth_config"]["scopes"]["bot"]
    events = manifest["settings"]["event_subscriptions"]["bot_events"]
    assert scopes == sorted(SCOPES)
    assert events == sorted(EVENTS)
    assert all(users_of(scope) for scope in scopes)
    assert APP_TOKEN_SCOPE not in scopes


def test_no_scope_lets_the_bot_do_more_than_it_should() -> None:
    """It never speaks as somebody else, nor where it was not invited, nor administers."""
    forbidden = (
        "chat:write.",
        "admin",
        "mpim",
        "search",
        "identity",
        "users:read.email",
        "usergroups:write",
    )
    assert not [scope for scope in SCOPES if scope.startswith(forbidden)]


def test_commands_and_shortcuts_are_those_of_the_code(manifest: dict[str, Any], trees: dict[Path, ast.AST]) -> None:
    """One command with escaped mentions, one shortcut, both listened to."""
    features = manifest["features"]
    (command,) = features["slash_commands"]
    (shortcut,) = features["shortcuts"]
    assert {command["command"], shortcut["callback_id"]} == set(FEATURES)
    assert command["should_escape"] is True
    found = {text for tree in trees.values() for text in texts(tree)}
    assert set(FEATURES) <= found


def test_the_manifest_is_one_that_slack_takes(manifest: dict[str, Any]) -> None:
    """Slack's limits for names and descriptions, no unknown part, and what a schema can't say."""
    assert set(manifest) == {"_metadata", "display_information", "features", "oauth_config", "settings"}
    display = manifest["display_information"]
    assert set(display) <= {"name", "description", "background_color", "long_description"}
    assert 1 <= len(display["name"]) <= 35
    assert 1 <= len(display["description"]) <= 140
    assert re.fullmatch(r"#[0-9a-fA-F]{6}", display["background_color"])
    features = manifest["features"]
    assert set(features) == {"bot_user", "app_home", "slash_commands", "shortcuts"}
    assert 1 <= len(features["bot_user"]["display_name"]) <= 80  # and there must be one where there are bot scopes
    (command,) = features["slash_commands"]
    assert set(command) <= {"command", "description", "usage_hint", "should_escape", "url"}
    assert re.fullmatch(r"/[a-z0-9_-]{1,31}", command["command"])
    assert 1 <= len(command["description"]) <= 2000
    assert 1 <= len(command["usage_hint"]) <= 1000
    (shortcut,) = features["shortcuts"]
    assert set(shortcut) == {"name", "type", "callback_id", "description"}
    assert 1 <= len(shortcut["name"]) <= 24
    assert 1 <= len(shortcut["description"]) <= 150
    settings = manifest["settings"]
    assert set(settings) <= {
        "event_subscriptions",
        "interactivity",
        "org_deploy_enabled",
        "socket_mode_enabled",
        "token_rotation_enabled",
    }
    assert settings["interactivity"] == {"is_enabled": True}
    assert settings["socket_mode_enabled"] is True  # without it a request URL would be needed
    assert features["app_home"]["home_tab_enabled"] is True
