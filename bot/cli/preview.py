"""dr preview: what a runbook would do for a system, or what a template would say. Nothing is looked at and nothing is done."""

from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from bot.actions.registry import ACTIONS, CHECKS
from bot.cli import completion
from bot.cli.errors import WrongUsage
from bot.cli.options import Json
from bot.cli.output import Output, joined, numbered, text, value_text
from bot.cli.session import opener
from bot.comms.failure import TemplateFailed
from bot.comms.preview import preview as rendered
from bot.config.checking import Configuration, Paths, load
from bot.domain.approvals import eligible, rule_for
from bot.domain.decisions.world import near
from bot.domain.durations import format_duration
from bot.domain.errors import Refused
from bot.domain.lookups import LookupFailed, resolve
from bot.domain.plan import RecoveryPlan
from bot.domain.runbook import Runbook, Step
from bot.domain.scope import system_values, target_values


def preview(
    ctx: typer.Context,
    runbook: Annotated[str | None, typer.Argument(metavar="[RUNBOOK]", autocompletion=completion.runbooks)] = None,
    system: Annotated[str | None, typer.Argument(metavar="[SYSTEM]", autocompletion=completion.systems)] = None,
    template: Annotated[
        str | None, typer.Option(metavar="NAME", help="A template instead, of a made-up incident.")
    ] = None,
    environment: Annotated[
        str, typer.Option(metavar="E", help="Where.", autocompletion=completion.environments)
    ] = "production",
    json: Json = False,
) -> None:
    """Show a runbook's steps as they would be for a system, or a template's message of a made-up incident.

    Example: dr preview regional-failover customer-database
    """
    settings = opener(ctx).settings
    loaded = load(Paths(settings.plan, settings.runbooks, settings.templates), {**ACTIONS, **CHECKS})
    out = Output(as_json=json)
    if template is not None:
        show_template(out, loaded, template, settings.url)
    elif runbook is None or system is None:
        raise WrongUsage(
            "Name a runbook and a system, or a template: dr preview RUNBOOK SYSTEM, dr preview --template NAME."
        )
    else:
        show_runbook(out, loaded, runbook, system, environment)


def show_template(out: Output, loaded: Configuration, name: str, url: str) -> None:
    """Each text of the template."""
    if name not in loaded.templates:
        raise Refused(f"No template {name} is loaded.", near(name, loaded.templates))
    try:
        texts = rendered(loaded.templates[name], loaded.plan, url)
    except TemplateFailed as failure:
        raise Refused(str(failure), "Mend the template, then look again.") from None
    out.data(texts)
    if not out.as_json:
        for piece, words in texts.items():
            out.show(text(piece, "bold"), text(words), Text())


def show_runbook(out: Output, loaded: Configuration, name: str, system: str, environment: str) -> None:
    """Each step, with its parameters as far as they are known beforehand."""
    plan = loaded.plan
    if name not in loaded.runbooks:
        raise Refused(f"No runbook {name} is loaded.", near(name, loaded.runbooks))
    if system not in plan.systems:
        raise Refused(f"The recovery plan has no system {system}.", near(system, plan.systems))
    if environment not in plan.environments:
        raise Refused(f"The recovery plan has no environment {environment}.", near(environment, plan.environments))
    runbook = loaded.runbooks[name]
    scope = {
        "system": system_values(plan, system),
        "target": target_values(plan, system, environment),
        "inputs": {name: given.default for name, given in runbook.inputs.items()},
    }
    facts = [step_facts(runbook, step, plan, scope) for step in runbook.steps]
    out.data({"runbook": name, "system": system, "environment": environment, "steps": facts})
    if not out.as_json:
        place = text(f"{plan.systems[system].title} in {environment}", "dim")
        out.show(joined([text(runbook.title, "bold"), place]), Text(), steps_table(facts, plan))


def step_facts(runbook: Runbook, step: Step, plan: RecoveryPlan, scope: dict[str, Any]) -> dict[str, Any]:
    """One step: what it does, what it waits for, who approves it."""
    action = ACTIONS.get(step.action or "")
    gated = action is not None and (action.gated or step.approval is not None)
    rule = rule_for(plan.approvals, step.approval) if gated else None
    calls = {"action": step.action} if step.action else {"checks": [call.check for call in step.calls]}
    return {
        "id": step.id,
        "title": step.title,
        "kind": step.kind,
        **(calls if step.kind != "manual" else {"manual": step.manual}),
        "needs": list(runbook.needs(step.id)),
        "when": step.when,
        "expected": step.expected.total_seconds() if step.expected else None,
        "parameters": known(step.with_, scope) or [known(call.with_, scope) for call in step.checks or ()],
        "required": rule.required if rule else 0,
        "approvers": list(eligible(rule, plan, (), None)) if rule else [],
        "point_of_no_return": bool(step.point_of_no_return) or bool(action and action.point_of_no_return),
    }


def known(value: Any, scope: dict[str, Any]) -> Any:
    """A value with the look-ups that lead somewhere already; the others stay as they are written."""
    if isinstance(value, dict):
        return {key: known(item, scope) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [known(item, scope) for item in value]
    try:
        return resolve(value, scope)
    except LookupFailed:
        return value


def steps_table(facts: list[dict[str, Any]], plan: RecoveryPlan) -> RenderableType:
    """The steps, each with what there is to know of it."""
    blocks = []
    for position, step in enumerate(facts, start=1):
        what = step.get("action") or ", ".join(step.get("checks", ())) or "by hand"
        line = joined([text(step["id"], "bold"), text(step["title"]), text(what, "cyan")])
        blocks.append(numbered(position, line, *(text(detail, "dim") for detail in step_lines(step, plan))))
    return Group(*blocks)


def step_lines(step: dict[str, Any], plan: RecoveryPlan) -> list[str]:
    """What stands below a step's title."""
    words = [f"after {', '.join(step['needs'])}"] if step["needs"] else []
    words += [f"about {format_duration(timedelta(seconds=step['expected']))}"] if step["expected"] else []
    words += [f"only {step['when']}"] if step["when"] else []
    lines = [", ".join(words)] if words else []
    if step["required"]:
        people = ", ".join(plan.people[person].name for person in step["approvers"])
        lines.append(f"needs {step['required']} of {people}")
    if step["point_of_no_return"]:
        lines.append("cannot be undone")
    parameters = step["parameters"]
    given = parameters.items() if isinstance(parameters, dict) else enumerate(parameters, start=1)
    return [*lines, *(f"{name} = {value_text(value)}" for name, value in given)]
