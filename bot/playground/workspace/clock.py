"""The workspace's time, which a test may move."""

import time


class Clock:
    """The machine's clock plus an offset, in seconds since 1970."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._last = 0

    def now(self) -> float:
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        self._offset += seconds

    def ts(self) -> str:
        """A message's identity: the moment in microseconds, later than every earlier one."""
        self._last = max(self._last + 1, int(self.now() * 1_000_000))
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"
