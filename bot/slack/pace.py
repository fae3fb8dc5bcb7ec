"""How often a connection to Slack is asked for: a few quick tries, then at most one a minute, as Slack's limit has it."""

import time
from collections.abc import Callable

EVERY = 60.0  # seconds: apps.connections.open may be called about once a minute
FIRST_PAUSE = 1.0


class Pace:
    """A budget of `quick` tries that grows by one a minute; tries that fail pause longer and longer, up to a minute."""

    def __init__(self, quick: int, every: float = EVERY, clock: Callable[[], float] = time.monotonic) -> None:
        self._quick = quick
        self._every = every
        self._clock = clock
        self._budget = float(quick)
        self._counted_at = clock()
        self._not_before = clock()
        self._failures = 0

    def pause(self) -> float:
        """Seconds until the next try may be made; 0 for now."""
        self._count()
        short = (1 - self._budget) * self._every if self._budget < 1 else 0.0
        return max(0.0, short, self._not_before - self._clock())

    def spend(self) -> None:
        """A try is made."""
        self._count()
        self._budget -= 1

    def failed(self, retry_after: float = 0.0) -> None:
        """It led to nothing; Slack may have asked to wait `retry_after` seconds."""
        self._failures += 1
        pause = min(FIRST_PAUSE * 2 ** (self._failures - 1), self._every) if self._failures < 32 else self._every
        self._not_before = self._clock() + max(pause, retry_after)

    def worked(self) -> None:
        """Slack has said hello."""
        self._failures = 0

    def _count(self) -> None:
        now = self._clock()
        self._budget = min(self._quick, self._budget + (now - self._counted_at) / self._every)
        self._counted_at = now
