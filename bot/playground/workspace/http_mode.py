"""HTTP mode: signed requests to the app's request URL."""

import hashlib
import hmac
import json
import secrets
from collections import deque
from dataclasses import dataclass
from urllib.parse import urlencode

import httpx

from bot.playground.workspace.core import Core
from bot.playground.workspace.delivery import TIMEOUT, UNREACHABLE, Answer, Kind, Retry
from bot.playground.workspace.incoming import read_json
from bot.playground.workspace.shapes import Json

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Signed:
    """A request as it went out, to be sent again as it is."""

    headers: dict[str, str]
    body: bytes


class HttpMode:
    """Lives on the server's loop. `sent`: the newest 100 requests."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._client = httpx.AsyncClient(timeout=core.patience, trust_env=False)
        self.request_url = ""
        self.sent: deque[Signed] = deque(maxlen=100)

    async def deliver(self, kind: Kind, payload: Json, retry: Retry | None) -> Answer:
        request = self.signed(kind, payload, retry)
        self.sent.append(request)
        try:
            response = await self.post(request)
        except httpx.TimeoutException:
            return TIMEOUT
        except httpx.TransportError:
            return UNREACHABLE
        if response.status_code != httpx.codes.OK:
            return Answer("dispatch_failed", again="x-slack-no-retry" not in response.headers)
        return Answer(body=body_of(response))

    def signed(self, kind: Kind, payload: Json, retry: Retry | None) -> Signed:
        content_type, body = encoded(kind, payload)
        timestamp = str(int(self._core.clock.now()))
        headers = {"Content-Type": content_type, "User-Agent": "Slackbot 1.0", "X-Slack-Request-Timestamp": timestamp}
        headers["X-Slack-Signature"] = signature(self._core.tokens.signing_secret, timestamp, body)
        if retry is not None:
            headers |= {"X-Slack-Retry-Num": str(retry.number), "X-Slack-Retry-Reason": retry.reason}
        return Signed(headers, body)

    async def post(self, request: Signed) -> httpx.Response:
        return await self._client.post(self.request_url, headers=request.headers, content=request.body)

    async def verify(self) -> bool:
        """Whether the challenge comes back."""
        challenge = secrets.token_hex(16)
        asked = {"type": "url_verification", "token": "verification", "challenge": challenge}
        response = await self.post(self.signed("events_api", asked, None))
        return response.status_code == httpx.codes.OK and challenge in response.text

    async def close(self) -> None:
        await self._client.aclose()


def encoded(kind: Kind, payload: Json) -> tuple[str, bytes]:
    """Content type and body."""
    if kind == "slash_commands":
        return FORM, urlencode(payload).encode()
    if kind == "interactive":
        return FORM, urlencode({"payload": json.dumps(payload)}).encode()
    return "application/json", json.dumps(payload).encode()


def signature(secret: str, timestamp: str, body: bytes) -> str:
    mac = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256)
    return f"v0={mac.hexdigest()}"


def body_of(response: httpx.Response) -> Json | None:
    """JSON, or text to show; None where nothing is said."""
    if not response.text.strip():
        return None
    if response.headers.get("content-type", "").startswith("application/json"):
        try:
            body = read_json(response.content)
        except ValueError:
            return None
        return body if isinstance(body, dict) and body else None
    return {"text": response.text}
