"""Every request that the workspace got, in order of arrival: what it asked, whether it took effect, what was answered."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.playground.workspace.shapes import Json

KEPT = 100_000


@dataclass
class Entry:
    """`at`: arrival, seconds since 1970. `status` 0: no answer was given. `fault`: the switched-on fault that met it."""

    at: float
    method: str
    args: Json
    applied: bool = False
    status: int = 0
    error: str = ""
    answer: Json = field(default_factory=dict)
    fault: str = ""
    lasted: float = 0.0


class Ledger:
    """The newest 100,000 requests, and the tracebacks of where the workspace itself failed. Tokens are never in it."""

    def __init__(self) -> None:
        self.crashes: list[str] = []
        self._entries: deque[Entry] = deque(maxlen=KEPT)

    def add(self, entry: Entry) -> Entry:
        self._entries.append(entry)
        return entry

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def of(self, method: str) -> list[Entry]:
        """The requests of one method; `link` and `response_url` are methods too."""
        return [it for it in self if it.method == method]

    def applied(self, method: str) -> list[Entry]:
        """The requests of one method that took effect."""
        return [it for it in self.of(method) if it.applied]

    def clear(self) -> None:
        self._entries.clear()
