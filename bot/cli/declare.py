"""dr declare: an incident begins."""

from typing import Annotated

import typer

from bot.cli import completion
from bot.cli.options import Json, Key, RequestId, Who, Yes
from bot.cli.results import incident_result
from bot.cli.session import Session
from bot.cli.speaker import Speaker
from bot.domain.choices import systems_of, the_runbook
from bot.domain.commands import Declare, Start
from bot.domain.errors import Refused
from bot.domain.incident import Incident
from bot.store.streams import key_seen


def declare(
    ctx: typer.Context,
    severity: Annotated[
        str, typer.Argument(metavar="SEVERITY", help="sev1, sev2, …", autocompletion=completion.severities)
    ],
    systems: Annotated[
        str,
        typer.Argument(
            metavar="SYSTEM[,SYSTEM]", help="What is affected, by its id.", autocompletion=completion.systems
        ),
    ],
    title: Annotated[list[str], typer.Argument(metavar="TITLE…", help="What you see, in one line.")],
    since: Annotated[
        str | None, typer.Option(metavar="WHEN", help="When it began: 10m (ago), 03:01, or RFC 3339.")
    ] = None,
    runbook: Annotated[
        str | None,
        typer.Option(metavar="R", help="Start this runbook at once.", autocompletion=completion.runbooks),
    ] = None,
    drill: Annotated[
        str | None,
        typer.Option(
            metavar="ENVIRONMENT", help="A drill, in this environment.", autocompletion=completion.environments
        ),
    ] = None,
    private: Annotated[bool, typer.Option("--private", help="Don't announce it.")] = False,
    yes: Yes = False,
    who: Who = None,
    key: Key = None,
    request_id: RequestId = None,
    json: Json = False,
) -> None:
    """Declare an incident.

    Example: dr declare sev1 customer-database us-west-2 is down --since 10m --runbook regional-failover
    """
    session = Session(ctx, as_json=json)
    speaker = session.speaker(who, key, request_id)
    named = tuple(name.strip() for name in systems.split(",") if name.strip())
    started = started_for(session, runbook, named)
    if not yes:
        refuse_second(session, speaker, named)
    command = Declare(
        number=0,
        title=" ".join(title),
        severity=severity,
        systems=named,
        since=session.words.moment(since) if since else None,
        environment=drill or "production",
        drill=drill is not None,
        private=private,
    )
    incident = session.declare(speaker, command)
    say_declared(session, incident)
    if runbook:
        incident = start_all(session, speaker, incident, runbook, started)
    session.out.data({**incident_result(incident), **declared_facts(incident)})


def started_for(session: Session, runbook: str | None, systems: tuple[str, ...]) -> tuple[str, ...]:
    """The systems that a runbook is started for; raises Refused."""
    if runbook is None:
        return ()
    the_runbook(session.desk.runbooks, runbook)
    return systems_of(session.plan, runbook, systems)


def refuse_second(session: Session, speaker: Speaker, systems: tuple[str, ...]) -> None:
    """A system that has an open incident needs --yes, unless this very request made it."""
    with session.services.database.read() as connection:
        if key_seen(connection, speaker.idempotency_key("declare", "", "")) is not None:
            return
    for row in session.desk.incidents():
        shared = [system for system in systems if system in row.systems]
        if shared:
            raise Refused(
                f"{shared[0]} has an open incident already: {row.id}, {row.title}.",
                f"Go on there (dr show {row.id}), or declare a second one with --yes.",
            )


def start_all(
    session: Session, speaker: Speaker, incident: Incident, runbook: str, systems: tuple[str, ...]
) -> Incident:
    """Start the runbook for each system; what was declared stays declared if that is refused."""
    for system in systems:
        try:
            incident = session.give(speaker, f"start:{system}", incident.id, Start(runbook=runbook, system=system))
        except Refused as refused:
            advice = f"{incident.id} is declared all the same. {refused.advice}".strip()
            raise Refused(f"{runbook} was not started for {system}: {refused.reason}", advice) from refused
        run = list(incident.runs.values())[-1]
        session.out.say(f"Started {run.id}: {run.runbook.title}, {len(run.steps)} steps.")
    return incident


def say_declared(session: Session, incident: Incident) -> None:
    """What there is now, by when it should be over, and what to do next."""
    words = session.words
    session.out.say(
        f"Declared {incident.id}. Recovery objective: back by {words.clock(incident.since + incident.rto)}.",
        f"Commander is {words.name(incident.commander)}. Look at it with: dr show {incident.id}",
    )


def declared_facts(incident: Incident) -> dict[str, object]:
    """What a script wants to know of a new incident."""
    return {
        "title": incident.title,
        "systems": list(incident.systems),
        "drill": incident.drill,
        "environment": incident.environment,
        "commander": incident.commander,
        "runs": list(incident.runs),
    }
