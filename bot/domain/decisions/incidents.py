"""Decisions about the incident as a whole: declare, roles, severity, and its way to closed."""

from collections.abc import Iterable
from datetime import datetime

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.decisions.world import World, going_on, near, the_incident
from bot.domain.errors import Refused
from bot.domain.incident import Incident
from bot.domain.plan import RecoveryPlan, Severity
from bot.domain.timeline import Event
from bot.domain.transitions import IncidentState, StepState

LONGEST_TITLE = 200
LONGEST_TEXT = 3000
BUSY = frozenset({StepState.RUNNING, StepState.IN_DOUBT, StepState.UNDOING})
CANCELABLE = frozenset({StepState.NOT_STARTED, StepState.READY, StepState.BLOCKED, StepState.PENDING_APPROVAL})


def declare(state: Incident | None, command: c.Declare, world: World) -> tuple[Event, ...]:
    """The incident begins, with the strictest objectives of its systems and the declarer as commander if in the plan."""
    plan = world.plan
    if state is not None:
        raise Refused(f"{state.id} is declared already.")
    title = text_of(command.title, "The title", LONGEST_TITLE)
    severity = _severity(command.severity, plan)
    systems = _systems(command.systems, plan)
    since = _since(command.since, world.now)
    _check_environment(command, plan)
    person = command.actor.person
    declared = e.IncidentDeclared(
        number=command.number,
        title=title,
        severity=command.severity,
        systems=systems,
        since=since,
        description=lines_of(command.description, "The description"),
        environment=command.environment,
        drill=command.drill,
        private=command.private,
        commander=person if person in plan.people else None,
        declarer=person,
        rto=min(plan.systems[s].objectives.rto for s in systems),
        rpo=min(plan.systems[s].objectives.rpo for s in systems),
        update_every=severity.updates.every if severity.updates else None,
        recovery_plan=plan.digest,
    )
    return (declared,)


def text_of(text: str, what: str, longest: int = LONGEST_TEXT) -> str:
    """A text that a person typed: not empty, not too long, without control characters; blanks are folded."""
    cleaned = " ".join("".join(ch if ch.isprintable() else " " for ch in text).split())
    if not cleaned:
        raise Refused(f"{what} is empty.", "Say in one line what you see.")
    if len(cleaned) > longest:
        raise Refused(f"{what} has {len(cleaned)} characters; at most {longest} are kept.", "Shorten it.")
    return cleaned


def optional_text(text: str, what: str) -> str:
    """A text that may be left out."""
    return text_of(text, what) if text.strip() else ""


def lines_of(text: str, what: str) -> str:
    """A text of several lines, which may be left out."""
    lines = (optional_text(line, what) for line in text.strip().splitlines())
    joined = "\n".join(lines)
    if len(joined) > LONGEST_TEXT:
        raise Refused(f"{what} has {len(joined)} characters; at most {LONGEST_TEXT} are kept.", "Shorten it.")
    return joined


def _severity(name: str, plan: RecoveryPlan) -> Severity:
    if name not in plan.severities:
        raise Refused(f"There is no severity {name}.", near(name, plan.severities))
    return plan.severities[name]


def _systems(names: Iterable[str], plan: RecoveryPlan) -> tuple[str, ...]:
    systems = tuple(dict.fromkeys(names))
    if not systems:
        raise Refused("No system is named.", near("", plan.systems))
    for name in systems:
        if name not in plan.systems:
            raise Refused(f"The recovery plan has no system {name}.", near(name, plan.systems))
    return systems


def _since(since: datetime | None, now: datetime) -> datetime:
    if since is None:
        return now
    if since > now:
        raise Refused("The incident can't begin in the future.", "Give --since as how long ago it began, such as 10m.")
    return since


def _check_environment(command: c.Declare, plan: RecoveryPlan) -> None:
    if command.environment not in plan.environments:
        raise Refused(
            f"The recovery plan has no environment {command.environment}.", near(command.environment, plan.environments)
        )
    if command.drill and command.environment == "production":
        raise Refused("A drill can't run in production.", "Name the environment that is made for it.")


def set_severity(state: Incident | None, command: c.SetSeverity, world: World) -> tuple[Event, ...]:
    incident = going_on(state)
    severity = _severity(command.severity, world.plan)
    if incident.severity == command.severity:
        raise Refused(f"{incident.id} is {command.severity} already.")
    every = severity.updates.every if severity.updates else None
    return (
        e.SeverityChanged(
            severity=command.severity, update_every=every, reason=optional_text(command.reason, "The reason")
        ),
    )


