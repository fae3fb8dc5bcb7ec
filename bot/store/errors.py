"""What the store refuses, each in one line that says what to do next."""

from bot.domain.errors import DRError, NotConfirmed, NotRecorded, Refused


class Locked(NotRecorded):
    """Somebody else held a lock, or every connection, for too long."""


class DatabaseFull(NotRecorded):
    """No room for another row."""


class ReadOnly(NotRecorded):
    """The database takes no writes now: a standby, a read-only file or a missing right."""


class DatabaseGone(NotRecorded):
    """The database does not answer; whatever was open has been rolled back."""


class CommitUnknown(NotConfirmed):
    """The database went away while it committed: recorded or not, nobody knows yet."""


class Conflict(NotRecorded):
    """Another writer took the next place in the stream: load it and decide again."""


class BadDatabaseUrl(DRError):
    """DATABASE_URL names no database that the store can use."""


class SchemaTooNew(DRError):
    """The tables were made by a newer version of the bot."""


class SchemaTooOld(DRError):
    """The tables are missing, or older than this version needs."""


class Held(Refused):
    """Another step holds a target that this one needs."""

    def __init__(self, target: str, stream: str, run: str, step: str) -> None:
        super().__init__(
            f"{target} is held by {stream} {run}/{step}.",
            f"Wait until that step has ended, or look at it with: dr show {stream}",
        )
        self.target = target
        self.stream = stream
        self.run = run
        self.step = step


class NameTaken(Refused):
    """A live replica has this name already."""


class EngineRunning(Refused):
    """Another process runs the engine on this SQLite file."""
