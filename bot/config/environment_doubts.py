"""What an expert would ask about the environments of a plan: can a run act there, and on nothing else?"""

from collections.abc import Iterator

from bot.config.document import Document, Loc
from bot.domain.model import JsonValue
from bot.domain.plan import HttpPolicy, RecoveryPlan
from bot.domain.problems import Problem

LOOPBACK = ("127.0.0.1", "::1", "localhost")
IDENTITIES = (("host", "port", "database"), ("instance",), ("listener",), ("zone", "name"))
"""What makes two targets the same thing in the world."""


def nothing_there(plan: RecoveryPlan, document: Document) -> Iterator[Problem]:
    """Environments without targets, and systems that have runbooks and targets nowhere."""
    for id, environment in plan.environments.items():
        if not environment.targets:
            what, fix = "the environment has no targets: nothing can be run there", "list them, or remove it"
            yield document.problem(("environments", id), what, fix, level="warning", key=True)
    placed = {system for environment in plan.environments.values() for system in environment.targets}
    for id, system in plan.systems.items():
        if system.runbooks and id not in placed:
            what, fix = "it has runbooks and no targets in any environment", "add its targets under environments"
            yield document.problem(("systems", id), what, fix, level="warning", key=True)


def drills_without_targets(plan: RecoveryPlan, document: Document) -> Iterator[Problem]:
    """Drills that would find nothing to act on, or that the system's own runbooks don't cover."""
    for id, drill in plan.drills.items():
        environment, system = plan.environments.get(drill.environment or ""), plan.systems.get(drill.system or "")
        if environment and drill.system and environment.targets and drill.system not in environment.targets:
            what, fix = f"{drill.environment} has no targets of {drill.system}", "list them there"
            yield document.problem(("drills", id, "environment"), what, fix, level="warning")
        if system and drill.runbook and drill.runbook not in system.runbooks:
            what, fix = f"{drill.runbook} is no runbook of {drill.system}", "add it to the system's runbooks"
            yield document.problem(("drills", id, "runbook"), what, fix, level="warning")


def shared_targets(plan: RecoveryPlan, document: Document) -> Iterator[Problem]:
    """One thing listed in two environments: a drill in one would touch the other."""
    seen: dict[tuple[JsonValue, ...], Loc] = {}
    for loc, target in _found(plan, document, "*"):
        for identity in _identities(target):
            first = seen.setdefault(identity, loc)
            if first[1] != loc[1]:
                what = f"{first[1]} lists the same thing in line {document.mark(first, key=True).line}"
                fix = "give each environment its own: a drill here would touch the other"
                yield document.problem(loc, what, fix, level="warning", key=True)


def _found(plan: RecoveryPlan, document: Document, pattern: str) -> Iterator[tuple[Loc, JsonValue]]:
    for id in plan.environments:
        yield from document.find(f"environments.{id}.targets.*.{pattern}")


def _identities(target: JsonValue) -> Iterator[tuple[JsonValue, ...]]:
    if isinstance(target, dict):
        for keys in IDENTITIES:
            if all(isinstance(target.get(key), str | int) for key in keys) and not _is_postgres_zone(target, keys):
                yield (keys[0], *(target[key] for key in keys))


def _is_postgres_zone(target: dict[str, JsonValue], keys: tuple[str, ...]) -> bool:
    return keys[0] == "zone" and "kind" in target


def forbidden_urls(plan: RecoveryPlan, document: Document) -> Iterator[Problem]:
    """URLs of targets that checks may not call."""
    for id, environment in plan.environments.items():
        policy = environment.http or HttpPolicy()
        for loc in document.values:
            if loc[:3] != ("environments", id, "targets") or loc[-1] != "url":
                continue
            url = document.at(loc)
            if isinstance(url, str) and not policy.permits(url):
                what, fix = (
                    f"the environment's http.allow does not cover {url[:80]}",
                    "add the beginning of the URL to it",
                )
                yield document.problem(loc, what, fix, level="warning")


def bare_connections(plan: RecoveryPlan, document: Document) -> Iterator[Problem]:
    """Databases on other machines that are spoken to in the clear."""
    for loc, value in _found(plan, document, "*.tls"):
        if value == "disable" and document.at((*loc[:-1], "host")) not in LOOPBACK:
            what, fix = "the connection is not encrypted", "use verify-full"
            yield document.problem(loc, what, fix, level="warning")


def foreign_roles(plan: RecoveryPlan, document: Document) -> Iterator[Problem]:
    """Roles of another account than the environment's."""
    for id, environment in plan.environments.items():
        if environment.role and environment.account and f":{environment.account}:" not in environment.role:
            what, fix = f"the role is not of account {environment.account}", "correct account or role"
            yield document.problem(("environments", id, "role"), what, fix, level="warning")


DOUBTS = (nothing_there, drills_without_targets, shared_targets, forbidden_urls, bare_connections, foreign_roles)
