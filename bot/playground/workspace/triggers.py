"""What may be used once or for a while: a trigger for one modal, a response_url, a socket's address."""

import secrets
from dataclasses import dataclass

from bot.playground.workspace.clock import Clock
from bot.playground.workspace.errors import SlackError, invalid_arguments

HOOK_LASTS = 30 * 60.0
HOOK_USES = 5


@dataclass
class Trigger:
    """`in_modal`: the interaction happened in a modal, so that a view may be pushed."""

    user: str
    at: float
    in_modal: bool = False
    used: bool = False


@dataclass
class Hook:
    """A response_url: where its answers go, and the message that it may replace."""

    user: str
    channel: str
    at: float
    message_ts: str = ""
    uses: int = 0


class Triggers:
    """trigger_ids: single-use, for so many seconds."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._known: dict[str, Trigger] = {}

    def issue(self, user: str, *, in_modal: bool = False) -> str:
        key = f"{len(self._known) + 1}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._known[key] = Trigger(user, self._clock.now(), in_modal)
        return key

    def exchange(self, key: str) -> Trigger:
        trigger = self._known.get(key)
        if trigger is None:
            raise invalid_arguments("invalid `trigger_id` [json-pointer:/trigger_id]")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self._clock.now() - trigger.at > self._seconds:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger


class Hooks:
    """response_urls: five uses in 30 minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[str, Hook] = {}

    def issue(self, user: str, channel: str, message_ts: str = "") -> str:
        """The path of a new response_url."""
        key = secrets.token_urlsafe(18)
        self._known[key] = Hook(user, channel, self._clock.now(), message_ts)
        return f"/hooks/{key}"

    def use(self, key: str) -> Hook:
        """Counts a use; raises SlackError used_url or expired_url."""
        hook = self._known.get(key)
        if hook is None:
            raise SlackError("invalid_url")
        if self._clock.now() - hook.at > HOOK_LASTS:
            raise SlackError("expired_url")
        if hook.uses >= HOOK_USES:
            raise SlackError("used_url")
        hook.uses += 1
        return hook


class Tickets:
    """Addresses of sockets: each opens one."""

    def __init__(self) -> None:
        self._open: set[str] = set()

    def issue(self) -> str:
        ticket = secrets.token_urlsafe(24)
        self._open.add(ticket)
        return ticket

    def use(self, ticket: str) -> bool:
        """Whether it was good, the first time."""
        good = ticket in self._open
        self._open.discard(ticket)
        return good
