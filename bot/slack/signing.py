"""Whether a request comes from Slack, and for the first time. Whatever a stranger sends, the answer is yes or no."""

import hashlib
import hmac
import threading
import time
from collections.abc import Callable, Mapping

WINDOW = 300  # seconds that a request's time may differ from ours
TIMESTAMP, SIGNATURE = "x-slack-request-timestamp", "x-slack-signature"


class Signatures:
    """Checks requests signed with Slack's signing secret. A signature counts once: whoever repeats it is no Slack.

    Without a secret nothing is admitted: with an empty one anybody could sign.
    """

    def __init__(self, secret: str, clock: Callable[[], float] = time.time) -> None:
        self._secret = secret.encode()
        self._clock = clock
        self._seen: dict[bytes, float] = {}
        self._lock = threading.Lock()

    def admits(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether this very request may be worked on; it won't be a second time."""
        stamp, signature = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "").encode("utf-8", "replace")
        now = self._clock()
        # int() takes more than digits, and digits of other alphabets; a longer number is no time of day.
        if not self._secret:
            return False
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12) or abs(now - int(stamp)) > WINDOW:
            return False
        expected = b"v0=" + hmac.new(self._secret, f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest().encode()
        return hmac.compare_digest(expected, signature) and self._first(expected, now)

    def _first(self, signature: bytes, now: float) -> bool:
        with self._lock:
            # A request may be dated ahead by one window, and is too old one window after its date.
            for old in [known for known, until in self._seen.items() if until < now]:
                del self._seen[old]
            if signature in self._seen:
                return False
            self._seen[signature] = now + 2 * WINDOW
            return True
