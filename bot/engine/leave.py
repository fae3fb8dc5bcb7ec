"""The leave to change something: given to an attempt when it starts, asked for again before each change."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from bot.engine.ports import NotApplied

LATEST_CALL_SECONDS = 30.0  # after the last look: by then it may be another world


def uptime() -> float:
    """Seconds that go on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass
class Leave:
    """See `bot.engine.ports.MayChange`. `check_ours` raises NotApplied; `until` is the latest `uptime` of the first change."""

    check_ours: Callable[[], None]
    until: float
    has_changed: bool = False

    def __call__(self) -> None:
        """Raises NotApplied: the attempt is somebody else's now, or what was looked at is too long ago."""
        self.check_ours()
        if not self.has_changed and uptime() > self.until:
            raise NotApplied("Nothing was sent: the bot was held up for too long before the call.")

    def changed(self) -> None:
        """What completes a change may come late: the world is the one that the change has made."""
        self.has_changed = True
