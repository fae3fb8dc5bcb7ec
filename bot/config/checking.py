"""Everything that people write, read and judged together: what `dr check` prints and what `dr serve` starts from."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from bot.config.document import Document, mend
from bot.config.known_actions import KnownActions
from bot.config.plan_checks import CHANNELS
from bot.config.plan_file import PlanFile, read_plan
from bot.config.runbook_files import missing_runbooks, read_runbooks
from bot.config.template_files import load_templates
from bot.domain.plan import RecoveryPlan
from bot.domain.problems import ConfigurationError, Problem, shown
from bot.domain.runbook import Runbook
from bot.domain.template import Template


class Paths(NamedTuple):
    """Where the files are."""

    plan: Path
    runbooks: Path
    templates: Path


class Configuration(NamedTuple):
    """What is sound of the files: one bad runbook or template takes no other down. `problems` are all that were found."""

    plan: RecoveryPlan
    runbooks: dict[str, Runbook]
    templates: dict[str, Template]
    problems: list[Problem]


def load(paths: Paths, actions: KnownActions, channels: Collection[str] = CHANNELS) -> Configuration:
    """Read everything; raises `ConfigurationError` only where the plan itself can't be used."""
    plan, runbooks, templates, problems = _read(paths, actions, channels)
    if plan.plan is None:
        raise ConfigurationError(problems)
    return Configuration(plan.plan, runbooks, templates, problems)


def check(paths: Paths, actions: KnownActions, channels: Collection[str] = CHANNELS) -> list[Problem]:
    """Everything that is wrong with all files, file by file in the order of their lines."""
    return _read(paths, actions, channels)[3]


def load_runbooks(folder: Path, plan: RecoveryPlan, actions: KnownActions) -> tuple[dict[str, Runbook], list[Problem]]:
    """The sound runbooks by id, judged against a plan that was loaded before, and what is wrong with all of them."""
    runbooks, _, problems = read_runbooks(folder, PlanFile(plan, plan, Document("the plan"), []), actions)
    return runbooks, problems


def _read(
    paths: Paths, actions: KnownActions, channels: Collection[str]
) -> tuple[PlanFile, dict[str, Runbook], dict[str, Template], list[Problem]]:
    plan = read_plan(paths.plan, channels)
    runbooks, documents, problems = read_runbooks(paths.runbooks, plan, actions)
    templates, found = load_templates(paths.templates)
    named = [problem for document in documents for problem in _named(document, templates, plan)]
    # A file that two runbooks draw from (the plan) may be complained of twice in the same words.
    every = dict.fromkeys([*plan.problems, *missing_runbooks(plan, runbooks), *problems, *found, *named])
    order = {str(paths.plan): 0}
    ordered = sorted(every, key=lambda one: (order.get(one.file, 1), one.file, one.line, one.column))
    return plan, runbooks, templates, ordered


def _named(document: Document, templates: Mapping[str, Template], plan: PlanFile) -> Iterator[Problem]:
    """What the actions that notify name in other files: templates and teams."""
    teams = plan.rest.teams if plan.rest else {}
    known: dict[tuple[str, str], tuple[str, Collection[str]]] = {
        ("notify.template", "template"): ("template", templates),
        ("notify.page", "team"): ("team", teams),
    }
    for loc, action in document.find("steps.*.action"):
        for (named, key), (what, options) in known.items():
            place = (*loc[:-1], "with", key)
            value = document.at(place)
            if action == named and isinstance(value, str) and "${" not in value and value not in options:
                yield document.problem(place, f"there is no {what} {shown(value)}", mend(value, options))
