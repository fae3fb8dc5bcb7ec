"""One HTTP request with everything bounded: where it goes, how long it takes, how much it reads."""

import ssl
import time
from collections.abc import Mapping
from functools import cache
from http.cookiejar import CookieJar
from typing import Any

import httpx

from bot.actions.allowed import check_allowed, origin_of
from bot.engine.ports import MayChange

CONNECT_TIMEOUT = 3.0
READ_TIMEOUT = 10.0
TOTAL_TIMEOUT = 15.0
BODY_LIMIT = 1_000_000
REDIRECTS = 5
SAFE_METHODS = frozenset({"GET", "HEAD"})
# They describe the body as it came, not as it was read.
ENCODING_HEADERS = ("content-encoding", "content-length", "transfer-encoding")


@cache
def _trusted() -> ssl.SSLContext:
    """The trusted certificates, read when they are first needed: that takes as long as opening the database and the plan."""
    try:
        return httpx.create_ssl_context()
    except OSError as error:
        raise httpx.ConnectError(f"the trusted certificates can't be read: {error}") from error


class Outbound:
    """Sends requests to the URLs of one allow-list."""

    def __init__(self, allowed: tuple[str, ...], may_change: MayChange | None = None) -> None:
        self._allowed = allowed
        self._may_change = may_change

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        content: str | bytes | None = None,
        params: Mapping[str, str] | None = None,
        cookies: CookieJar | None = None,
        timeout: float = TOTAL_TIMEOUT,
    ) -> httpx.Response:
        """The answer, its body cut off at 1 MB. Raises Unavailable for a URL that isn't allowed, and httpx.HTTPError.

        `timeout` in seconds bounds the whole; one CookieJar makes several requests a session. A redirect is followed
        for GET and HEAD alone, and only to a URL that is allowed too, to another origin without the caller's headers.
        Any other method gets the redirect as the answer.
        """
        deadline = time.monotonic() + timeout
        target = check_allowed(url, self._allowed)
        with self._client(cookies, timeout) as client:
            request = client.build_request(method, target, headers=headers, json=json, content=content, params=params)
            if self._may_change and method not in SAFE_METHODS:
                self._may_change()
            return self._follow(client, request, deadline)

    def _client(self, cookies: CookieJar | None, timeout: float) -> httpx.Client:
        return httpx.Client(
            verify=_trusted(),
            trust_env=False,  # a .netrc would add credentials, a proxy would see them
            follow_redirects=False,
            cookies=cookies,
            timeout=httpx.Timeout(min(READ_TIMEOUT, timeout), connect=min(CONNECT_TIMEOUT, timeout)),
            headers={"user-agent": "dr-bot", "accept-encoding": "identity"},
        )

    def _follow(self, client: httpx.Client, request: httpx.Request, deadline: float) -> httpx.Response:
        for _ in range(REDIRECTS + 1):
            response = _send(client, request, deadline)
            following = response.next_request
            if following is None or request.method not in SAFE_METHODS:
                return response
            target = check_allowed(str(following.url), self._allowed)
            same_origin = origin_of(target) == origin_of(request.url)
            request = following if same_origin else client.build_request(request.method, target)
        raise httpx.TooManyRedirects(f"More than {REDIRECTS} redirects.", request=request)


def _send(client: httpx.Client, request: httpx.Request, deadline: float) -> httpx.Response:
    response = client.send(request, stream=True)
    try:
        body = _read(response, deadline)
    finally:
        response.close()
    headers = [(name, value) for name, value in response.headers.multi_items() if name.lower() not in ENCODING_HEADERS]
    answer = httpx.Response(response.status_code, headers=headers, content=body, request=request)
    answer.next_request = response.next_request
    answer.elapsed = response.elapsed
    return answer


def _read(response: httpx.Response, deadline: float) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) >= BODY_LIMIT:
            break
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("The answer took longer than allowed.", request=response.request)
    return bytes(body[:BODY_LIMIT])
