"""HTTP mode: Slack's signed requests at /slack/events. Our own check stands in front of Bolt's."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs

import structlog
from slack_bolt import App
from slack_bolt.request import BoltRequest
from slack_bolt.response import BoltResponse
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from bot.engine.parts import OK, Part
from bot.slack.signing import Signatures
from bot.slack.sockets import AT_ONCE, Hears, hears_nothing

PATH = "/slack/events"
MOST_BYTES = 1_000_000
NO_WAY_IN = (
    "Slack has no way to reach the bot. Set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for HTTP mode."
)
EMPTY = Response(status_code=200)
log = structlog.get_logger()


class TooBig(Exception):
    """A body of more than MOST_BYTES."""


class HttpMode:
    """Takes Slack's requests and hands them to Bolt in threads, so that none holds up another.

    `hears(payload, retried)` is asked first, as by Sockets.
    """

    def __init__(self, app: App, signing_secret: str, *, hears: Hears = hears_nothing) -> None:
        self._app = app
        self._signatures = Signatures(signing_secret)
        self._has_secret = bool(signing_secret)
        self._hears = hears
        self._heard_at = time.monotonic()
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="slack")

    @property
    def routes(self) -> list[Route]:
        """What the web server is to answer."""
        return [Route(PATH, self._answer, methods=["GET", "POST"])]

    def start(self) -> None:
        """Nothing to do: Slack comes to us."""

    def stop(self) -> None:
        """Take nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def quiet(self) -> float:
        """Seconds since anything came from Slack."""
        return time.monotonic() - self._heard_at

    def is_open(self) -> bool:
        """Slack calls us whenever it wants to."""
        return True

    def renew(self, why: str) -> None:
        """There is nothing to be replaced here: Slack reaches DR_URL or it does not."""
        log.warning("slack_does_not_come", reason=why)

    def part(self) -> Part:
        """Whether Slack really comes can't be seen from here; the canary tells."""
        return OK if self._has_secret else Part("failed", NO_WAY_IN)

    async def _answer(self, request: Request) -> Response:
        try:
            body = await read(request)
        except TooBig:
            return refusal(413, "too_big")
        except ClientDisconnect:
            return refusal(400, "incomplete")
        if asks_for_tls_only(request, body):
            return EMPTY
        if not self._signatures.admits(request.headers, body):
            log.info("slack_request_refused", length=len(body))
            return refusal(401, "invalid_request")
        self._heard_at = time.monotonic()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._dispatch, request, body)
        except RuntimeError:  # it is being stopped
            return refusal(503, "stopping")

    def _dispatch(self, request: Request, body: bytes) -> Response:
        """In a thread: commit, then answer."""
        headers: dict[str, str | Sequence[str]] = {name: [value] for name, value in request.headers.items()}
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return refusal(400, "not_text")
        try:
            payload = event(request.headers.get("content-type", ""), text)
        except (ValueError, RecursionError):
            return refusal(400, "not_json")
        if payload is not None and self._hears(payload, "x-slack-retry-num" in headers):
            return EMPTY
        try:
            answer = self._app.dispatch(BoltRequest(body=text, query=request.url.query, headers=headers))
        except Exception:  # the edge of this request: Slack tells the person, or repeats the event
            log.exception("slack_request_failed", length=len(body))
            return refusal(500, "failed")
        return as_response(answer, is_event=payload is not None)


async def read(request: Request) -> bytes:
    """The body; raises TooBig as soon as it is too long, whatever its header claims."""
    found = bytearray()
    async for chunk in request.stream():
        found += chunk
        if len(found) > MOST_BYTES:
            raise TooBig
    return bytes(found)


def asks_for_tls_only(request: Request, body: bytes) -> bool:
    """Slack looks now and then whether our certificate is good, unsigned, and asks for nothing."""
    if request.method == "GET":
        return request.query_params.get("ssl_check") == "1"
    form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    return form and len(body) < 1000 and parse_qs(body.decode("utf-8", "replace")).get("ssl_check") == ["1"]


def event(content_type: str, text: str) -> Mapping[str, Any] | None:
    """The payload where it is an event, None for all else.

    Raises ValueError or RecursionError where what should be a JSON object is none: the text, or a form's field `payload`.
    """
    is_json = content_type.startswith("application/json")
    found = [json.loads(one) for one in ([text] if is_json else parse_qs(text).get("payload", []))]
    if not all(isinstance(one, dict) for one in found):
        raise ValueError("A payload is no JSON object.")
    return found[0] if is_json and found[0].get("type") == "event_callback" else None


def as_response(answer: BoltResponse, *, is_event: bool) -> Response:
    """Bolt's answer. An event that nobody listens to is acknowledged: it would be the same at every repetition."""
    if is_event and answer.status == 404:
        return EMPTY
    return Response(answer.body or "", answer.status, answer.first_headers_without_set_cookie())


def refusal(status: int, error: str) -> Response:
    """A refusal that tells nothing."""
    return Response(json.dumps({"error": error}), status, media_type="application/json")
