"""Slack's count of our connections against our own: the one sign of a dead or forgotten connection on a quiet night."""

import time
from collections.abc import Callable

AGAIN_SECONDS = (
    30.0  # a count that differs is asked for again so soon: a connection that just ended may still be counted
)
EVERY_SECONDS = 60.0
QUIET_SECONDS = 75.0  # with the second look this makes less than two minutes, and asks less than Slack allows


class Counting:
    """Compares at every hello. What differs twice in a row is trouble, until a hello that fits.

    Each replica wants `wanted` connections; `again`: seconds after which a first doubt is asked about.
    """

    def __init__(
        self,
        wanted: int,
        replicas: Callable[[], int],
        again: float = AGAIN_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wanted = wanted
        self._replicas = replicas
        self._again = again
        self._clock = clock
        self._doubts = 0
        self._asked_at = clock()
        self.trouble = ""

    def hello(self, said: int, staying: int, total: int) -> None:
        """Slack counts `said`; we hold `total`, of which `staying` are not about to be closed."""
        self._asked_at = self._clock()
        doubt = self._doubt(said, staying, total)
        self._doubts = self._doubts + 1 if doubt else 0
        self.trouble = doubt if self._doubts > 1 else ""

    def due(self, quiet: float) -> bool:
        """Whether the count should be asked for again, which takes a new connection. `quiet`: seconds since anything came.

        On a quiet night the replicas take turns: what one of them is told holds for all.
        """
        if self._doubts:
            pause = self._again if self._doubts == 1 else EVERY_SECONDS
        else:
            pause = QUIET_SECONDS * max(1, self._replicas())
        return (self._doubts > 0 or quiet > QUIET_SECONDS) and self._clock() - self._asked_at > pause

    def _doubt(self, said: int, staying: int, total: int) -> str:
        # Another replica may hold up to twice as many while it renews its own.
        others = max(0, self._replicas() - 1) * self._wanted
        if said < staying:
            return f"Slack counts {said} connections of this app, this bot alone holds {staying}: some are dead."
        if said > total + 2 * others:
            held = f"{total} are held" if not others else f"at most {total + 2 * others} can be held"
            return (
                f"Slack counts {said} connections of this app, {held}: clicks may go where nobody listens. "
                "End other copies of the bot; Slack forgets dead connections by itself."
            )
        return ""
