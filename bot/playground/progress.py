"""How the start is told: a line for each thing that is ready, with a tick and the seconds that it took."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.status import Status
from rich.text import Text

WIDTH = 76
QUIET = "bright_black"


class Progress:
    """`ready` is said when a thing is; in between something turns, where a person looks on."""

    def __init__(self, console: Console, waits: str = "starting") -> None:
        self._console = console
        self._last = time.monotonic()
        self._status = Status(Text(waits, style=QUIET), console=console, spinner_style=QUIET)

    def ready(self, text: str) -> None:
        """It took as long as since the last line."""
        now = time.monotonic()
        took = f"{now - self._last:5.1f} s"
        self._last = now
        self._console.print(Text.assemble(("  ✓ ", "green"), text.ljust(WIDTH - 14), (took, QUIET)))

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """Nothing turns any more."""
        self._status.stop()
