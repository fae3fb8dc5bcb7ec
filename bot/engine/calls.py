"""The calls and messages that this process sends now: one whose job is given again is under way, not lost."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class Calls:
    """Counts the threads that may call under each attempt's token, for only one of them will."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._makers: Counter[str] = Counter()

    @contextmanager
    def making(self, token: str) -> Iterator[bool]:
        """From before the start is recorded until its outcome is; yields whether nobody else here is at it."""
        with self._lock:
            self._makers[token] += 1
            alone = self._makers[token] == 1
        try:
            yield alone
        finally:
            with self._lock:
                self._makers[token] -= 1
                if not self._makers[token]:
                    del self._makers[token]

    def is_made(self, token: str) -> bool:
        """Whether some thread of this process is at it."""
        with self._lock:
            return token in self._makers
