"""The dr command on a laboratory: the real desk, database and engine, toy actions, people with real keys."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from bot.cli.main import cli
from bot.engine.desk import Desk
from bot.engine.ports import Messages
from bot.store.database import Database
from tests.integration.lab import Lab


@dataclass(frozen=True)
class LabServices:
    """A laboratory as the commands see the bot. It stays open from one command to the next."""

    lab: Lab

    @property
    def desk(self) -> Desk:
        return self.lab.desk

    @property
    def database(self) -> Database:
        return self.lab.desk.database

    @property
    def messages(self) -> Messages:
        return self.lab.messages

    def serve(self, *, until_idle: bool) -> None:
        with self.lab.running() as replica:
            if until_idle:
                replica.wait_until_idle()

    def close(self) -> None:
        pass


@dataclass(frozen=True)
class Terminal:
    """Types commands as people do, without a terminal behind stdin."""

    lab: Lab
    keys: Path

    def type(self, *words: str, as_: str | None = None, key: str | None = None) -> Result:
        """One command; `as_` signs it with that person's key, or with somebody else's."""
        speaker = ["--as", as_, "--key", str(self.keys / (key or as_))] if as_ else []
        services = LabServices(self.lab)
        environment = {"DR_AS": None, "DR_KEY": None, "COLUMNS": "120"}
        return CliRunner().invoke(
            cli(lambda _: services, lambda _: ()), [*words, *speaker], prog_name="dr", env=environment
        )

    def complete(self, words: str) -> str:
        """What bash is offered at TAB behind these words."""
        services = LabServices(self.lab)
        asked = {"_DR_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        return CliRunner().invoke(cli(lambda _: services, lambda _: ()), [], prog_name="dr", env=asked).stdout

    def json(self, *words: str, as_: str | None = None) -> Any:
        """What a command writes to stdout as JSON; it must succeed."""
        result = self.type(*words, "--json", as_=as_)
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    def read(self, step: str, incident: str = "INC-1") -> tuple[str, ...]:
        """The words of somebody who has read a step's plan, and is not asked again."""
        return ("--yes", "--digest", self.json("show", incident, step)["plan"]["digest"])

    @contextmanager
    def serving(self) -> Iterator[None]:
        with self.lab.running():
            yield


def terminal(lab: Lab, directory: Path) -> Terminal:
    """A terminal with a key file for each person."""
    for person, key in lab.private.items():
        path = directory / person
        path.touch(mode=0o600)
        path.write_bytes(key)
    return Terminal(lab, directory)
