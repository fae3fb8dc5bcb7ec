"""runbooks/: each file is read and checked alone, so that a bad one takes no other down."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from bot.config.approval_checks import step_rules
from bot.config.document import Document
from bot.config.fitting import fit
from bot.config.folder import files_of
from bot.config.known_actions import KnownActions
from bot.config.lookup_checks import lookups
from bot.config.parameter_checks import parameters
from bot.config.plan_file import PlanFile
from bot.config.runbook_doubts import DOUBTS
from bot.config.step_checks import circles, repeated_ids, softened_points, unknown_actions, unknown_needs
from bot.config.strict_yaml import read_document
from bot.config.text import read_text
from bot.domain.model import JsonValue
from bot.domain.plan import RecoveryPlan
from bot.domain.problems import ConfigurationError, Problem
from bot.domain.runbook import Runbook

STAND_INS: dict[str, JsonValue] = {"runbook": "unnamed", "title": "untitled", "kind": "recovery", "for": "anything"}


class RunbookFile(NamedTuple):
    """A runbook as it was read. `runbook` is None if it has an error."""

    runbook: Runbook | None
    document: Document
    problems: list[Problem]


def read_runbooks(
    folder: Path, plan: PlanFile, actions: KnownActions
) -> tuple[dict[str, Runbook], list[Document], list[Problem]]:
    """The sound runbooks by id, the documents of all files, and what is wrong with all of them."""
    paths, problems = files_of(folder, (".yml", ".yaml"))
    files = [_read(path, plan, actions) for path in paths]
    problems += [problem for file in files for problem in file.problems]
    repeated, found = _repeated(files)
    problems += found
    runbooks = {file.runbook.id: file.runbook for file in files if file.runbook and file.runbook.id not in repeated}
    return runbooks, [file.document for file in files], problems


def missing_runbooks(plan: PlanFile, runbooks: dict[str, Runbook]) -> list[Problem]:
    """Warnings of runbooks that the plan names and that are not loaded."""
    named = [*plan.document.find("systems.*.runbooks.*"), *plan.document.find("drills.*.runbook")]
    return [
        plan.document.problem(loc, f"the runbook {name} is not loaded", "add its file, or mend it", level="warning")
        for loc, name in named
        if isinstance(name, str) and name not in runbooks
    ]


def _read(path: Path, plan: PlanFile, actions: KnownActions) -> RunbookFile:
    try:
        document = read_document(read_text(path), str(path))
    except ConfigurationError as error:
        return RunbookFile(None, Document(str(path)), list(error.problems))
    fitted = fit(document, Runbook, STAND_INS)
    problems = [*fitted.problems, *_of_file(document, actions)]
    if fitted.rest:
        problems += _of_runbook(fitted.rest, document, plan, actions)
    is_sound = all(problem.level == "warning" for problem in problems)
    if fitted.whole and is_sound and plan.rest:
        problems += [doubt for doubts in DOUBTS for doubt in doubts(fitted.whole, document, plan.rest)]
    return RunbookFile(fitted.whole if is_sound else None, document, problems)


def _of_file(document: Document, actions: KnownActions) -> list[Problem]:
    return [*repeated_ids(document), *unknown_needs(document), *unknown_actions(document, actions)]


def _of_runbook(runbook: Runbook, document: Document, plan: PlanFile, actions: KnownActions) -> list[Problem]:
    known: RecoveryPlan | None = plan.rest
    return [
        *circles(runbook, document),
        *softened_points(runbook, document, actions),
        *lookups(runbook, document),
        *(step_rules(runbook, document, known) if known else ()),
        *_unsaid(parameters(runbook, document, known, plan.document, actions), plan),
    ]


def _unsaid(problems: Iterable[Problem], plan: PlanFile) -> list[Problem]:
    """Without what the plan was told of its own entries already."""
    said = {(problem.file, problem.line, problem.column) for problem in plan.problems if problem.level == "error"}
    return [problem for problem in problems if (problem.file, problem.line, problem.column) not in said]


def _repeated(files: list[RunbookFile]) -> tuple[set[str], list[Problem]]:
    """Ids that two files claim. Neither is used: nobody could tell which one a reviewer read."""
    first: dict[str, Document] = {}
    repeated: set[str] = set()
    problems = []
    for file in files:
        id = file.document.at(("runbook",))
        if isinstance(id, str) and first.setdefault(id, file.document) is not file.document:
            repeated.add(id)
            what = f"{first[id].file} is the runbook {id} too"
            problems.append(file.document.problem(("runbook",), what, "give each file its own id; none is used now"))
    return repeated, problems
