"""What an expert would ask about the systems of a plan: do the promises fit together, and is there anything to act on?"""

from collections.abc import Iterator
from datetime import timedelta

from bot.config.document import Document
from bot.domain.durations import format_duration
from bot.domain.plan import BackupPolicy, RecoveryPlan, System
from bot.domain.problems import Problem


def strained_objectives(plan: RecoveryPlan, document: Document) -> Iterator[Problem]:
    """Promises that the system's own replication or what it depends on can't keep."""
    for id, system in plan.systems.items():
        for what, fix in (*_loss(system), *_waits(plan, system)):
            yield document.problem(("systems", id, "objectives"), what, fix, level="warning")


def _loss(system: System) -> Iterator[tuple[str, str]]:
    rpo, replication = system.objectives.rpo, system.replication
    if replication and replication.mode == "asynchronous" and rpo == timedelta():
        yield "rpo is 0 and the replication is asynchronous", "replicate synchronously, or allow some loss"
    elif replication and timedelta() < rpo < 2 * replication.heartbeat:
        every = format_duration(replication.heartbeat)
        yield f"rpo is too short to be proven with a heartbeat every {every}", "shorten the heartbeat"


def _waits(plan: RecoveryPlan, system: System) -> Iterator[tuple[str, str]]:
    for needed in system.depends_on:
        other = plan.systems.get(needed)
        if other and other.objectives.rto > system.objectives.rto:
            what = f"rto is shorter than the {format_duration(other.objectives.rto)} of {needed}, which it depends on"
            yield what, f"shorten the rto of {needed}, or lengthen this one"


def one_region(plan: RecoveryPlan, document: Document) -> Iterator[Problem]:
    """Systems that recover into the region that was lost."""
    for id, system in plan.systems.items():
        if system.regions.primary == system.regions.recovery:
            what, fix = "the recovery region is the primary one", "name another region"
            yield document.problem(("systems", id, "regions", "recovery"), what, fix, level="warning")


def backups(plan: RecoveryPlan, document: Document) -> Iterator[Problem]:
    """Critical systems without backups, and policies that wouldn't save anybody."""
    for id, system in plan.systems.items():
        if system.critical and system.backup is None:
            what, fix = "a critical system without a backup policy", "add backup: POLICY"
            yield document.problem(("systems", id), what, fix, level="warning", key=True)
    for id, policy in plan.backup_policies.items():
        for what, fix in _policy(policy):
            yield document.problem(("backup_policies", id), what, fix, level="warning", key=True)


def _policy(policy: BackupPolicy) -> Iterator[tuple[str, str]]:
    if policy.prove is None:
        yield "no backup is ever proven", "add prove: 1 week"
    if policy.locations.secondary in (None, policy.locations.primary):
        yield "all backups lie in one place", "add a secondary location in another region"
    for schedule in (policy.full, policy.incremental, policy.snapshot):
        if schedule and schedule.keep < schedule.every:
            what = f"a backup kept for {format_duration(schedule.keep)} is gone before the next"
            yield what, f"keep it longer than {format_duration(schedule.every)}"


def thresholds(plan: RecoveryPlan, document: Document) -> Iterator[Problem]:
    """Metrics that turn critical before they warn."""
    for id, metric in plan.monitoring.metrics.items():
        if metric.warning and metric.critical and metric.critical <= metric.warning:
            what, fix = "it turns critical before it warns", "make critical larger than warning"
            yield document.problem(("monitoring", "metrics", id), what, fix, level="warning", key=True)


DOUBTS = (strained_objectives, one_region, backups, thresholds)
