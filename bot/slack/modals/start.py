"""The forms in which a runbook is started: which one, then what it asks for."""

from bot.domain import commands as c
from bot.domain.choices import the_runbook
from bot.domain.decisions.world import going_on
from bot.domain.errors import DRError, Refused
from bot.domain.incident import Incident
from bot.domain.model import JsonValue
from bot.domain.problems import Unfit
from bot.domain.runbook import Runbook
from bot.slack import blocks as b
from bot.slack import outcomes
from bot.slack.answers import Answer
from bot.slack.blocks import Block, Choice
from bot.slack.controls import Control
from bot.slack.front import Speaker
from bot.slack.requests import Form, Submission, origin
from bot.slack.text import safe

CALLBACK = "start_runbook"
INPUT = "input:"


def view(speaker: Speaker, control: Control) -> Block:
    """The form: which runbook, or, where the control names one, for which system and with which inputs."""
    incident = speaker.incident(control.incident)
    if control.detail:
        return details(speaker, incident, the_runbook(speaker.front.desk.runbooks, control.detail))
    listed = {
        name for id_ in incident.systems if id_ in speaker.plan.systems for name in speaker.plan.systems[id_].runbooks
    }
    books = sorted(speaker.front.desk.runbooks.values(), key=lambda book: (book.id not in listed, book.title))
    if not books:
        raise Refused("No runbook is loaded.", "Put one into the folder of runbooks and restart the bot.")
    choices = [Choice(book.title, book.id, f"{book.id}, {outcomes.steps(len(book.steps))}") for book in books]
    chosen = choices[0].value if books[0].id in listed else ""
    shown = [b.field("Runbook", b.select("choice", choices, initial=chosen), "runbook")]
    return _form(speaker, incident, "", shown, submit="Next" if _asks_more(speaker, incident) else "Start")


def _asks_more(speaker: Speaker, incident: Incident) -> bool:
    """Whether a second form follows: a runbook takes inputs, or it has to be said which system it is for."""
    return len(incident.systems) > 1 or any(book.inputs for book in speaker.front.desk.runbooks.values())


def details(speaker: Speaker, incident: Incident, runbook: Runbook) -> Block:
    """The form for one runbook's system and inputs."""
    about = b.section(f"*{safe(runbook.title, 200)}*, {outcomes.steps(len(runbook.steps))}.")
    return _form(speaker, incident, runbook.id, [about, *_system(speaker, incident, runbook), *_inputs(runbook)])


def _form(speaker: Speaker, incident: Incident, runbook: str, shown: list[Block], submit: str = "Start") -> Block:
    control = Control("start_runbook", incident.id, detail=runbook)
    return b.modal(
        "Start a runbook",
        shown,
        callback_id=CALLBACK,
        submit=submit,
        metadata=origin(speaker.caller, control).text(),
    )


def _system(speaker: Speaker, incident: Incident, runbook: Runbook) -> list[Block]:
    if len(incident.systems) == 1:
        return []
    known = speaker.plan.systems
    choices = [Choice(speaker.plan.title_of(id_), id_) for id_ in incident.systems]
    listing = next((id_ for id_ in incident.systems if id_ in known and runbook.id in known[id_].runbooks), "")
    return [b.field("For which system?", b.select("choice", choices, initial=listing), "system")]


def _inputs(runbook: Runbook) -> list[Block]:
    return [
        b.field(
            spec.title,
            b.text_input("text", initial="" if spec.default is None else str(spec.default)),
            f"{INPUT}{name}",
        )
        for name, spec in runbook.inputs.items()
    ]


def submitted(speaker: Speaker, sent: Submission) -> Answer:
    """Start it, or ask first for what it needs."""
    control = sent.origin.about
    incident = speaker.incident(control.incident)
    runbook = the_runbook(speaker.front.desk.runbooks, control.detail or sent.form.chosen("runbook"))
    if not control.detail and _asks_more(speaker, incident):
        going_on(incident)
        return Answer(becomes=details(speaker, incident, runbook))
    values, errors = read_inputs(runbook, sent.form)
    if errors:
        return Answer(errors=errors)
    system = sent.form.chosen("system") or incident.systems[0]
    return start(speaker, incident.id, runbook.id, system, values)


def read_inputs(runbook: Runbook, form: Form) -> tuple[dict[str, JsonValue], dict[str, str]]:
    """The inputs as the runbook reads them, and what is wrong with the others, by block."""
    values: dict[str, JsonValue] = {}
    errors: dict[str, str] = {}
    for name, spec in runbook.inputs.items():
        try:
            values[name] = spec.read(form.text(f"{INPUT}{name}"))
        except Unfit as unfit:
            errors[f"{INPUT}{name}"] = f"{unfit.what.capitalize()}: {unfit.fix}."
    return values, errors


def start(speaker: Speaker, incident_id: str, runbook: str, system: str, inputs: dict[str, JsonValue]) -> Answer:
    """Start a runbook; raises Refused."""
    after = speaker.give(incident_id, c.Start(runbook=runbook, system=system, inputs=inputs))
    run = [run for run in after.runs.values() if run.runbook.id == runbook and run.system == system][-1]
    return Answer(text=outcomes.started(run, speaker.plan))


def blame(error: DRError) -> str:
    found = str(error)
    return f"{INPUT}{found.split()[2].rstrip(':')}" if found.startswith("The input ") else "runbook"
