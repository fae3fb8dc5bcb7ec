"""The one way to Slack's Web API: one request a call, never repeated here, within Slack's limits, with errors by kind."""

import json
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.webhook import WebhookClient

from bot.domain.errors import DRError

PATIENCE = 10.0  # seconds for one request
LONGEST_PAUSE = 300.0  # whatever Retry-After says
RESPONSES = "hooks.slack.com"
POST = "chat.postMessage"
POST_EVERY = 1.0  # seconds between two posts into one channel
SLOW_DOWN = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
# Slack's own trouble: the request may have taken effect all the same.
UNSURE = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
CODE = re.compile(r"[a-z0-9_:-]{1,80}", re.IGNORECASE)  # what Slack's own words for errors look like
log = structlog.get_logger()


class SlackTrouble(DRError):
    """A call to Slack that did not do what it was for."""


class SlackRefused(SlackTrouble):
    """Slack said no, for certain, and why: `code` is its own word."""

    def __init__(self, method: str, code: str, needed: str = "") -> None:
        more = f" The app needs the scope {needed}." if needed else ""
        super().__init__(f"Slack refused {method}: {code}.{more}")
        self.method = method
        self.code = code
        self.needed = needed


class SlackAway(SlackTrouble):
    """Certainly nothing happened: Slack could not be reached, or it is not yet time: wait `retry_after` seconds."""

    def __init__(self, reason: str, retry_after: float = 0.0) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class OutcomeUnknown(SlackTrouble):
    """The request was sent and no answer came that can be read: it may have taken effect."""


@dataclass
class Limits:
    """What may be sent now. A pause that Slack asks for holds one method, for posts one channel: the others go on."""

    clock: Callable[[], float] = time.monotonic
    _not_before: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reserve(self, name: str, patience: float) -> float:
        """How long to wait before sending; raises SlackAway where that is longer than `patience` seconds."""
        with self._lock:
            now = self.clock()
            at = max(now, self._not_before[name])
            if at - now > patience:
                raise SlackAway(f"Slack asks to wait {at - now:.0f} s before the next {name}.", at - now)
            if name.startswith(POST):
                self._not_before[name] = at + POST_EVERY
            return at - now

    def give_back(self, name: str) -> None:
        """A post that Slack refused took no turn: the next one need not wait for it."""
        with self._lock:
            self._not_before[name] -= POST_EVERY

    def pause(self, name: str, seconds: float) -> None:
        """Nothing of that name for so long."""
        with self._lock:
            self._not_before[name] = max(self._not_before[name], self.clock() + seconds)


class Chat:
    """Slack's Web API with a bot's token."""

    def __init__(self, token: str, base_url: str, limits: Limits | None = None) -> None:
        self._token = token
        self._base_url = base_url
        self._limits = limits or Limits()

    def call(
        self, method: str, *, patience: float = PATIENCE, wait: float | None = None, **arguments: Any
    ) -> dict[str, Any]:
        """One request; raises SlackRefused, SlackAway or OutcomeUnknown.

        `patience` bounds the request, and the wait for its turn too where `wait` says nothing else; in seconds.
        """
        limited = f"{POST} {arguments.get('channel')}" if method == POST else method
        pause = self._limits.reserve(limited, patience if wait is None else wait)
        if pause:
            time.sleep(pause)
        client = WebClient(self._token, self._base_url, retry_handlers=[])
        client.timeout = patience  # type: ignore[assignment]  # urllib takes fractions of seconds
        try:
            answer = client.api_call(method, params=as_form(arguments))
        except SlackApiError as error:
            trouble = self._trouble(method, limited, error)
            if method == POST and isinstance(trouble, SlackRefused):
                self._limits.give_back(limited)
            raise trouble from error
        except (TimeoutError, ConnectionResetError, HTTPException, SlackClientError, ValueError) as error:
            raise OutcomeUnknown(f"{method} had no answer that can be read ({type(error).__name__}).") from error
        except (URLError, OSError) as error:
            raise _unreached(method, error) from error
        if method == POST:
            self._limits.pause(limited, POST_EVERY)  # counted from when Slack took it
        data = answer.data
        assert isinstance(data, dict)
        return data

    def respond(self, response_url: str, text: str, blocks: list[dict[str, Any]] | None = None) -> bool:
        """Answer one person where they clicked or typed; whether it may have got there. It is not repeated.

        The address may have come back in a form, where it could be anybody's: only Slack's own is written to.
        """
        if urlsplit(response_url).netloc not in (RESPONSES, urlsplit(self._base_url).netloc):
            log.warning("answer_lost", reason="Its address is not Slack's.")
            return False
        client = WebhookClient(response_url, timeout=round(PATIENCE), retry_handlers=[])
        try:
            answer = client.send(text=text, blocks=blocks, response_type="ephemeral", replace_original=False)
        except (OSError, HTTPException, SlackClientError) as error:
            log.warning("answer_lost", reason=type(error).__name__)
            return True
        if answer.status_code != 200:
            log.warning("answer_lost", status=answer.status_code)
        return answer.status_code == 200 or answer.status_code >= 500

    def _trouble(self, method: str, limited: str, error: SlackApiError) -> SlackTrouble:
        answer = error.response
        said = str(answer.get("error", "")) if isinstance(answer.data, dict) else ""
        # slack_sdk puts its own sentence there, and the page that came, where the answer is no JSON.
        code = said if CODE.fullmatch(said) else ""
        if answer.status_code == 429 or code in SLOW_DOWN:
            seconds = retry_after(answer.headers)
            self._limits.pause(limited, seconds)
            return SlackAway(f"Slack asks to wait {seconds:g} s before the next {method}.", seconds)
        if not code or code in UNSURE or answer.status_code >= 500:
            return OutcomeUnknown(
                f"{method} had no clear answer (HTTP {answer.status_code} {code}).".replace(" )", ")")
            )
        return SlackRefused(method, code, str(answer.get("needed") or ""))


def as_form(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as a form, which every method takes: what is nested goes as JSON text."""
    return {
        name: json.dumps(value) if isinstance(value, (dict, list, tuple)) else value
        for name, value in arguments.items()
        if value is not None
    }


def _unreached(method: str, error: OSError) -> SlackTrouble:
    """Refused connections and unknown hosts sent nothing; a time-out or a reset may have."""
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, ConnectionRefusedError) or type(reason).__name__ == "gaierror":
        return SlackAway(f"Slack can't be reached ({type(reason).__name__}).")
    return OutcomeUnknown(f"{method} had no answer ({type(reason).__name__}).")


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds to wait, whatever the header says: a number, nothing, nonsense, less than nothing, a date."""
    said = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    try:
        seconds = float(said)
    except ValueError:
        return 1.0
    return min(max(seconds, 1.0), LONGEST_PAUSE) if seconds == seconds else 1.0