def assign(state: Incident | None, command: c.Assign, world: World) -> tuple[Event, ...]:
    incident = going_on(state)
    if command.person is not None and command.person not in world.plan.people:
        raise Refused(f"The recovery plan has no person {command.person}.", near(command.person, world.plan.people))
    if incident.roles.get(command.role) == command.person:
        raise Refused(f"{world.name(command.person)} is {command.role} already.")
    return (e.RoleAssigned(role=command.role, person=command.person),)


def note(state: Incident | None, command: c.Note, _: World) -> tuple[Event, ...]:
    the_incident(state)
    return (e.NoteAdded(text=text_of(command.text, "The note")),)


def subscribe(state: Incident | None, command: c.Subscribe, world: World) -> tuple[Event, ...]:
    """People of the plan get the updates by email, anybody else where they have an account."""
    incident = the_incident(state)
    person, account = command.actor.person, command.actor.slack
    if person in world.plan.people:
        event, again = e.Subscribed(person=person), person in incident.subscribers
    elif account is not None:
        event, again = e.Subscribed(account=account), any(reader.account == account for reader in incident.readers)
    else:
        raise Refused("Updates go to the people named in the recovery plan, and you are not one of them.")
    if again:
        raise Refused(f"You are subscribed to {incident.id} already.")
    return (event,)


def acknowledge(state: Incident | None, command: c.Acknowledge, _: World) -> tuple[Event, ...]:
    incident = the_incident(state)
    person = command.actor.person
    if person is None or person in incident.acknowledged:
        raise Refused(f"You have acknowledged {incident.id} already.")
    return (e.Acknowledged(person=person),)


def mitigate(state: Incident | None, _: c.Mitigate, __: World) -> tuple[Event, ...]:
    incident = the_incident(state)
    if incident.state is not IncidentState.ACTIVE:
        raise Refused(f"{incident.id} is {incident.state}; only an active incident can be mitigated.")
    return (e.IncidentMitigated(),)


def resolve(state: Incident | None, command: c.Resolve, _: World) -> tuple[Event, ...]:
    """Resolving from active records first that users are served again."""
    incident = the_incident(state)
    if not incident.is_open:
        raise Refused(f"{incident.id} is {incident.state} already.")
    _refuse_while_busy(incident, "resolved")
    sections = {name: lines_of(text, f"The section {name}") for name, text in command.sections.items()}
    resolved = e.IncidentResolved(sections=sections, text=command.text)
    return (e.IncidentMitigated(), resolved) if incident.state is IncidentState.ACTIVE else (resolved,)


def close(state: Incident | None, _: c.Close, __: World) -> tuple[Event, ...]:
    incident = the_incident(state)
    if incident.state is not IncidentState.RESOLVED:
        raise Refused(
            f"{incident.id} is {incident.state}; only a resolved incident can be closed.", "Resolve it first."
        )
    _refuse_while_busy(incident, "closed")
    return (*stop_runs(incident, "The incident was closed."), e.IncidentClosed())


def cancel(state: Incident | None, command: c.Cancel, _: World) -> tuple[Event, ...]:
    incident = the_incident(state)
    if not incident.is_open:
        raise Refused(f"{incident.id} is {incident.state}; only an open incident can be canceled.")
    _refuse_while_busy(incident, "canceled")
    reason = text_of(command.reason, "The reason")
    return (*stop_runs(incident, reason), e.IncidentCanceled(reason=reason))


def reopen(state: Incident | None, command: c.Reopen, _: World) -> tuple[Event, ...]:
    incident = the_incident(state)
    if incident.state is IncidentState.ACTIVE:
        raise Refused(f"{incident.id} is active already. Nothing was done.")
    return (e.IncidentReopened(reason=text_of(command.reason, "The reason")),)


def _refuse_while_busy(incident: Incident, what: str) -> None:
    """A change that is under way has to end first; a check may go on, it only looks."""
    for run, step in incident.every_step():
        if step.state in BUSY and step.definition.kind == "action":
            raise Refused(
                f"{run.id}/{step.id} is {step.state.replace('_', ' ')}: {incident.id} can't be {what} yet.",
                "Settle it first." if step.state is StepState.IN_DOUBT else "Wait until it has ended.",
            )


def stop_runs(incident: Incident, reason: str) -> tuple[Event, ...]:
    """The events that stop every run which is not over; a change that is under way goes on to its end."""
    return tuple(
        event
        for run in incident.runs.values()
        if not run.is_over
        for event in (
            e.RunStopped(run=run.id, reason=reason),
            *(
                e.StepCanceled(run=run.id, step=step.id, attempt=step.attempt, reason=reason)
                for step in run.steps.values()
                if step.state in CANCELABLE or (step.state is StepState.RUNNING and step.definition.kind == "check")
            ),
        )
    )
