"""Files to judge: the project's own plan and a small runbook, with edits, and stand-ins for actions."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict

from bot.config import KnownActions, Paths
from bot.domain.durations import Duration
from bot.domain.model import Model
from bot.domain.problems import Problem
from bot.domain.targets import HealthProbe, PostgresTarget

ROOT = Path(__file__).parents[2]
PLAN = (ROOT / "plan.yml").read_text(encoding="utf-8")


class AnyParameters(BaseModel):
    """Takes whatever is given."""

    model_config = ConfigDict(extra="allow")


class PromoteParameters(Model):
    database: PostgresTarget
    wait: Duration | None = None


class HealthParameters(Model):
    health: tuple[HealthProbe, ...]
    hold: Duration | None = None


@dataclass(frozen=True)
class StandIn:
    """An action or check as far as the formats care."""

    params: type[BaseModel] = AnyParameters
    point_of_no_return: bool = False
    kind: str = "action"


ACTIONS: KnownActions = {
    "postgres.promote": StandIn(PromoteParameters, point_of_no_return=True),
    "postgres.fence": StandIn(),
    "notify.template": StandIn(),
    "notify.page": StandIn(),
    "system.health": StandIn(HealthParameters, kind="check"),
}

RUNBOOK = """\
runbook: regional-failover
title: Fail over
kind: failover
for: postgres
inputs:
  hold: {title: Watch it for, type: duration, default: 15m}
steps:
  - id: look
    title: Look
    manual: Look at it.
  - id: fence
    title: Fence
    action: postgres.fence
    with: {database: "${target.primary}"}
  - id: promote
    title: Promote
    needs: [fence]
    action: postgres.promote
    with: {database: "${target.replica}"}
    approval: {required: 2}
  - id: check
    title: Check
    check: system.health
    with: {health: "${target.health}", hold: "${inputs.hold}"}
"""


class Case(NamedTuple):
    """One edit of a file, and what is said of it."""

    name: str
    old: str
    new: str
    says: str


def cases(name: str) -> list[Case]:
    """The cases of a data file beside the tests."""
    path = Path(__file__).parent / "cases" / "config" / f"{name}.yml"
    return [Case(**case) for case in yaml.safe_load(path.read_text(encoding="utf-8"))]


def edited(text: str, *edits: tuple[str, str]) -> str:
    """The text with each first place of the one replaced by the other; an edit that finds nothing is a mistake."""
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def written(folder: Path, plan: str = PLAN, **runbooks: str) -> Paths:
    """The files in a folder of their own: the plan, runbooks by file name, the project's templates."""
    (folder / "plan.yml").write_text(plan, encoding="utf-8")
    (folder / "runbooks").mkdir()
    for name, text in runbooks.items():
        (folder / "runbooks" / f"{name}.yml").write_text(text, encoding="utf-8")
    return Paths(folder / "plan.yml", folder / "runbooks", ROOT / "templates")


def lines(problems: list[Problem], level: str = "error") -> list[str]:
    """What would be printed, without the folder."""
    return [str(p).replace(p.file, Path(p.file).name, 1) for p in problems if p.level == level]
