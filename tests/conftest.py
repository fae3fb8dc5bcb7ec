"""What every test may use: real servers, each thrown away afterwards."""

import gc
import itertools
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from bot.domain.plan import Environment, HttpPolicy, RecoveryPlan
from bot.engine.ports import StepFacts
from bot.logs import set_up
from bot.playground.binaries import Binaries, PostgresMissing, find_binaries
from bot.playground.cloud import start_cloud
from bot.playground.mail import MailSink
from bot.playground.pair import Pair, Template
from bot.playground.postgres import Server
from bot.playground.processes import Processes, runs
from bot.store.database import Database
from bot.store.migrate import upgrade

REQUIRE_ALL = os.environ.get("DR_REQUIRE_ALL") == "1"
OUTSIDE = ("AWS_", "DR_", "SLACK_", "PG", "DATABASE_URL", "SMTP_URL")
KEPT = ("DR_REQUIRE_ALL", "PGBIN")

for name in [name for name in os.environ if name.startswith(OUTSIDE) and name not in KEPT]:
    del os.environ[name]
set_up("error", "text", sys.__stderr__)  # as the bot does: structlog's own way to print a traceback takes seconds
logging.captureWarnings(False)  # they are errors here
os.environ |= {  # no test may find anybody's real account
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_EC2_METADATA_DISABLED": "true",
}


LONGEST_FIRST = ("kill_matrix", "test_story", "browser", "faults", "acceptance", "integration")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """So that nobody waits for a last long one."""
    rank = {name: number for number, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: next((rank[name] for name in rank if name in item.nodeid), len(rank)))


def pytest_collection_finish() -> None:
    """What is loaded by now stays: no test pays for looking through it again."""
    gc.collect()
    gc.freeze()


def missing(reason: str) -> None:
    """Skip the test, or fail it where nothing may be skipped."""
    if REQUIRE_ALL:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def eventually() -> Callable[..., bool]:
    """`eventually(holds, seconds=30)`: whether it holds before the time is over."""

    def wait(holds: Callable[[], bool], seconds: float = 30.0) -> bool:
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    return wait


@pytest.fixture(scope="session")
def alive() -> Callable[[int], bool]:
    """`alive(pid)`: whether the process runs; one that ended and waits to be collected does not."""
    return runs


@pytest.fixture(scope="session")
def processes() -> Iterator[Processes]:
    """Starts children that end with the tests, whatever happens."""
    with Processes() as owner:
        yield owner


@pytest.fixture(scope="session")
def scratch(processes: Processes) -> Path:
    """A directory that every user may enter, unlike pytest's own."""
    return processes.scratch_directory("dr-bot-tests-")


@pytest.fixture(scope="session")
def pg_binaries(scratch: Path) -> Binaries:
    """PostgreSQL's programs; tests that need them are skipped where there are none."""
    try:
        return find_binaries(os.environ, scratch)
    except PostgresMissing as error:
        missing(str(error))
        raise


@pytest.fixture(scope="session")
def pg_server(pg_binaries: Binaries, processes: Processes, scratch: Path) -> Server:
    """One running PostgreSQL for all tests."""
    server = Server.create(pg_binaries, processes, scratch / "server")
    server.start()
    return server


@pytest.fixture(scope="session")
def counter() -> Iterator[int]:
    """Numbers that name things apart."""
    return itertools.count(1)


@pytest.fixture
def pg_database(pg_server: Server, counter: Iterator[int]) -> Iterator[str]:
    """A new, empty database; its SQLAlchemy URL, as the superuser."""
    name = f"test_{next(counter)}"
    pg_server.execute(f"CREATE DATABASE {name}")
    yield pg_server.url(name, scheme="postgresql+psycopg")
    pg_server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new, empty database of each kind; its SQLAlchemy URL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/dr.db"
    return str(request.getfixturevalue("pg_database"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database of each kind with the bot's tables, empty."""
    database = Database(database_url)
    upgrade(database)
    yield database
    database.close()


@pytest.fixture(scope="session")
def pg_template(pg_binaries: Binaries, processes: Processes, scratch: Path) -> Template:
    """A stopped primary of which pairs are copied."""
    return Template.create(pg_binaries, processes, scratch / "template")


@pytest.fixture
def pg_pair(pg_template: Template, scratch: Path, counter: Iterator[int]) -> Iterator[Pair]:
    """A new primary and its streaming standby, both running, with the shop's database and the role dr_bot."""
    pair = pg_template.pair(scratch / f"pair-{next(counter)}")
    yield pair
    pair.close()


@pytest.fixture(scope="session")
def moto_server(processes: Processes, scratch: Path) -> str:
    """One moto server for all tests; use `moto_url`, which empties it."""
    return start_cloud(processes, scratch)


@pytest.fixture
def moto_url(moto_server: str) -> str:
    """AWS's endpoint for this test: an account with nothing in it."""
    httpx.post(f"{moto_server}/moto-api/reset", timeout=30).raise_for_status()
    return moto_server


@pytest.fixture
def smtp_sink() -> Iterator[MailSink]:
    """A mail server; `url` for SMTP_URL, `messages` for what arrived."""
    with MailSink() as sink:
        yield sink


@pytest.fixture(scope="session")
def recovery_plan() -> RecoveryPlan:
    """The project's own plan.yml."""
    text = (Path(__file__).parent.parent / "plan.yml").read_text(encoding="utf-8")
    return RecoveryPlan.model_validate(yaml.safe_load(text))


@pytest.fixture
def step_facts(recovery_plan: RecoveryPlan) -> Callable[..., StepFacts]:
    """Makes the facts of a step in production, whose account is moto's and whose requests may go to `allow`."""

    def make(*, allow: tuple[str, ...] = (), **changes: Any) -> StepFacts:
        facts: dict[str, Any] = {
            "incident": "INC-7",
            "run": "R1",
            "step": "the_step",
            "attempt": 1,
            "token": "INC-7/R1/the_step/1",
            "environment": "production",
            "environment_facts": Environment(account="123456789012", http=HttpPolicy(allow=allow)),
            "system": "customer-database",
            "system_facts": recovery_plan.systems["customer-database"],
            "recovery_plan": recovery_plan,
            "drill": False,
            "severity": "sev1",
        }
        return StepFacts(**facts | changes)

    return make
