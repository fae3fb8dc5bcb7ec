"""What the shell offers at TAB. Where nothing can be read, nothing is offered."""

from collections.abc import Callable, Iterable

import typer

from bot.cli.session import opener
from bot.domain.addresses import incident_id
from bot.domain.errors import DRError
from bot.domain.problems import ConfigurationError
from bot.engine.desk import Desk

Offers = Iterable[tuple[str, str]]


def _offering(ctx: typer.Context, incomplete: str, offers: Callable[[Desk], Offers]) -> list[tuple[str, str]]:
    try:
        return [offer for offer in offers(opener(ctx).services.desk) if offer[0].lower().startswith(incomplete.lower())]
    except (DRError, ConfigurationError):
        return []


def incidents(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The open incidents, by title."""
    return _offering(ctx, incomplete, lambda desk: ((row.id, row.title) for row in desk.incidents()))


def steps(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The steps of the incident that stands before them."""

    def of_incident(desk: Desk) -> Offers:
        incident = desk.find(incident_id(ctx.params.get("incident") or ""))
        names = [step.id for _, step in incident.every_step()]
        for run, step in incident.every_step():
            name = step.id if names.count(step.id) == 1 else f"{run.id}/{step.id}"
            yield name, f"{step.definition.title} ({step.state})"

    return _offering(ctx, incomplete, of_incident)


def runs(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The runs of the incident that stands before them."""

    def of_incident(desk: Desk) -> Offers:
        incident = desk.find(incident_id(ctx.params.get("incident") or ""))
        return ((run.id, f"{run.runbook.title} ({run.state})") for run in incident.runs.values())

    return _offering(ctx, incomplete, of_incident)


def people(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The people of the recovery plan."""
    return _offering(ctx, incomplete, lambda desk: ((id, person.name) for id, person in desk.plan.people.items()))


def severities(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The severities of the recovery plan."""
    return _offering(ctx, incomplete, lambda desk: ((id, one.title) for id, one in desk.plan.severities.items()))


def systems(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The systems of the recovery plan; behind a comma the next one."""
    before, comma, rest = incomplete.rpartition(",")
    offers = _offering(ctx, rest, lambda desk: ((id, one.title) for id, one in desk.plan.systems.items()))
    return [(f"{before}{comma}{id}", title) for id, title in offers]


def environments(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The environments in which a drill may run."""
    return _offering(ctx, incomplete, lambda desk: ((id, "") for id in desk.plan.environments if id != "production"))


def runbooks(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The runbooks that are loaded."""
    return _offering(ctx, incomplete, lambda desk: ((id, one.title) for id, one in desk.runbooks.items()))
