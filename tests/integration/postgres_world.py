"""A real pair of PostgreSQL servers with the bot's own contexts on it, for the tests of its actions."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.actions.context import ContextFactory
from bot.actions.heartbeat import beat
from bot.actions.postgres import promote, replica_fit
from bot.actions.postgres.promote_plan import PromoteParameters
from bot.actions.postgres.replica_fit import ReplicaFitParameters
from bot.domain.changes import Plan, Verdict
from bot.domain.plan import Environment
from bot.domain.targets import PostgresTarget
from bot.domain.timeline import moment
from bot.engine.ports import Context, Earlier, MayChange, Notice, StepFacts
from bot.playground.pair import DATABASE, Pair
from bot.playground.postgres import Server

SYSTEM = "customer-database"
RPO = timedelta(minutes=5)


def nobody_is_told(_facts: StepFacts, _notices: tuple[Notice, ...]) -> None:
    raise AssertionError("nobody is told here")


def target_of(pair: Pair, server: Server, **changes: Any) -> PostgresTarget:
    return PostgresTarget.model_validate(
        {
            "kind": "postgres",
            "region": "us-east-1",
            "host": "127.0.0.1",
            "port": server.port,
            "tls": "disable",
            "database": DATABASE,
            "user": pair.roles.bot.user,
            "secret": "bot_password",
            **changes,
        }
    )


class World:
    """A pair with the bot's contexts on it; `clock` is the bot's."""

    def __init__(self, pair: Pair, step_facts: Callable[..., StepFacts]) -> None:
        self.pair = pair
        self.clock = datetime.now(UTC).replace(hour=12)  # no test goes on beyond midnight
        self.primary = target_of(pair, pair.primary)
        self.replica = target_of(pair, pair.standby)
        self._step_facts = step_facts
        self._factory = ContextFactory(
            now=lambda: self.clock, notify=nobody_is_told, environ={"BOT_PASSWORD": pair.roles.bot.password}
        )

    def context(self, *earlier: Earlier, **facts: Any) -> Context:
        return self._factory(self._facts(*earlier, **facts))

    def changing(self, may_change: MayChange, *earlier: Earlier) -> Context:
        """The context of an attempt."""
        return self._factory(self._facts(*earlier), may_change)

    def _facts(self, *earlier: Earlier, **facts: Any) -> StepFacts:
        targets = {
            name: t.model_dump(mode="json") for name, t in {"primary": self.primary, "replica": self.replica}.items()
        }
        environment = Environment.model_validate(
            {
                "account": "123456789012",
                "secrets": {"bot_password": {"from": "env", "name": "BOT_PASSWORD"}},
                "targets": {SYSTEM: targets},
            }
        )
        return self._step_facts(environment_facts=environment, earlier=earlier, **facts)

    def fence(self, **evidence: Any) -> Earlier:
        """A fence of the primary that has ended, proven now unless said otherwise."""
        found = {"method": "ec2_stop", "server": f"127.0.0.1:{self.pair.primary.port}", "proven_at": moment(self.clock)}
        return Earlier("fence_primary", "postgres.fence", "verified", self.clock, {}, found | evidence)

    def beat(self) -> datetime:
        """A heartbeat that has reached the standby."""
        written = beat(self.context(), SYSTEM, self.primary)
        self.wait_until(lambda: self.heartbeat_on_standby() == written)
        return written

    def heartbeat_on_standby(self) -> Any:
        return self.pair.standby.value(f"SELECT max(at) FROM dr_bot.heartbeat WHERE system = '{SYSTEM}'", DATABASE)

    def catch_up(self) -> None:
        """The standby has replayed what the primary has written."""
        position = self.pair.primary.value("SELECT pg_current_wal_lsn()")
        self.wait_until(
            lambda: bool(self.pair.standby.value(f"SELECT pg_last_wal_replay_lsn() >= '{position}'::pg_lsn"))
        )

    def pass_time(self, **length: float) -> None:
        self.clock += timedelta(**length)

    def wait_until(self, true: Callable[[], bool], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, "waited too long"
            time.sleep(0.02)

    def plan(self, *earlier: Earlier, **changes: Any) -> Plan:
        params = PromoteParameters(database=self.replica, **changes)
        return promote.ACTION.plan(params, promote.observe(params, self.context(*earlier)))

    def fit(self, *earlier: Earlier, rpo: timedelta = RPO) -> Verdict:
        return replica_fit.look(ReplicaFitParameters(database=self.replica, rpo=rpo), self.context(*earlier))
