"""Figures for Prometheus, without titles or names."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import get_args

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bot.domain.errors import DRError
from bot.domain.transitions import StepState
from bot.engine.desk import Desk
from bot.engine.replica import Replica
from bot.store import deliveries, moments, projections
from bot.web.look import Look

PATIENCE_SECONDS = 2.0
ZERO = timedelta(0)


@dataclass(frozen=True)
class Figures:
    """What the database says. Incidents are counted by severity and whether they are drills."""

    incidents: Mapping[tuple[str, bool], int]
    steps: Mapping[str, int]
    jobs: Mapping[str, int]
    deliveries: Mapping[str, int]
    lag: timedelta


class Figuring(Collector):
    """Collects the figures at each scrape. While the database does not answer, those that need it are left out."""

    def __init__(self, replica: Replica, desk: Desk) -> None:
        self._replica = replica
        self._desk = desk
        self._look = Look(self._figures)
        self._steps: dict[str, tuple[int, Counter[str]]] = {}  # incident -> the row of its stream, its steps

    def collect(self) -> Iterator[Metric]:
        """Every metric of a scrape."""
        yield InfoMetricFamily("dr", "The bot that answers.", {"version": self._replica.version})
        since = self._replica.pulse.since_sweep
        if since is not None:
            yield gauge("dr_since_sweep_seconds", "Seconds since due moments were looked at.", since)
        yield gauge("dr_engine_up", "1 while this replica takes work.", float(not self._replica.trouble()))
        figures = self._asked()
        yield gauge("dr_database_up", "1 while the database answers.", float(figures is not None))
        if figures is not None:
            yield from families(figures)

    def _asked(self) -> Figures | None:
        try:
            return self._look.begin().result(timeout=PATIENCE_SECONDS)
        except (TimeoutError, DRError):
            return None

    def _figures(self) -> Figures:
        with self._desk.database.read() as connection:
            now = self._desk.clock.now(connection)
            first = moments.next_at(connection)
            rows = projections.list_incidents(connection)
            told = deliveries.count_by_state(connection)
        return Figures(
            incidents=self._incidents(rows),
            steps=self._steps_of(rows),
            jobs=self._replica.jobs(),
            deliveries=dict.fromkeys(get_args(deliveries.State), 0) | told,
            lag=max(ZERO, now - first) if first else ZERO,
        )

    def _incidents(self, rows: list[projections.IncidentRow]) -> dict[tuple[str, bool], int]:
        known = {(severity, drill): 0 for severity in self._desk.plan.severities for drill in (False, True)}
        return known | Counter((row.severity, row.drill) for row in rows)

    def _steps_of(self, rows: list[projections.IncidentRow]) -> dict[str, int]:
        """By state, in all open incidents. Only an incident that has changed since the last scrape is folded again."""
        self._steps = {row.id: self._counted(row) for row in rows}
        total: Counter[str] = Counter()
        for _, steps in self._steps.values():
            total.update(steps)
        return {state.value: total[state.value] for state in StepState}

    def _counted(self, row: projections.IncidentRow) -> tuple[int, Counter[str]]:
        known = self._steps.get(row.id)
        if known is not None and known[0] == row.seq:
            return known
        incident = self._desk.find(row.id)
        steps = Counter(step.state.value for run in incident.runs.values() for step in run.steps.values())
        return incident.seq, steps


def families(figures: Figures) -> Iterator[Metric]:
    """The figures of the database as metrics."""
    incidents = GaugeMetricFamily("dr_open_incidents", "Open incidents.", labels=["severity", "drill"])
    for (severity, drill), number in figures.incidents.items():
        incidents.add_metric([severity, str(drill).lower()], number)
    yield incidents
    yield by_state("dr_steps", "Steps of open incidents.", figures.steps)
    yield by_state("dr_jobs", "Jobs of the engine, of all replicas.", figures.jobs)
    yield by_state("dr_deliveries", "Messages to people.", figures.deliveries)
    yield gauge("dr_due_lag_seconds", "How long the oldest due moment has waited.", figures.lag.total_seconds())


def gauge(name: str, meaning: str, value: float) -> Metric:
    """A metric of one value."""
    return GaugeMetricFamily(name, meaning, value)


def by_state(name: str, meaning: str, numbers: Mapping[str, int]) -> Metric:
    """A metric of one value a state."""
    family = GaugeMetricFamily(name, meaning, labels=["state"])
    for state, number in numbers.items():
        family.add_metric([state], number)
    return family


def registry_of(replica: Replica, desk: Desk) -> CollectorRegistry:
    """A registry of its own, so that several bots fit into one process."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figuring(replica, desk))
    return registry
