"""Looking at the world for a step: a fresh plan, a verdict, a settlement. Nothing here changes anything."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from pydantic import BaseModel

from bot.domain.changes import Plan, Settlement, Verdict
from bot.domain.durations import parse_duration
from bot.domain.errors import DRError
from bot.domain.incident import Incident, Run, StepRun
from bot.domain.model import JsonValue
from bot.domain.plan import RecoveryPlan
from bot.engine.facts import check_parameters, parameters, step_facts, typed
from bot.engine.ports import Action, Context, Contexts, MayChange, Registry, Unavailable

log = structlog.get_logger()
VERIFY_FOR = timedelta(minutes=5)  # how long a call may take to show, where the step has no timeout


@contextmanager
def edge(what: str) -> Iterator[None]:
    """The edge to the actions' looks: what they did not expect is unknown too. Raises Unavailable."""
    try:
        yield
    except DRError:
        raise
    except Exception as error:
        log.exception("look_failed", what=what)
        first_line = str(error).splitlines()[0] if str(error) else ""
        raise Unavailable(f"The look at {what} failed: {type(error).__name__} {first_line}".strip()) from error


@dataclass(frozen=True)
class Looker:
    """Looks with this replica's own recovery plan."""

    plan: RecoveryPlan
    registry: Registry
    contexts: Contexts

    def fresh(self, incident: Incident, run: Run, step: StepRun) -> Plan:
        """What the step would do now; raises Unavailable."""
        action = self._action(step)
        context = self._context(incident, run, step)
        raw = parameters(incident, run, step, self.plan)
        params = typed(action.params, raw, context.facts.environment_facts)
        with edge(step.id):
            facts = action.observe(params, context)
            plan = self._planned(action, step, params, facts)
        point = bool(step.definition.point_of_no_return) and not step.undo
        return plan.model_copy(update={"parameters": raw, "point_of_no_return": plan.point_of_no_return or point})

    def _planned(self, action: Action[Any, Any], step: StepRun, params: BaseModel, facts: Any) -> Plan:
        if not step.undo:
            return action.plan(params, facts)
        if action.undo is None or step.done_plan is None:
            raise Unavailable(f"{action.name} has no undo.")
        return action.undo(params, step.done_plan, facts)

    def _context(self, incident: Incident, run: Run, step: StepRun, may_change: MayChange | None = None) -> Context:
        return self.contexts(step_facts(incident, run, step, self.plan), may_change)

    def _action(self, step: StepRun) -> Action[Any, Any]:
        name = step.definition.action or ""
        if name not in self.registry.actions:
            raise Unavailable(f"This bot does not have the action {name}.")
        return self.registry.actions[name]

    def prepared(
        self, incident: Incident, run: Run, step: StepRun, may_change: MayChange | None = None
    ) -> tuple[Action[Any, Any], Plan, BaseModel, Context]:
        """What was approved, ready to be looked at, or with `may_change` to be called; raises Unavailable. Makes no call."""
        action = self._action(step)
        if step.plan is None:
            raise Unavailable("Its plan is missing.")
        context = self._context(incident, run, step, may_change)
        params = typed(action.params, step.plan.parameters, context.facts.environment_facts)
        return action, step.plan, params, context

    def verdict(self, incident: Incident, run: Run, step: StepRun) -> Verdict:
        """Does it hold? Raises Unavailable where that can't be known."""
        if step.definition.kind == "action":
            action, plan, params, context = self.prepared(incident, run, step)
            with edge(step.id):
                return action.verify(params, plan, context)
        context = self._context(incident, run, step)
        if step.definition.check:
            return self._check(step.definition.check, parameters(incident, run, step, self.plan), context)
        verdicts = {}
        for number, call in enumerate(step.definition.checks or (), start=1):
            try:
                raw = check_parameters(call, incident, run, self.plan)
                verdicts[f"{number}. {call.check}"] = self._check(call.check, raw, context)
            except Unavailable as unknown:
                verdicts[f"{number}. {call.check}"] = Verdict(holds=None, finding=str(unknown))
        return together(verdicts)

    def _check(self, name: str, raw: Mapping[str, JsonValue], context: Context) -> Verdict:
        if name not in self.registry.checks:
            raise Unavailable(f"This bot does not have the check {name}.")
        check = self.registry.checks[name]
        params = typed(check.params, raw, context.facts.environment_facts)
        with edge(name):
            return check.look(params, context)

    def hold(self, incident: Incident, run: Run, step: StepRun) -> timedelta | None:
        """How long a check must have held."""
        if step.definition.kind != "check" or "hold" not in step.definition.with_:
            return None
        value = parameters(incident, run, step, self.plan).get("hold")
        return parse_duration(str(value)) if value is not None else None

    def settlement(self, incident: Incident, run: Run, step: StepRun) -> Settlement:
        """What became of a call in doubt, as far as the world shows."""
        try:
            action, plan, params, context = self.prepared(incident, run, step)
            with edge(step.id):
                return action.settle(params, plan, context)
        except Unavailable as unknown:
            return Settlement(outcome="unknown", finding=str(unknown))


def patience(step: StepRun) -> timedelta:
    """How long looks go on before a verdict is final: a check without a timeout is asked once."""
    if step.definition.timeout is not None:
        return step.definition.timeout
    return timedelta(0) if step.definition.kind == "check" else VERIFY_FOR


def together(verdicts: Mapping[str, Verdict]) -> Verdict:
    """Several checks as one: all must hold; one that does not decides before one that can't know."""
    holds = [v.holds for v in verdicts.values()]
    whole = False if False in holds else None if None in holds else True
    bad = [f"{name}: {v.finding}" for name, v in verdicts.items() if v.holds is not True]
    green = f"{holds.count(True)} of {len(holds)} checks hold."
    return Verdict(
        holds=whole,
        finding=" ".join([green, *bad]),
        evidence={name: {"holds": v.holds, "finding": v.finding, **v.evidence} for name, v in verdicts.items()},
        risks=tuple(risk for v in verdicts.values() for risk in v.risks),
    )
