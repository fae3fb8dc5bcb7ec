"""/dr declare: an incident begins, by a form or in one line."""

from bot.slack.answers import Answer
from bot.slack.declaring import AlreadyOpen, Wanted, declare, question, told
from bot.slack.modals import declare as form
from bot.slack.spoken import Said, Subcommand, Takes

ENOUGH = 3  # severity, system and a title


def answer(said: Said) -> Answer:
    """Declare it; where something is missing, the form asks for it."""
    speaker, wanted = said.speaker, wanted_of(said)
    if len(said.words) < ENOUGH:
        return Answer(opens=lambda: form.view(speaker, wanted))
    asked = frozenset(row.id for row in speaker.front.desk.incidents()) if said.has("yes") else frozenset[str]()
    try:
        return told(speaker, declare(speaker, wanted, asked))
    except AlreadyOpen as found:
        return question(speaker, wanted, found)


def wanted_of(said: Said) -> Wanted:
    """The line's severity and systems, in either order; with neither, all of it is the title."""
    plan, first, second = said.speaker.plan, said.word(0), said.word(1)
    if first.lower() not in plan.severities and second.lower() in plan.severities:
        first, second = second, first
    known = first.lower() in plan.severities
    complete = known or len(said.words) >= ENOUGH
    return Wanted(
        severity=first.lower() if complete else "",
        systems=tuple(name for name in second.split(",") if name) if complete else (),
        title=said.text(2) if complete else said.text(),
        since=said.option("since") or "",
        runbook=said.option("runbook") or "",
        drill=said.option("drill") or "",
        private=said.has("private"),
    )


SUBCOMMAND = Subcommand(
    usage="declare [SEVERITY SYSTEM[,SYSTEM] TITLE…] [--since 10m] [--runbook R] [--drill ENVIRONMENT] [--private]",
    summary="Declare an incident; with nothing behind it, a form asks.",
    group="Incident",
    answer=answer,
    options={
        "since": Takes.WORD,
        "runbook": Takes.WORD,
        "drill": Takes.WORD,
        "private": Takes.NOTHING,
        "yes": Takes.NOTHING,
    },
    prose=True,
)
