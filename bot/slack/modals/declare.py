"""The form in which an incident is declared."""

from collections.abc import Iterable
from typing import Any

from bot.domain.errors import DRError
from bot.slack import blocks as b
from bot.slack.answers import Answer
from bot.slack.blocks import Block, Choice, section
from bot.slack.declaring import PRODUCTION, AlreadyOpen, Wanted, declare, open_ones, told
from bot.slack.front import Speaker
from bot.slack.requests import Form, Origin, Submission, origin

CALLBACK = "declare"
LONGEST_TITLE = 200
# How a refusal begins, and the field that it is about.
BLAME = {
    "There is no severity": "severity",
    "The recovery plan has no system": "system",
    "No system": "system",
    "The incident can't begin": "since",
    "The description": "description",
    "No runbook": "runbook",
    "None of these systems": "runbook",
    "The environment": "drill",
    "A drill": "drill",
}


def view(speaker: Speaker, wanted: Wanted | None = None) -> Block:
    """The empty form, or one that is filled in as far as is known."""
    return form(speaker, wanted, origin(speaker.caller))


def form(
    speaker: Speaker, wanted: Wanted | None, where: Origin, *, above: Iterable[Block] = (), submit: str = "Declare"
) -> Block:
    """The form; `above` stands over its fields."""
    return b.modal(
        "Declare an incident",
        [*above, *fields(speaker, wanted or Wanted(title="", severity="", systems=()))],
        callback_id=CALLBACK,
        submit=submit,
        metadata=where.text(),
    )


def fields(speaker: Speaker, wanted: Wanted) -> list[Block]:
    """The inputs, by their block ids."""
    plan, runbooks = speaker.plan, speaker.front.desk.runbooks
    systems = [Choice(system.title, id_) for id_, system in plan.systems.items()]
    severities = [Choice(f"{id_.upper()}: {severity.title}", id_) for id_, severity in plan.severities.items()]
    books = [Choice(book.title, id_) for id_, book in runbooks.items()]
    drills = [Choice(f"A drill in {id_}", id_) for id_ in plan.environments if id_ != PRODUCTION]
    system = wanted.systems[0] if wanted.systems else ""
    zone = f"Empty: now. Else how long ago (10m), or a time (03:01, {plan.timezone})."
    private = [Choice("Not announced: only people of the recovery plan, and you, can read it.", "private")]
    return [
        b.field("Title", b.text_input("text", initial=wanted.title, most=LONGEST_TITLE), "title", hint="In one line."),
        b.field("System", b.select("choice", systems, initial=system), "system"),
        b.field("Severity", b.select("choice", severities, initial=wanted.severity), "severity"),
        _optional("Since when?", b.text_input("text", initial=wanted.since, hint="now"), "since", hint=zone),
        *([_optional("Runbook", _choice(books, wanted.runbook, "Start one at once"), "runbook")] if books else []),
        _optional("What do you see?", b.text_input("text", initial=wanted.description, lines=True), "description"),
        *([_optional("Drill", _choice(drills, wanted.drill, "No, it is real"), "drill")] if drills else []),
        _optional("Private", b.checkboxes("choice", private, initial=["private"] if wanted.private else []), "private"),
    ]


def _optional(label: str, element: Block, block: str, **more: Any) -> Block:
    return b.field(label, element, block, optional=True, **more)


def _choice(choices: list[Choice], initial: str, hint: str) -> Block:
    return b.select("choice", choices, initial=initial, hint=hint)


def wanted_of(form: Form) -> Wanted:
    """What the form says."""
    system = form.chosen("system")
    return Wanted(
        title=form.text("title"),
        severity=form.chosen("severity"),
        systems=(system,) if system else (),
        since=form.text("since"),
        runbook=form.chosen("runbook"),
        description=form.text("description"),
        drill=form.chosen("drill"),
        private=form.ticked("private"),
    )


def submitted(speaker: Speaker, sent: Submission) -> Answer:
    """Declare it. Where a system has an open incident, the same form asks first, and its button says what it would do."""
    wanted = wanted_of(sent.form)
    try:
        return told(speaker, declare(speaker, wanted, frozenset(sent.origin.asked)))
    except AlreadyOpen as found:
        asked = sent.origin.model_copy(update={"asked": tuple(row.id for row in found.rows)})
        warning = section("Is it the same one? Then go on there. Else declare another one.")
        above = (*open_ones(speaker, found), warning, b.divider())
        return Answer(becomes=form(speaker, wanted, asked, above=above, submit="Declare all the same"))


def blame(error: DRError) -> str:
    """The field that a refusal is about."""
    text = str(error)
    if "is no moment" in text:
        return "since"
    return next((field for beginning, field in BLAME.items() if text.startswith(beginning)), "title")
