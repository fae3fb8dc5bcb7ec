"""The Bolt app: which listener gets what. Bolt itself never speaks to Slack: it has no token."""

import logging
import re
from typing import Any

import structlog
from slack_bolt import App, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from bot.slack.answers import Answer
from bot.slack.front import Front
from bot.slack.listeners import Listeners
from bot.slack.requests import Caller, Origin

COMMAND = "/dr"
SHORTCUT = "add_to_timeline"
EVERYTHING = re.compile("")
CHANNEL_EVENTS = (
    "channel_archive",
    "channel_deleted",
    "group_archive",
    "group_deleted",
    "member_left_channel",
)
BROKEN = "Something broke in the bot. Nothing may have been recorded: look at the card before you repeat it."
log = structlog.get_logger()


def bolt_app(front: Front) -> App:
    """The app over a front. Requests must be authentic when they come here: by the socket, or by their checked signature.

    A listener acknowledges by returning, after its commit, in the thread that calls `dispatch`: have many of them.
    """
    app = App(
        name="dr-bot",
        logger=_silent(),
        client=WebClient(token=None),
        authorize=_authorized,
        request_verification_enabled=False,
        ignoring_self_events_enabled=False,
        process_before_response=True,
    )
    listeners = Listeners(front)
    app.command(COMMAND)(listeners.command)
    app.action(EVERYTHING)(listeners.click)
    app.view(EVERYTHING)(listeners.submission)
    app.view_closed(EVERYTHING)(listeners.anything)
    app.shortcut(SHORTCUT)(listeners.shortcut)
    app.event("reaction_added")(listeners.reaction)
    app.event("app_home_opened")(listeners.home_opened)
    for event in CHANNEL_EVENTS:
        app.event(event)(listeners.channel_changed)
    app.event(EVERYTHING)(listeners.anything)
    app.error(_Edge(front))
    return app


def _silent() -> logging.Logger:
    """Bolt logs whole bodies of what it can't match, and at debug level everything."""
    logger = logging.getLogger("bot.slack.bolt")
    logger.setLevel(logging.CRITICAL)
    return logger


def _authorized(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
    """Who may do what is decided by the listeners; Bolt's own way asks Slack before the first acknowledgement."""
    return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id)


class _Edge:
    """The one catch-all: nobody is shown a traceback, and no body is logged."""

    def __init__(self, front: Front) -> None:
        self._front = front

    def __call__(self, error: Exception, body: dict[str, Any]) -> BoltResponse:
        log.error("slack_listener_failed", kind=str(body.get("type") or body.get("command") or ""), exc_info=error)
        if body.get("command"):
            return BoltResponse(status=200, body={"text": BROKEN, "response_type": "ephemeral"})
        view = body.get("view") or {}
        if body.get("type") == "view_submission":
            inputs = [block["block_id"] for block in view.get("blocks", ()) if block.get("type") == "input"]
            if inputs:
                return BoltResponse(status=200, body={"response_action": "errors", "errors": {inputs[0]: BROKEN}})
        caller = _caller(body)
        if caller is not None:
            self._front.later(lambda: self._front.tell(caller, Answer(text=BROKEN)))
        return BoltResponse(status=200, body="")


def _caller(body: dict[str, Any]) -> Caller | None:
    """Whom to tell, as far as a body says that can't be relied on."""
    user = (body.get("user") or {}).get("id") if isinstance(body.get("user"), dict) else None
    if not user:
        return None
    known = Origin.read(str((body.get("view") or {}).get("private_metadata") or ""))
    channel = (body.get("channel") or {}).get("id") or known.channel
    return Caller(str(user), channel=channel, response_url=body.get("response_url") or known.response_url)
