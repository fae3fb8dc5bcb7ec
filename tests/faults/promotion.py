"""The scenario in which a real PostgreSQL is fenced and its standby promoted, each behind a proxy that counts statements."""

import itertools
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.playground.mail import MailSink
from bot.playground.pair import DATABASE, Pair, Template
from bot.playground.postgres import Connection
from tests.faults.gate import Call, Gate, Trap
from tests.faults.nursery import Nursery
from tests.faults.postgres_far_side import Postgres
from tests.faults.smtp_far_side import Smtp
from tests.faults.world import SYSTEM, World, bot_world, environment_of, recovery_plan, write_files, write_keys

CAUGHT_UP_WITHIN = 15.0
PROMOTION: dict[str, Any] = {
    "runbook": "promotion",
    "title": "Promote",
    "kind": "failover",
    "for": "postgres",
    "steps": [
        {"id": "fence", "title": "Fence", "needs": [], "action": "postgres.fence", "timeout": "2s"}
        | {"with": {"database": "${target.west}", "method": "revoke_connect"}},
        {"id": "promote", "title": "Promote", "action": "postgres.promote", "timeout": "2s"}
        | {"with": {"database": "${target.east}"}, "approval": {"required": 2}},
    ],
}


@dataclass
class Pairs:
    """A new pair for every run, at the same two addresses. The shop holds one session on the old primary.

    The next pair is made while the bot works on this one.
    """

    template: Template
    home: Path
    west: Postgres
    east: Postgres
    mail: MailSink
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _maker: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    _next: Future[Pair] | None = None
    _pair: Pair | None = None
    _session: Connection | None = None

    def restore(self) -> None:
        """Throw the last pair away, take the next."""
        pair = (self._next or self._maker.submit(self._make)).result()
        self._throw_away()
        self._pair = pair
        self._next = self._maker.submit(self._make)
        self.mail.messages.clear()
        self.west.upstream, self.east.upstream = pair.primary.port, pair.standby.port
        self._session = pair.as_shop(pair.primary)
        wait_until(lambda: caught_up(pair))

    def _make(self) -> Pair:
        pair = self.template.pair(self.home / f"pair-{next(self._numbers)}")
        pair.primary.execute("ALTER ROLE postgres NOLOGIN")  # a superuser could never be shut out
        return pair

    def _throw_away(self) -> None:
        if self._session is not None:
            self._session.close()
        if self._pair is not None:
            self._pair.close()
            shutil.rmtree(self._pair.primary.home.parent, ignore_errors=True)
        self._pair = self._session = None

    def close(self) -> None:
        self._throw_away()
        if self._next is not None:
            self._next.result().close()
        self._maker.shutdown()


def caught_up(pair: Pair) -> bool:
    with pair.as_bot(pair.primary) as primary, pair.as_bot(pair.standby) as standby:
        at = primary.execute("SELECT pg_current_wal_lsn()").fetchone()
        row = standby.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", at).fetchone()
    return bool(row and row[0])


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + CAUGHT_UP_WITHIN
    while not holds():
        assert time.monotonic() < deadline, "the standby did not catch up"
        time.sleep(0.02)


@contextmanager
def promotion_world(directory: Path, database_url: str, template: Template, nursery: Nursery) -> Iterator[World]:
    """Two servers behind proxies; files and database. The bot is not started yet."""
    gate = Gate()
    with ExitStack() as stack:
        mail = stack.enter_context(MailSink())
        smtp = stack.enter_context(Smtp(gate, mail.port))
        west = stack.enter_context(Postgres(gate, "west", 0, "fence"))
        east = stack.enter_context(Postgres(gate, "east", 0, "promote"))
        pairs = Pairs(template, directory, west, east, mail)
        stack.callback(pairs.close)
        secrets = {"WEST_PASSWORD": template.roles.bot.password}
        targets = {"west": target(west.port, "us-west-2"), "east": target(east.port, "us-east-1")}
        plan = recovery_plan(write_keys(directory), "http://127.0.0.1:1", targets)
        plan["systems"][SYSTEM]["runbooks"] = ["promotion"]
        write_files(directory, plan, PROMOTION)
        environment = environment_of(directory, database_url, "http://127.0.0.1:1", smtp.port) | secrets
        yield stack.enter_context(bot_world(directory, gate, environment, nursery, mail, pairs.restore, secrets))


def target(port: int, region: str) -> dict[str, Any]:
    return {
        "kind": "postgres",
        "region": region,
        "host": "127.0.0.1",
        "port": port,
        "tls": "disable",
        "database": DATABASE,
        "user": "dr_bot",
        "secret": "west",
    }


def grouped_traps(ledger: Iterable[Call]) -> list[Trap]:
    """Every statement of a connection that changes something; of one that only reads its first and its last call.

    Between two reads of one look the bot keeps nothing, so a death there is a death before the look.
    """
    found: list[Trap] = []
    calls = [call for call in ledger if call.place.what.startswith("pg ")]
    for _, session in itertools.groupby(sorted(calls, key=session_of), key=session_of):
        group = list(session)
        if any(call.step for call in group):
            found += [Trap(call.place, phase) for call in group for phase in ("before", "after")]
        else:
            found += [Trap(group[0].place, "before"), Trap(group[-1].place, "after")]
    return found


def session_of(call: Call) -> tuple[str, int]:
    return call.place.what.split()[1], call.session
