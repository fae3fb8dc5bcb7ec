"""How often a method may be called: its tier for each minute, and one message a second in each channel."""

import math
from collections import defaultdict, deque

from bot.playground.workspace.clock import Clock
from bot.playground.workspace.errors import RateLimited

WINDOW = 60.0
PER_MINUTE = {"1": 1, "2": 20, "3": 50, "4": 100, "posts": 300, "many": 600}
POST_EVERY = 1.0
POSTING = "chat.postMessage"


class Limits:
    """Counts accepted calls; a refused one costs nothing and stops no other method. `post_every`: in seconds."""

    def __init__(self, clock: Clock, *, enabled: bool) -> None:
        self.enabled = enabled
        self.post_every = POST_EVERY
        self._clock = clock
        self._calls: defaultdict[str, deque[float]] = defaultdict(deque)
        self._last_post: dict[str, float] = {}

    def call(self, method: str, tier: str) -> None:
        """Raises RateLimited when the method's tier is used up in the last 60 s."""
        if not self.enabled:
            return
        now, calls = self._clock.now(), self._calls[method]
        while calls and now - calls[0] >= WINDOW:
            calls.popleft()
        if len(calls) >= PER_MINUTE[tier]:
            raise RateLimited(max(1, math.ceil(WINDOW - (now - calls[0]))))
        calls.append(now)

    def post(self, channel: str) -> None:
        """Raises RateLimited for a second message too soon after the first in one channel. Comes after `call`."""
        if not self.enabled:
            return
        now = self._clock.now()
        left = self._last_post.get(channel, -math.inf) + self.post_every - now
        if left > 0:
            self._calls[POSTING].pop()  # the very call that is refused here
            raise RateLimited(math.ceil(left))
        self._last_post[channel] = now
