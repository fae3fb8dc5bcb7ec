"""The heartbeats: a row into each primary of production, so that the loss of a failover can be bounded."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from pydantic import ValidationError

from bot.domain.plan import RecoveryPlan
from bot.domain.targets import PostgresTarget
from bot.engine.ports import Context, StepFacts, Unavailable

ENVIRONMENT = "production"
DEFAULT_EVERY = timedelta(seconds=10)
log = structlog.get_logger()


@dataclass
class Heartbeats:
    """Beats for every system whose production target `primary` is a PostgreSQL server."""

    plan: RecoveryPlan
    contexts: Callable[[StepFacts], Context]
    write: Callable[[Context, str, PostgresTarget], object]
    silent: set[str] = field(default_factory=set)
    kept: dict[str, Context] = field(default_factory=dict)

    @property
    def every(self) -> float:
        """The shortest interval that one of these systems needs, in seconds; one that asks for none has the default."""
        replications = [self.plan.systems[system].replication for system, _ in self.primaries()]
        wanted = [replication.heartbeat if replication else DEFAULT_EVERY for replication in replications]
        return min(wanted, default=DEFAULT_EVERY).total_seconds()

    def beat(self) -> None:
        """One beat for each; a primary that takes none is said once, and once more when it beats again."""
        for system, target in self.primaries():
            try:
                self.write(self._context(system), system, target)
            except Unavailable as missing:
                self.kept.pop(system, None)
                if system not in self.silent:
                    log.warning("no_heartbeat", system=system, reason=str(missing))
                self.silent.add(system)
            else:
                if system in self.silent:
                    log.info("heartbeat_again", system=system)
                self.silent.discard(system)

    def primaries(self) -> list[tuple[str, PostgresTarget]]:
        """The systems with a PostgreSQL primary, and those primaries."""
        environment = self.plan.environments.get(ENVIRONMENT)
        found = []
        for system, targets in environment.targets.items() if environment else ():
            primary = targets.get("primary")
            if isinstance(primary, dict) and primary.get("kind") == "postgres":
                try:
                    found.append((system, PostgresTarget.model_validate(primary)))
                except ValidationError as misfit:
                    log.warning(
                        "no_heartbeat",
                        system=system,
                        reason=f"its primary is not described well: {misfit.error_count()}",
                    )
        return found

    def _context(self, system: str) -> Context:
        """Kept while it works: a new one reads the password anew, which a beat every few seconds should not."""
        if system not in self.kept:
            self.kept[system] = self.contexts(self._facts(system))
        return self.kept[system]

    def _facts(self, system: str) -> StepFacts:
        return StepFacts(
            incident="",
            run="",
            step="heartbeat",
            attempt=0,
            token=f"heartbeat/{system}",
            environment=ENVIRONMENT,
            environment_facts=self.plan.environments[ENVIRONMENT],
            system=system,
            system_facts=self.plan.systems[system],
            recovery_plan=self.plan,
            drill=False,
            severity="",
        )
