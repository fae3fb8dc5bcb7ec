"""Whether the parameters of each step fit their action, for every system and environment that the runbook may serve.

What is known only while a run goes on (the incident, results of steps, inputs without a default) is not judged. What
fits nowhere is an error; what fits in one environment and not in another is a warning about the other.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ValidationError

from bot.config.document import Document, Loc, inside
from bot.config.known_actions import KnownActions
from bot.config.misfits import Misfit, misfits
from bot.config.step_checks import calls_of, located
from bot.domain.durations import UNITS_REQUIRED
from bot.domain.lookups import LookupFailed, paths, resolve, whole
from bot.domain.model import JsonValue
from bot.domain.plan import RecoveryPlan
from bot.domain.problems import Problem
from bot.domain.runbook import Runbook
from bot.domain.scope import system_values, target_values
from bot.domain.targets import only_listed


class Use(NamedTuple):
    """One system in one environment that a runbook may serve, and what its look-ups find there."""

    system: str
    environment: str
    scope: Mapping[str, Any]

    def __str__(self) -> str:
        return f"for {self.system} in {self.environment}"


class _Unknown(str):
    """Stands for a value that only a run can know; a text, so that no model's own validator trips over it."""


UNKNOWN = _Unknown()
WRONG_THING = 3
"""So many misfits in one looked-up entry mean that another one was meant."""


def parameters(
    runbook: Runbook, document: Document, plan: RecoveryPlan | None, plan_document: Document, actions: KnownActions
) -> Iterator[Problem]:
    """Everything that is wrong with the parameters of a runbook's steps."""
    found = list(_uses(runbook, plan)) if plan else []
    for step, stands in located(runbook, document):
        for name, given, loc in calls_of(step, stands):
            if name in actions:
                judge = _Judge(actions[name].params, given, loc, document, plan_document)
                yield from judge.problems(found or [Use("", "", _inputs(runbook))])


def _uses(runbook: Runbook, plan: RecoveryPlan) -> Iterator[Use]:
    for id, system in plan.systems.items():
        for name, environment in plan.environments.items():
            if runbook.id in system.runbooks and environment.targets.get(id):
                values = {"system": system_values(plan, id, "python"), "target": target_values(plan, id, name)}
                yield Use(id, name, {**_inputs(runbook), **values})


def _inputs(runbook: Runbook) -> dict[str, Any]:
    known = {name: given.default for name, given in runbook.inputs.items() if given.default is not None}
    return {"inputs": known}


