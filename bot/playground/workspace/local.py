"""Who may ask: this machine alone, by one of its own names, and no other site's page in a browser."""

import re
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?", re.IGNORECASE)
NOT_ALLOWED = {"ok": False, "error": "not_allowed", "text": "Only this machine may ask."}


class LocalOnly:
    """Answers everybody else with 403. Official clients of Slack name no Origin; a browser does."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or local(HTTPConnection(scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await JSONResponse(NOT_ALLOWED, 403)(scope, receive, send)
        else:
            await WebSocket(scope, receive, send).close(4003)


def local(connection: HTTPConnection) -> bool:
    """Neither another site nor another name for this machine, which that site might have taken."""
    host = connection.headers.get("host", "")
    origin = connection.headers.get("origin")
    return bool(HOST.fullmatch(host)) and (origin is None or origin_host(origin) == host.lower())


def origin_host(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
