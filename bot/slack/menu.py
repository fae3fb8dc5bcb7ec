"""What can be done here: the answer to /dr alone, the form behind More…, and the help."""

from collections.abc import Iterator

from bot.domain.incident import Incident
from bot.domain.transitions import IncidentState
from bot.slack import blocks as b
from bot.slack.answers import Answer
from bot.slack.blocks import Block
from bot.slack.controls import Control, Verb
from bot.slack.front import Speaker
from bot.slack.listing import incident_line, seen_by
from bot.slack.requests import origin
from bot.slack.sure import SURE
from bot.slack.text import bold, code, safe

SHOWN = 5  # open incidents in the menu
Entry = tuple[Verb, str, str]
NOTE: Entry = ("note", "Add a note…", "Something worth keeping, in the timeline.")
TIMELINE: Entry = ("timeline", "Timeline", "The last things that happened.")
OPEN: tuple[Entry, ...] = (
    ("start_runbook", "Start a runbook…", "Its steps come up one after another."),
    ("update_now", "Status update…", "Look at the draft, change it, post it now."),
    NOTE,
    ("take_role", "Take or give a role…", "Commander, deputy, scribe."),
    ("severity", "Change the severity…", "Raising it tells those who were not told yet."),
)
MITIGATE: Entry = ("mitigate", "Mitigate", "Users are served again: the recovery clock stops.")
RESOLVE: Entry = ("resolve", "Resolve…", "It is over. The resolution is drafted.")
CANCEL: Entry = ("cancel", "Cancel the incident…", "It was none.")
CLOSE: Entry = ("close", "Close", "The review is done.")
REOPEN: Entry = ("reopen", "Reopen…", "It is not over.")
ALWAYS: tuple[Entry, ...] = (
    ("subscribe", "Subscribe", "Get the status updates yourself: by email, or by direct message."),
    TIMELINE,
    ("acknowledge", "Acknowledge", "You have seen it: it is put on record."),
)


def entries(incident: Incident) -> Iterator[tuple[Control, str, str]]:
    """Everything that can be done with an incident in its present state: the button, its label, what it does."""
    for verb, label, text in _of_state(incident.state):
        yield Control(verb, incident.id), label, text
    for run in incident.runs.values():
        if not run.is_over and incident.ended_at is None:
            yield Control("stop", incident.id, run=run.id), f"Stop {run.id}…", f"{run.runbook.title}: the run ends."


def _of_state(state: IncidentState) -> tuple[Entry, ...]:
    if state is IncidentState.ACTIVE:
        return (*OPEN, MITIGATE, RESOLVE, *ALWAYS, CANCEL)
    if state is IncidentState.MITIGATED:
        return (*OPEN, RESOLVE, REOPEN, *ALWAYS, CANCEL)
    if state is IncidentState.RESOLVED:
        return (NOTE, TIMELINE, CLOSE, REOPEN)
    return (TIMELINE, REOPEN)


def more(speaker: Speaker, incident_id: str) -> Block:
    """The form behind More…; its buttons are kept before they are shown."""
    found = list(entries(speaker.incident(incident_id)))
    speaker.front.keep(control for control, _, _ in found)
    lines = [b.section(f"{bold(label)}\n{safe(text)}", _button(label, control)) for control, label, text in found]
    where = origin(speaker.caller).text()
    return b.modal(incident_id, [*lines, b.context(HINT)], callback_id="more", close="Close", metadata=where)


def _button(label: str, control: Control) -> Block:
    return b.button(label, control, confirm=SURE.get(control.verb))


HINT = f"All of it can be typed too: {code('/dr help')}"


def menu(speaker: Speaker, here: str | None) -> Answer:
    """What can be done here, with buttons."""
    return _of_incident(speaker.incident(here)) if here else _of_workspace(speaker)


def _of_incident(incident: Incident) -> Answer:
    found = list(entries(incident))
    status = Control("status", incident.id)
    buttons = [b.button("Status", status), *(_button(label, control) for control, label, _ in found)]
    text = f"{bold(incident.id)} · {safe(incident.title)} · {incident.state.value}"
    return Answer(
        text=text,
        blocks=(b.section(text), b.actions(*buttons[: b.MOST_ELEMENTS]), b.context(HINT)),
        controls=(status, *(control for control, _, _ in found)),
    )


def _of_workspace(speaker: Speaker) -> Answer:
    declare, list_, help_ = Control("declare", ""), Control("list", ""), Control("help", "")
    rows = seen_by(speaker, speaker.front.desk.incidents())
    lines = [incident_line(speaker, row) for row in rows[:SHOWN]] or ["No incident is open."]
    buttons = [
        b.button("Declare an incident…", declare, style="danger"),
        b.button("List incidents", list_),
        b.button("Help", help_),
    ]
    return Answer(
        text="What can be done here",
        blocks=(*(b.section(line) for line in lines), b.actions(*buttons), b.context(HINT)),
        controls=(declare, list_, help_),
    )
