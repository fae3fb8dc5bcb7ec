"""plan.yml: read it, check it, hand it out."""

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from bot.config import environment_doubts, idle_doubts, people_doubts, system_doubts
from bot.config.document import Document
from bot.config.fitting import fit
from bot.config.plan_checks import CHANNELS, empty_sections, errors_of, unknown_channels
from bot.config.references import unknown_names, unknown_secrets
from bot.config.strict_yaml import read_document
from bot.config.target_checks import secret_values, unfit_targets
from bot.config.text import read_text
from bot.domain.model import JsonValue
from bot.domain.plan import RecoveryPlan
from bot.domain.problems import ConfigurationError, Problem

DOUBTS = (*people_doubts.DOUBTS, *system_doubts.DOUBTS, *environment_doubts.DOUBTS, *idle_doubts.DOUBTS)
STAND_INS: dict[str, JsonValue] = {
    "organisation": "unknown",
    "people": {},
    "teams": {},
    "severities": {},
    "systems": {},
    "environments": {},
    "approvals": {"approvers": "nobody"},
}


class PlanFile(NamedTuple):
    """A plan as it was read. `plan` is None if it has an error; `rest` is what other files can be checked against."""

    plan: RecoveryPlan | None
    rest: RecoveryPlan | None
    document: Document
    problems: list[Problem]


def read_plan(path: Path, channels: Collection[str] = CHANNELS) -> PlanFile:
    """A plan with everything that is wrong with it, in the order of its lines."""
    try:
        document = read_document(read_text(path), str(path))
    except ConfigurationError as error:
        return PlanFile(None, None, Document(str(path)), list(error.problems))
    fitted = fit(document, RecoveryPlan, STAND_INS)
    problems = [*fitted.problems, *_from_the_file(document)]
    if fitted.rest:
        problems += [*errors_of(fitted.rest, document), *unknown_channels(fitted.rest, document, channels)]
    if fitted.whole:
        problems += [doubt for doubts in DOUBTS for doubt in doubts(fitted.whole, document)]
    problems.sort(key=lambda problem: (problem.line, problem.column))
    is_sound = all(problem.level == "warning" for problem in problems)
    return PlanFile(fitted.whole if is_sound else None, fitted.rest, document, problems)


def load_plan(path: Path, channels: Collection[str] = CHANNELS) -> RecoveryPlan:
    """The plan of a file; raises `ConfigurationError` with everything that is wrong with it."""
    read = read_plan(path, channels)
    if read.plan is None:
        raise ConfigurationError(read.problems)
    return read.plan


def _from_the_file(document: Document) -> list[Problem]:
    return [
        *empty_sections(document),
        *unknown_names(document),
        *unknown_secrets(document),
        *unfit_targets(document),
        *secret_values(document),
    ]
