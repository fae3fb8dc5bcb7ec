"""The app's home tab: what waits for me, my incidents, what is due."""

from collections.abc import Iterator

from bot.domain.cadence import next_update
from bot.domain.errors import Refused
from bot.domain.incident import Incident, StepRun
from bot.domain.transitions import StepState
from bot.slack import blocks as b
from bot.slack.approving import step_link
from bot.slack.blocks import Block
from bot.slack.controls import Control
from bot.slack.front import Speaker
from bot.slack.listing import incident_line, seen_by
from bot.slack.menu import HINT
from bot.slack.text import bold, moment, safe

MOST = 15  # of each kind
PUBLISH_WITHIN = 10.0
HANDS = frozenset({StepState.BLOCKED, StepState.FAILED, StepState.IN_DOUBT, StepState.UNDO_FAILED})


def publish(speaker: Speaker) -> None:
    """Show a person their home tab as it is now; raises SlackTrouble."""
    declare = Control("declare", "")
    speaker.front.keep([declare])
    _show(speaker, list(blocks(speaker, declare)))


def refuse(speaker: Speaker, refused: Refused) -> None:
    """Say in the tab why there is nothing to be seen for this account; raises SlackTrouble."""
    _show(speaker, [b.section(speaker.front.refusal(refused))])


def _show(speaker: Speaker, shown: list[Block]) -> None:
    account = speaker.caller.account
    speaker.front.chat.call("views.publish", patience=PUBLISH_WITHIN, user_id=account, view=b.home(shown))


def blocks(speaker: Speaker, declare: Control) -> Iterator[Block]:
    """The tab's blocks."""
    rows = seen_by(speaker, speaker.front.desk.incidents())
    incidents = [speaker.incident(row.id) for row in rows]  # all: the oldest may be the one that waits
    own = {incident.id for incident in incidents if _is_mine(speaker, incident)}
    yield b.actions(b.button("Declare an incident…", declare, style="danger"))
    waits = [line for incident in incidents for line in _waits(speaker, incident)]
    yield from _part("What waits for you", waits, "Nothing.")
    mine = [incident_line(speaker, row) for row in rows if row.id in own]
    yield from _part(
        "Your incidents", mine, "None in which you have a role, or that you declared, follow or acknowledged."
    )
    others = [incident_line(speaker, row) for row in rows if row.id not in own]
    yield from _part("Other open incidents", others, "None.")
    due = [line for incident in incidents for line in _due(speaker, incident)]
    yield from _part("What is due", due, "No status update is due.")
    yield b.context(HINT)


def _part(title: str, lines: list[str], nothing: str) -> Iterator[Block]:
    yield b.header(title)
    for line in lines[:MOST] or [nothing]:
        yield b.section(line)
    if len(lines) > MOST:
        yield b.context(f"{len(lines) - MOST} more.")


def _is_mine(speaker: Speaker, incident: Incident) -> bool:
    """Whether the person has a role in it, declared it, subscribed to it or acknowledged it."""
    person, account = speaker.person, speaker.caller.account
    if person is None:
        return account in {incident.declarer_account, *(reader.account for reader in incident.readers)}
    return person in {*incident.roles.values(), incident.declarer, *incident.subscribers, *incident.acknowledged}


def _waits(speaker: Speaker, incident: Incident) -> Iterator[str]:
    person = speaker.person
    for run, step in incident.every_step():
        asked = _asked_of(incident, step, person)
        if asked and not run.stopped:
            link = step_link(speaker, incident, run, step)
            yield f"*{incident.id}* · {bold(step.definition.title)}: {asked}. {link}"


def _asked_of(incident: Incident, step: StepRun, person: str | None) -> str:
    """What a step asks of this person; empty where it asks nothing."""
    if person is None:
        return ""
    if step.awaits_approval and step.missing and person in step.waits_for and person not in step.approved_by:
        return "your approval"
    leads = (incident.roles.get("commander"), incident.roles.get("deputy"))
    if person in leads and step.state in HANDS:
        return f"it is {step.state.replace('_', ' ')}"
    if person in leads and step.state is StepState.READY and step.definition.kind == "manual":
        return "to be done by hand"
    return ""


def _due(speaker: Speaker, incident: Incident) -> Iterator[str]:
    due, now = next_update(incident), speaker.now()
    if due is not None:
        yield f"*{incident.id}* · status update {incident.updates.number + 1}: {moment(due, now)} · {safe(incident.title, 200)}"
