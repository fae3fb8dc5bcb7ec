"""dr check, schema, actions: the files that people write, and what they may name. None of these needs the database."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.table import Table

from bot.actions.registry import ACTIONS, CHECKS
from bot.cli.options import Json
from bot.cli.output import Output, text
from bot.cli.session import opener
from bot.config.checking import Paths
from bot.config.checking import check as problems_of
from bot.config.schemas import schemas
from bot.domain.decisions.world import near
from bot.domain.errors import Refused
from bot.domain.model import canonical
from bot.engine.ports import Action, Check

EVERY: Mapping[str, Action[Any, Any] | Check[Any]] = {**ACTIONS, **CHECKS}


def check(ctx: typer.Context, json: Json = False) -> None:
    """Check plan.yml, runbooks/ and templates/: every error and every doubt, with its place and how to mend it.

    Example: dr check
    """
    out = Output(as_json=json)
    settings = opener(ctx).settings
    found = problems_of(Paths(settings.plan, settings.runbooks, settings.templates), EVERY)
    errors = sum(problem.level == "error" for problem in found)
    out.data([problem.model_dump(mode="json") for problem in found])
    if not json:
        out.say(*map(str, found), summary(errors, len(found) - errors))
    if errors:
        raise typer.Exit(2)


def summary(errors: int, warnings: int) -> str:
    """`2 errors, 1 warning.`"""
    if not errors and not warnings:
        return "Everything fits."
    return f"{_counted(errors, 'error')}, {_counted(warnings, 'warning')}."


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def schema(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="plan, runbook or template.")] = None,
    _json: Annotated[bool, typer.Option("--json", help="It is JSON in any case.")] = False,
) -> None:
    """Write the JSON Schema of a format, with which an editor completes and checks while you type.

    Example: dr schema plan > plan.schema.json
    """
    known = schemas()
    if name is not None and name not in known:
        raise Refused(f"There is no format {name}.", near(name, known))
    Output(as_json=True).data(known[name] if name else known)


def actions(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One of them, with its parameters.")] = None,
    json: Json = False,
) -> None:
    """List what a runbook's steps can do and ask, or show the parameters of one.

    Example: dr actions route53.weights
    """
    out = Output(as_json=json)
    if name is None:
        out.data([facts(one) for one in EVERY.values()])
        if not json:
            out.show(overview())
        return
    if name not in EVERY:
        raise Refused(f"There is no action or check {name}.", near(name, EVERY))
    chosen = EVERY[name]
    out.data({**facts(chosen), "parameters": chosen.params.model_json_schema(by_alias=True)})
    if not json:
        out.say(f"{chosen.name}: {chosen.summary}", *traits(chosen))
        out.show(parameters(chosen))


def facts(one: Action[Any, Any] | Check[Any]) -> dict[str, object]:
    """What an action or a check declares of itself."""
    gated = isinstance(one, Action) and one.gated
    return {
        "name": one.name,
        "kind": one.kind,
        "summary": one.summary,
        "gated": gated,
        "point_of_no_return": one.point_of_no_return,
        "undoable": isinstance(one, Action) and one.undo is not None,
    }


def traits(one: Action[Any, Any] | Check[Any]) -> list[str]:
    """The same in words."""
    if isinstance(one, Check):
        return ["It only looks."]
    approvals = "It needs approvals." if one.gated else "It needs no approval, for it changes nothing that matters."
    way_back = "It can be undone." if one.undo else "It can't be undone by the bot."
    return [approvals, "It is a point of no return." if one.point_of_no_return else way_back]


def overview() -> Table:
    """All of them, one a line."""
    table = Table.grid(padding=(0, 3, 0, 0))
    for one in EVERY.values():
        table.add_row(text(one.name, "bold"), text(one.kind, "dim"), text(one.summary))
    return table


def parameters(one: Action[Any, Any] | Check[Any]) -> Table:
    """The parameters of one: name, whether it must be given, type, and what it is."""
    described = one.params.model_json_schema(by_alias=True)
    table = Table.grid(padding=(0, 3, 0, 0))
    for name, field in described.get("properties", {}).items():
        needed = "required" if name in described.get("required", ()) else f"default {_default(field.get('default'))}"
        table.add_row(text(name, "bold"), text(needed, "dim"), text(_type(field)), text(field.get("description", "")))
    return table


def _default(value: object) -> str:
    """As it would be written in a runbook."""
    return "none" if value in (None, "", [], {}) else canonical(value)


def _type(field: Mapping[str, Any]) -> str:
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    options = field.get("anyOf", ())
    return " or ".join(map(_type, options)) if options else str(field.get("type", field.get("const", "any")))
