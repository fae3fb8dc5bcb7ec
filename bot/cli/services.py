"""What the commands need of the composed bot. The composition root hands an implementation in."""

from typing import Protocol

from bot.engine.desk import Desk
from bot.engine.ports import Messages
from bot.store.database import Database


class Services(Protocol):
    """The composed bot: the desk takes commands, `serve` executes."""

    @property
    def desk(self) -> Desk: ...

    @property
    def database(self) -> Database: ...

    @property
    def messages(self) -> Messages: ...

    def serve(self, *, until_idle: bool) -> None:
        """Execute what is due until the process is told to end, or until nothing is left to do."""

    def close(self) -> None:
        """Let go of the database."""
