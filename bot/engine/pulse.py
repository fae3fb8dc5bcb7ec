"""How a replica is: which of its parts can't do their work, and when it last looked at what is due."""

import threading
import time
from collections.abc import Collection
from dataclasses import dataclass, field

SILENT_SECONDS = 5.0  # a sweep takes milliseconds and comes four times a second


@dataclass
class Pulse:
    """Kept by the threads of a replica, read by whoever asks how it is."""

    _troubles: dict[str, str] = field(default_factory=dict)
    _swept: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def well(self, part: str) -> bool:
        """A part has done its work; whether it could not before."""
        with self._lock:
            return self._troubles.pop(part, None) is not None

    def unwell(self, part: str, reason: str) -> bool:
        """A part could not do its work; whether that is new."""
        with self._lock:
            new = part not in self._troubles
            self._troubles[part] = reason
            return new

    def swept(self) -> None:
        """What is due has been looked at just now."""
        self._swept = time.monotonic()

    @property
    def since_sweep(self) -> float | None:
        """Seconds since the last sweep; None before the first."""
        return None if self._swept is None else time.monotonic() - self._swept

    def trouble(self, parts: Collection[str] | None = None) -> str:
        """What keeps these parts from working, or any part at all; empty where nothing does."""
        with self._lock:
            found = (reason for part, reason in self._troubles.items() if parts is None or part in parts)
            return next(found, "")

    def silence(self) -> str:
        """Why nothing that is due may be seen; empty while the sweeps go on."""
        since = self.since_sweep
        if since is None:
            return "It has not looked yet at what is due."
        return f"It has not looked for {since:.0f} s at what is due." if since > SILENT_SECONDS else ""
