"""The real dr process from outside: exit codes, stdout and stderr apart, and the questions that it asks on a terminal."""

import json
import os
import pty
import re
import select
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

import pytest
from pydantic import SecretStr

from bot.app import build
from bot.domain import commands as c
from bot.domain.changes import Change, Plan
from bot.playground.keys import make_key
from bot.settings import Settings

PROJECT = Path(__file__).parents[2]
PEOPLE = ("alice", "bob", "carol", "dave", "erin")
DR = [sys.executable, "-c", "from bot.app import main; main()"]
PROMOTION = Plan(
    action="route53.weights",
    summary="Point shop.example.com at east",
    target="shop.example.com",
    account="111111111111",
    region="us-east-1",
    changes=(Change(resource="shop.example.com A", what="weight of east", before="0", after="100"),),
    targets=("111111111111/route53/shop.example.com",),
)


@dataclass(frozen=True)
class World:
    """A folder with the project's own files, in which people have keys."""

    directory: Path

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(PROJECT), "DATABASE_URL": f"sqlite:///{self.directory}/dr.db"}

    def dr(self, *words: str, as_: str | None = None) -> subprocess.CompletedProcess[str]:
        """One command in a process of its own, without a terminal."""
        return subprocess.run(
            [*DR, *words, *self.speaker(as_)],
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def speaker(self, person: str | None) -> list[str]:
        return ["--as", person, "--key", str(self.directory / person)] if person else []


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """An incident whose step `update_dns` waits for one approval."""
    directory = tmp_path_factory.mktemp("world")
    text = (PROJECT / "plan.yml").read_text()
    for person in PEOPLE:
        text = re.sub(rf"ssh-ed25519 \S+ {person}", make_key(directory, person), text)
    (directory / "plan.yml").write_text(text)
    copytree(PROJECT / "templates", directory / "templates")
    (directory / "runbooks").mkdir()
    (directory / "runbooks" / "regional-failover.yml").write_text(RUNBOOK)
    world = World(directory)
    plan_the_step(world)
    return world


RUNBOOK = """
runbook: regional-failover
title: Point DNS elsewhere
kind: failover
for: postgres
steps:
  - id: update_dns
    title: Point DNS at the recovery region
    action: route53.weights
    with: {record: "${target.dns}", weights: {primary: 0, recovery: 100}}
"""


def plan_the_step(world: World) -> None:
    """Declare, start, and show a plan as the engine would."""
    said = ("sev1", "customer-database", "us-west-2 is down", "--runbook", "regional-failover", "--json")
    declared = world.dr("declare", *said, as_="alice")
    assert json.loads(declared.stdout)["id"] == "INC-1", declared.stderr
    assert declared.stderr.startswith("Declared INC-1. Recovery objective: back by ")
    show_plan(world)


def show_plan(world: World) -> None:
    """What the engine would do once it has looked at DNS."""
    settings = Settings(
        database_url=SecretStr(world.environment["DATABASE_URL"]),
        DR_PLAN=world.directory / "plan.yml",
        DR_RUNBOOKS=world.directory / "runbooks",
        DR_TEMPLATES=world.directory / "templates",
    )
    bot = build(settings)
    bot.desk.record("INC-1", c.ShowPlan(run="R1", step="update_dns", attempt=1, plan=PROMOTION, generation=0))
    bot.close()


def test_json_is_alone_on_stdout(world: World) -> None:
    """With --json stdout is one document; without it people read a table there."""
    shown = world.dr("show", "INC-1", "--json")
    assert (shown.returncode, json.loads(shown.stdout)["runs"][0]["steps"][0]["state"]) == (0, "pending_approval")
    assert world.dr("list").stdout.startswith("INC-1  SEV1  Customer Database  active")


def test_broken_files_end_with_two(tmp_path: Path) -> None:
    """Without a sound plan nothing can be done: exit 2, every error on stderr, nothing on stdout."""
    (tmp_path / "plan.yml").write_text("organisation: [")
    misconfigured = World(tmp_path).dr("list")
    assert (misconfigured.returncode, misconfigured.stdout) == (2, "")
    assert re.match(r"plan\.yml:\d+:\d+: ", misconfigured.stderr)


def test_a_report_closed_early_is_no_accident(world: World) -> None:
    """`dr audit export | head -1` ends quietly."""
    command = f"{shlex.join(DR)} audit export | head -1"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=world.directory,
        env=world.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert json.loads(done.stdout)["type"] == "IncidentDeclared"
    assert done.stderr == ""


# --- on a terminal -----------------------------------------------------------------------------------------------------


def hear_ctrl_c() -> None:
    """As a terminal starts a command: whoever runs the tests in the background has it ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@dataclass(frozen=True)
class Dialogue:
    """A dr process with a terminal."""

    process: subprocess.Popen[bytes]
    terminal: int

    def until(self, text: str, seconds: float = 30) -> str:
        """What was written until a text appears."""
        seen, deadline = b"", time.monotonic() + seconds
        while text.encode() not in seen:
            assert time.monotonic() < deadline, seen.decode()
            if select.select([self.terminal], [], [], 0.2)[0]:
                try:
                    seen += os.read(self.terminal, 65536)
                except OSError:  # the other side is closed
                    break
        return seen.decode()

    def type(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def interrupt(self) -> int:
        """Ctrl-C, again until it is heard."""
        for _ in range(6):
            self.process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                return self.process.wait(5)
        raise AssertionError("it does not end")

    def end(self) -> int:
        return self.process.wait(30)


@pytest.fixture
def talk(world: World) -> Iterator["Talk"]:
    talk = Talk(world)
    yield talk
    talk.close()


class Talk:
    """Starts commands on terminals, and ends what is left of them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._open: list[Dialogue] = []

    def __call__(self, *words: str, as_: str) -> Dialogue:
        terminal, theirs = pty.openpty()
        process = subprocess.Popen(
            [*DR, *words, *self._world.speaker(as_)],
            cwd=self._world.directory,
            env={**self._world.environment, "TERM": "xterm", "COLUMNS": "100"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            preexec_fn=hear_ctrl_c,
        )
        os.close(theirs)
        self._open.append(Dialogue(process, terminal))
        return self._open[-1]

    def close(self) -> None:
        for dialogue in self._open:
            dialogue.process.kill()
            dialogue.process.wait()
            os.close(dialogue.terminal)


def test_the_plan_is_shown_and_asked_for(world: World, talk: Talk) -> None:
    """The whole plan, then the question with the person's name; Ctrl-C ends with 130, yes approves."""
    interrupted = talk("approve", "1", "update_dns", as_="bob")
    shown = interrupted.until("Approve this plan as Bob Brown? [y/N]")
    for part in ("shop.example.com A", "us-east-1", "account 111111111111", "111111111111/route53/shop.example.com"):
        assert part in shown
    assert interrupted.interrupt() == 130

    yes = talk("approve", "1", "update_dns", as_="bob")
    yes.until("[y/N]")
    yes.type("y\n")
    assert "Approved. 1 of 1; it starts once a dr serve is running; none is now." in yes.until("none is now.")
    assert yes.end() == 0
    assert json.loads(world.dr("show", "1", "--json").stdout)["runs"][0]["steps"][0]["plan"]["missing"] == 0
