"""What a person leaves out because only one thing can be meant: the system of a runbook; and inputs as they are typed."""

from collections.abc import Iterable, Mapping

from bot.domain.decisions.world import near
from bot.domain.errors import Refused
from bot.domain.incident import Incident
from bot.domain.model import JsonValue
from bot.domain.plan import RecoveryPlan
from bot.domain.problems import Unfit
from bot.domain.runbook import Runbook


def the_runbook(runbooks: Mapping[str, Runbook], name: str) -> Runbook:
    """The runbook of that name; raises Refused."""
    if name not in runbooks:
        raise Refused(f"No runbook {name} is loaded.", near(name, runbooks))
    return runbooks[name]


def systems_of(plan: RecoveryPlan, runbook: str, systems: tuple[str, ...]) -> tuple[str, ...]:
    """The systems that a runbook is for: the only one, or each that lists it; raises Refused."""
    if len(systems) == 1:
        return systems
    found = tuple(system for system in systems if system in plan.systems and runbook in plan.systems[system].runbooks)
    if not found:
        raise Refused(f"None of these systems lists the runbook {runbook}.", "Declare first, then: dr start.")
    return found


def the_system(plan: RecoveryPlan, incident: Incident, runbook: str, named: str | None) -> str:
    """The system that is named, the only one, or the only one that lists the runbook; raises Refused."""
    if named is not None:
        return named
    if len(incident.systems) == 1:
        return incident.systems[0]
    known = plan.systems
    listing = [system for system in incident.systems if system in known and runbook in known[system].runbooks]
    if len(listing) == 1:
        return listing[0]
    raise Refused(f"{incident.id} is about {', '.join(incident.systems)}.", "Say for which: --system S.")


def read_input(runbook: Runbook, name: str, text: str) -> JsonValue:
    """One value as the runbook's input reads it; raises Refused."""
    if name not in runbook.inputs:
        raise Refused(f"{runbook.id} has no input {name}.", near(name, runbook.inputs))
    try:
        return runbook.inputs[name].read(text)
    except Unfit as unfit:
        raise Refused(f"The input {name}: {unfit.what}.", f"{unfit.fix}.".capitalize()) from None


def pairs(given: Iterable[str]) -> Iterable[tuple[str, str]]:
    """`NAME=VALUE` taken apart; raises Refused."""
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise Refused(f"{pair!r} names no value.", "Write it like NAME=VALUE.")
        yield name.strip(), value
