"""What a step is about: its parameters, looked up in the recovery plan and the incident, and the facts of its place."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from bot.domain.incident import Incident, Run, StepRun
from bot.domain.lookups import LookupFailed, resolve
from bot.domain.model import JsonValue
from bot.domain.plan import Environment, RecoveryPlan
from bot.domain.runbook import CheckCall
from bot.domain.targets import only_listed
from bot.domain.timeline import moment
from bot.engine.ports import Earlier, StepFacts, Unavailable

P = TypeVar("P", bound=BaseModel)


def token(incident: Incident, run: Run, step: StepRun) -> str:
    """The attempt's name for ever, as other systems see it."""
    return f"{incident.id}/{run.id}/{step.id}/{step.attempt}"


def step_facts(incident: Incident, run: Run, step: StepRun, plan: RecoveryPlan) -> StepFacts:
    """Where a look or a call belongs; raises Unavailable where the recovery plan no longer knows the place."""
    if run.environment not in plan.environments or run.system not in plan.systems:
        raise Unavailable(f"The recovery plan no longer knows {run.system} in {run.environment}.")
    return StepFacts(
        incident=incident.id,
        run=run.id,
        step=step.id,
        attempt=step.attempt,
        token=token(incident, run, step),
        environment=run.environment,
        environment_facts=plan.environments[run.environment],
        system=run.system,
        system_facts=plan.systems[run.system],
        recovery_plan=plan,
        drill=incident.drill,
        severity=incident.severity,
        earlier=tuple(_earlier(other) for other in run.steps.values() if other.is_met and other.ended_at),
        told=incident.told,
        result=step.result,
        saved=step.done_plan.saved if step.done_plan else {},
    )


def _earlier(step: StepRun) -> Earlier:
    assert step.ended_at is not None
    return Earlier(step.id, step.definition.action or "", step.outcome, step.ended_at, step.result, step.evidence)


def scope(incident: Incident, run: Run, plan: RecoveryPlan) -> dict[str, JsonValue]:
    """What `${…}` can name: incident, system, target, inputs, and the results of the steps that have ended."""
    system = plan.systems[run.system]
    described = system.model_dump(mode="json", by_alias=True) | {"id": run.system}
    if system.backup is not None:
        described["backup"] = plan.backup_policies[system.backup].model_dump(mode="json", by_alias=True)
    return {
        "incident": {
            "id": incident.id,
            "number": incident.number,
            "title": incident.title,
            "severity": incident.severity,
            "drill": incident.drill,
            "since": moment(incident.since),
        },
        "system": described,
        "target": dict(plan.environments[run.environment].targets.get(run.system, {})),
        "inputs": dict(run.inputs),
        "steps": {s.id: {"result": dict(s.result)} for s in run.steps.values() if s.is_met},
    }


def parameters(incident: Incident, run: Run, step: StepRun, plan: RecoveryPlan) -> dict[str, JsonValue]:
    """An action's or check's parameters with everything looked up; raises Unavailable where something is missing."""
    return _resolved({**step.definition.with_, **step.overrides}, incident, run, plan)


def check_parameters(call: CheckCall, incident: Incident, run: Run, plan: RecoveryPlan) -> dict[str, JsonValue]:
    """The parameters of one check of several."""
    return _resolved(dict(call.with_), incident, run, plan)


def _resolved(raw: Mapping[str, JsonValue], incident: Incident, run: Run, plan: RecoveryPlan) -> dict[str, JsonValue]:
    try:
        found = resolve(dict(raw), scope(incident, run, plan))
    except LookupFailed as missing:
        raise Unavailable(str(missing)) from missing
    assert isinstance(found, dict)
    return found


def typed(model: type[P], raw: Mapping[str, JsonValue], environment: Environment) -> P:
    """Parameters as their model; raises Unavailable with every misfit in one line, targets of elsewhere among them."""
    try:
        return model.model_validate(dict(raw), context=only_listed(environment.targets.values()))
    except ValidationError as misfit:
        errors = misfit.errors(include_url=False, include_input=False)
        found = "; ".join(f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in errors)
        raise Unavailable(f"The parameters do not fit: {found}.") from misfit
