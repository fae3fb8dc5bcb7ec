"""How an incident is declared in Slack: at once, or after a question where a system has an open incident already."""

import time
from dataclasses import dataclass

from bot.domain.choices import systems_of, the_runbook
from bot.domain.commands import Declare, Start
from bot.domain.errors import DRError, NotConfirmed, NotRecorded, Refused
from bot.domain.incident import Incident
from bot.domain.model import Model
from bot.domain.transitions import IncidentState
from bot.slack import outcomes
from bot.slack.answers import Answer
from bot.slack.blocks import Block, actions, button, section
from bot.slack.controls import Control
from bot.slack.front import Speaker
from bot.slack.listing import seen_by
from bot.slack.text import bold, safe
from bot.store import chat as rows
from bot.store import projections, streams
from bot.store.projections import IncidentRow

CHANNEL_WITHIN = 8.0  # seconds until the declarer is told that the channel takes longer
LOOK_EVERY = 0.15
PRODUCTION = "production"
OR_ANOTHER = "Go on there, or declare another one."


class Wanted(Model):
    """What somebody wants to declare, as they typed it."""

    title: str
    severity: str
    systems: tuple[str, ...]
    since: str = ""
    runbook: str = ""
    description: str = ""
    drill: str = ""
    private: bool = False


class AlreadyOpen(Refused):
    """A system has open incidents, and nobody has said yet that another one is meant."""

    def __init__(self, rows: tuple[IncidentRow, ...], text: str) -> None:
        super().__init__(text)
        self.rows = rows


@dataclass(frozen=True)
class Declared:
    """An incident that began, and why its runbook did not start (for some system)."""

    incident: Incident
    trouble: tuple[DRError, ...] = ()


def declare(speaker: Speaker, wanted: Wanted, asked: frozenset[str] = frozenset()) -> Declared:
    """Declare it and start its runbook; raises AlreadyOpen, unless every open one is among those `asked` about, and Refused.

    A repeated request finds what it declared before.
    """
    started = _started_for(speaker, wanted)
    command = Declare(
        number=0,
        title=wanted.title,
        severity=wanted.severity,
        systems=wanted.systems,
        since=speaker.words.moment(wanted.since) if wanted.since.strip() else None,
        description=wanted.description,
        environment=wanted.drill or PRODUCTION,
        drill=bool(wanted.drill),
        private=wanted.private,
    )
    _ask(speaker, wanted, asked)
    incident = speaker.declare(command)
    trouble: list[DRError] = []
    for system in started:
        try:
            start = Start(runbook=wanted.runbook, system=system)
            incident = speaker.give(incident.id, start, part=f"start:{system}")
        except (Refused, NotRecorded, NotConfirmed) as error:  # what was declared stays declared
            trouble.append(error)
    return Declared(incident, tuple(trouble))


def _started_for(speaker: Speaker, wanted: Wanted) -> tuple[str, ...]:
    if not wanted.runbook:
        return ()
    the_runbook(speaker.front.desk.runbooks, wanted.runbook)
    return systems_of(speaker.plan, wanted.runbook, wanted.systems)


def _ask(speaker: Speaker, wanted: Wanted, asked: frozenset[str]) -> None:
    """A drill is no reason not to declare in earnest, nor is what somebody may not even know of."""
    with speaker.front.desk.database.read() as connection:
        if streams.key_seen(connection, speaker.key) is not None:
            return
        rows = projections.list_incidents(connection)
    alike = [row for row in rows if set(row.systems) & set(wanted.systems) and row.drill == bool(wanted.drill)]
    same = tuple(seen_by(speaker, alike))
    if any(row.id not in asked for row in same):
        raise AlreadyOpen(same, " ".join((*(_stands(speaker, row) for row in same), OR_ANOTHER)))


def _stands(speaker: Speaker, row: IncidentRow) -> str:
    systems = ", ".join(map(speaker.plan.title_of, row.systems))
    how = "is resolved and not closed yet" if row.state == IncidentState.RESOLVED else "is open already"
    return f"{row.id} {how} for {systems}: {row.title}."


def told(speaker: Speaker, declared: Declared) -> Answer:
    """What the declarer hears at once, and what when the channel is there."""
    incident = declared.incident
    runs = [outcomes.started(run, speaker.plan) for run in incident.runs.values()]
    troubles = [f"{_not_started(each)}: {speaker.front.refusal(each)}" for each in declared.trouble]
    text = " ".join([outcomes.declared(incident, speaker), *runs, *troubles, "Its channel is being opened."])
    return Answer(text=text, later=lambda: _when_open(speaker, incident.id))


def _when_open(speaker: Speaker, incident_id: str) -> Answer:
    deadline = time.monotonic() + CHANNEL_WITHIN
    places, account = speaker.front.reconciler.places, speaker.caller.account
    while not (inside := places.has_let_in(incident := speaker.incident(incident_id), account)):
        if time.monotonic() > deadline:
            break
        time.sleep(LOOK_EVERY)
    with speaker.front.desk.database.read() as connection:
        trouble = rows.troubles(connection).get(incident_id, "")
    return Answer(text=outcomes.opened(incident, trouble, inside=inside))


def question(speaker: Speaker, wanted: Wanted, found: AlreadyOpen) -> Answer:
    """Whether another incident is meant, with the button that says so. Pressing it twice declares once."""
    detail = wanted.model_dump_json(exclude_defaults=True)
    asked = ",".join(row.id for row in found.rows)
    anyway = Control("declare_anyway", "", run=asked, step=speaker.key, detail=detail)
    return Answer(
        text=speaker.front.refusal(found),
        blocks=(*open_ones(speaker, found), actions(button("Declare all the same", anyway, style="danger"))),
        controls=(anyway,),
    )


def open_ones(speaker: Speaker, found: AlreadyOpen) -> tuple[Block, ...]:
    """The incidents that are open already, with the way to their channels."""
    return tuple(section(_line(speaker, row)) for row in found.rows)


def _line(speaker: Speaker, row: IncidentRow) -> str:
    said = safe(_stands(speaker, row)).replace(row.id, bold(row.id), 1)
    channel = speaker.incident(row.id).channel
    return f"{said} Go on there: <#{channel}>." if channel else said


def anyway(speaker: Speaker, control: Control) -> Answer:
    """Somebody has said that another one is meant."""
    once = Speaker(speaker.front, speaker.caller, f"anyway:{control.step}")
    wanted = Wanted.model_validate_json(control.detail)
    return told(once, declare(once, wanted, frozenset(control.run.split(","))))


def _not_started(trouble: DRError) -> str:
    known = not isinstance(trouble, NotConfirmed)
    return "Its runbook was not started" if known else "Its runbook may not have been started"
