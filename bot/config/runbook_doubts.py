"""What an expert would ask about a runbook: is it in time, and does it fit the systems that name it?"""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from bot.config.document import Document
from bot.domain.durations import format_duration
from bot.domain.plan import RecoveryPlan
from bot.domain.problems import Problem
from bot.domain.runbook import Runbook


def too_slow(runbook: Runbook, document: Document, plan: RecoveryPlan) -> Iterator[Problem]:
    """Steps that by their own estimate take longer than a system may be down."""
    longest = _longest(runbook)
    for id, system in plan.systems.items():
        rto = system.objectives.rto
        if runbook.id in system.runbooks and longest > rto:
            what = f"its steps are expected to take {format_duration(longest)}; {id} must be back within {format_duration(rto)}"
            yield document.problem(
                ("steps",), what, "run steps side by side, or lengthen the rto", level="warning", key=True
            )


def _longest(runbook: Runbook) -> timedelta:
    """The longest way through the steps by their expected times."""
    ends: dict[str, timedelta] = {}
    waiting = [step.id for step in runbook.steps]
    while waiting:
        id = waiting[-1]
        missing = [need for need in runbook.needs(id) if need not in ends]
        if missing:
            waiting.extend(missing)
            continue
        waiting.pop()
        start = max((ends[need] for need in runbook.needs(id)), default=timedelta())
        ends[id] = start + (runbook.step(id).expected or timedelta())
    return max(ends.values())


def unfit_systems(runbook: Runbook, document: Document, plan: RecoveryPlan) -> Iterator[Problem]:
    """Systems whose targets are not what the runbook is for."""
    for id, system in plan.systems.items():
        for name, environment in plan.environments.items():
            targets = environment.targets.get(id)
            if targets and runbook.id in system.runbooks and not _offers(targets, runbook.for_):
                what = f"{id} has no target of the kind {runbook.for_} in {name}"
                yield document.problem(("for",), what, "correct `for`, or add the target to the plan", level="warning")


def _offers(targets: Mapping[str, object], kind: str) -> bool:
    return kind in targets or any(
        isinstance(target, dict) and target.get("kind") == kind for target in targets.values()
    )


DOUBTS = (too_slow, unfit_systems)
