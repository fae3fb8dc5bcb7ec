"""A look at something that may hang: made in a thread of its own, and waited for only so long."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class Look(Generic[T]):
    """One look at a time: who asks while it goes on gets its answer, and one that hangs holds up one thread, not more."""

    def __init__(self, work: Callable[[], T], *, keep: float = 0.0) -> None:
        """`keep`: an answer stays good for so many seconds."""
        self._work = work
        self._keep = keep
        self._lock = threading.Lock()
        self._answer: Future[T] | None = None
        self._ended_at = 0.0

    def begin(self) -> Future[T]:
        """The answer to come, or the one that is still good."""
        with self._lock:
            if self._answer is None or (self._answer.done() and time.monotonic() - self._ended_at >= self._keep):
                self._answer = Future()
                # No pool: the interpreter would wait for its threads, and so for a database that hangs, when it ends.
                threading.Thread(target=self._run, args=(self._answer,), name="look", daemon=True).start()
            return self._answer

    def _run(self, answer: Future[T]) -> None:
        try:
            found = self._work()
        except Exception as error:  # noqa: BLE001 - the edge of this thread: whoever waits is told
            self._ended_at = time.monotonic()
            answer.set_exception(error)
        else:
            self._ended_at = time.monotonic()
            answer.set_result(found)


def until(deadline: float) -> float:
    """Seconds left to a moment of the monotonic clock, none where it has passed."""
    return max(0.0, deadline - time.monotonic())
