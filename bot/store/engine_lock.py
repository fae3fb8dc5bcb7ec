"""On SQLite one process at most executes: it holds a lock on a file beside the database for life."""

import fcntl
import os
from types import TracebackType
from typing import Self

from bot.store.errors import EngineRunning


class EngineLock:
    """The lock of one SQLite file. The kernel frees it when the process ends, however it ends."""

    def __init__(self, database_path: str) -> None:
        self.path = f"{database_path}.lock"
        self._descriptor: int | None = None

    def take(self) -> None:
        """Raises EngineRunning, naming the process that holds it, and OSError where the file can't be made."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 20).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise EngineRunning(
                f"Another engine runs on this database (process {holder}).", "Stop it first, or let it do the work."
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor

    def release(self) -> None:
        """The file stays: removing it could take the lock of the next holder away."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        self.take()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