class _Judge:
    def __init__(
        self, model: type[BaseModel], given: dict[str, Any], loc: Loc, document: Document, plan_document: Document
    ) -> None:
        self._model, self._given, self._loc = model, given, loc
        self._document, self._plan_document = document, plan_document

    def problems(self, uses: list[Use]) -> Iterator[Problem]:
        """What doesn't fit, each thing once: an error if it fits in none of the uses."""
        found: dict[Misfit, list[Use]] = {}
        for use in uses:
            for misfit in dict.fromkeys(self._misfits(use)):
                found.setdefault(misfit, []).append(use)
        failing = {use[:2] for where in found.values() for use in where}
        for misfit, where in found.items():
            fits_elsewhere = len(failing) < len(uses)
            yield self._problem(misfit, where, is_warning=fits_elsewhere)

    def _misfits(self, use: Use) -> Iterator[Misfit]:
        failed: list[Misfit] = []
        value = _resolved(self._given, use.scope, (), failed)
        yield from failed
        unknown = [loc for loc, part in _parts(value, ()) if part is UNKNOWN] + [misfit.loc for misfit in failed]
        try:
            self._model.model_validate(value, context=UNITS_REQUIRED | only_listed(self._targets(value)))
        except ValidationError as error:
            found = [
                one for one in misfits(error, value, self._model) if not any(_related(one, loc) for loc in unknown)
            ]
            yield from self._gathered(found)

    def _targets(self, value: Any) -> Iterator[JsonValue]:
        """What was looked up as a target; one that is written out in a runbook counts as listed nowhere."""
        for loc, part in _parts(self._given, ()):
            if (whole(part) or "").startswith("target."):
                yield _at(value, loc)

    def _gathered(self, found: list[Misfit]) -> Iterator[Misfit]:
        """What misfits altogether is the wrong thing looked up, and said once, where it is looked up."""
        at: dict[Loc, list[Misfit]] = {}
        for misfit in found:
            at.setdefault(self._looked_up(misfit.loc) or misfit.loc, []).append(misfit)
        for loc, misfits_there in at.items():
            if len(misfits_there) < WRONG_THING:
                yield from misfits_there
            else:
                first = f"{_path(misfits_there[0].loc)}: {misfits_there[0].message}"
                yield Misfit(loc, f"that is not what {loc[-1]} takes ({first}, and more)", "look up another entry")

    def _looked_up(self, loc: Loc) -> Loc | None:
        """The place of the whole look-up that a part came through, if it did."""
        part: Any = self._given
        for place, step in enumerate(loc):
            if whole(part) is not None:
                return loc[:place]
            part = inside(part, step)
        return None

    def _problem(self, misfit: Misfit, where: list[Use], *, is_warning: bool) -> Problem:
        level: Literal["error", "warning"] = "warning" if is_warning else "error"
        message = misfit.message if not where[0].system else f"{misfit.message}, {where[0]}"
        document, loc = self._origin(misfit.loc, where[0])
        return document.problem(loc, message, misfit.fix, level=level, key=misfit.at_key)

    def _origin(self, loc: Loc, use: Use) -> tuple[Document, Loc]:
        """Where the part was written: in the runbook, or in the plan where a whole look-up led."""
        through = self._looked_up(loc)
        if through is None:
            return self._document, (*self._loc, *loc)
        origin = _in_plan(str(whole(_at(self._given, through))), use)
        if origin is None:
            return self._document, (*self._loc, *through)
        return self._plan_document, (*origin, *loc[len(through) :])


def _resolved(value: Any, scope: Mapping[str, Any], loc: Loc, failed: list[Misfit]) -> Any:
    if isinstance(value, dict):
        return {key: _resolved(item, scope, (*loc, key), failed) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_resolved(item, scope, (*loc, place), failed) for place, item in enumerate(value)]
    if not _is_known(value, scope):
        return UNKNOWN
    try:
        return resolve(value, scope)
    except LookupFailed as failure:
        failed.append(Misfit(loc, str(failure), "add it to the plan, or correct the look-up"))
        return UNKNOWN


def _is_known(value: Any, scope: Mapping[str, Any]) -> bool:
    """Whether all look-ups in a value can be followed now; one that is wrong wherever the runbook is used counts as not."""
    try:
        found = [path.split(".") for path in paths(value)]
    except LookupFailed:
        return False
    return all(root in scope and (root == "target" or (bool(rest) and rest[0] in scope[root])) for root, *rest in found)


def _parts(value: Any, loc: Loc) -> Iterator[tuple[Loc, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _parts(item, (*loc, key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _parts(item, (*loc, place))
    else:
        yield loc, value


def _related(misfit: Misfit, unknown: Loc) -> bool:
    """Whether a misfit may come from a value that isn't known: beside, above or below it, but for a key as such."""
    if misfit.at_key or (misfit.message.endswith("is missing") and misfit.loc != unknown):
        return False
    shortest = min(len(misfit.loc), len(unknown))
    return misfit.loc[:shortest] == unknown[:shortest]


def _at(value: Any, loc: Loc) -> Any:
    for step in loc:
        value = inside(value, step)
    return value


def _path(loc: Loc) -> str:
    return ".".join(str(step) for step in loc)


def _in_plan(path: str, use: Use) -> Loc | None:
    root, *rest = path.split(".")
    if root == "target":
        return ("environments", use.environment, "targets", use.system, *rest)
    if root == "system" and rest[:1] != ["backup"]:
        return ("systems", use.system, *rest)
    return None
