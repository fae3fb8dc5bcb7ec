"""Which URLs the bot may ask: those that an environment lists, read as they will be sent."""

import re
from collections.abc import Iterable
from urllib.parse import unquote

import httpx

from bot.engine.ports import Unavailable

PORTS = {"http": 80, "https": 443}
DECODINGS = 3  # as often as the most careless chain of proxies decodes a path


def check_allowed(url: str, allowed: Iterable[str]) -> httpx.URL:
    """The URL, parsed, if an entry covers it: same scheme, host and port, and its path leads there. Raises Unavailable."""
    wanted = parse_url(url)
    if any(_covers(parse_url(entry), wanted) for entry in allowed):
        return wanted
    raise Unavailable(
        f"{origin_of(wanted)}{wanted.path} is not among the URLs that this environment allows. "
        "Add it to http.allow in the recovery plan if the bot may go there."
    )


def parse_url(url: str) -> httpx.URL:
    """An http or https URL without anything by which two readers could disagree about where it leads."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise Unavailable(f"This is not a URL: {error}.") from error
    problem = _problem(url, parsed)
    if problem:
        # Not the URL itself: what is wrong with it may be a password in it.
        raise Unavailable(f"A URL of {parsed.host or 'no host'} {problem}.")
    return parsed


def origin_of(url: httpx.URL) -> str:
    """Scheme, host and port."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def _problem(text: str, url: httpx.URL) -> str:
    if url.scheme not in PORTS or not url.host:
        return "is neither http nor https"
    if url.userinfo or "@" in text.split("?")[0].split("/", 3)[2]:
        return "holds a user or password; use a secret header"
    if "#" in text:
        return "holds a fragment, which is never sent"
    if "\\" in text or any(ord(character) <= ord(" ") or ord(character) == 127 for character in text):
        return "holds a backslash, a blank or a control character"
    return "holds a dot segment" if _has_dot_segment(text.split("?")[0]) else ""


def _has_dot_segment(text: str) -> bool:
    for _ in range(DECODINGS):
        segments = re.split(r"[/\\]", text)[3:]
        if any(segment.split(";")[0] in (".", "..") for segment in segments):
            return True
        text = unquote(text)
    return False


def _covers(entry: httpx.URL, url: httpx.URL) -> bool:
    same_place = (entry.scheme, entry.host, _port(entry)) == (url.scheme, url.host, _port(url))
    prefix, path = _path(entry), _path(url)
    return same_place and (path == prefix or path.startswith(prefix if prefix.endswith("/") else f"{prefix}/"))


def _path(url: httpx.URL) -> str:
    return url.raw_path.decode("ascii").split("?")[0]


def _port(url: httpx.URL) -> int:
    return url.port or PORTS[url.scheme]
