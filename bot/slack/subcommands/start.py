"""/dr start: a runbook begins."""

from bot.domain.choices import pairs, read_input, the_runbook, the_system
from bot.slack.answers import Answer
from bot.slack.controls import Control
from bot.slack.modals import start as form
from bot.slack.spoken import Said, Subcommand, Takes


def answer(said: Said) -> Answer:
    """Start it; where no runbook is named or an input is missing, a form asks."""
    incident, speaker = said.incident(), said.speaker
    if not said.words:
        return Answer(opens=lambda: form.view(speaker, Control("start_runbook", incident.id)))
    runbook = the_runbook(speaker.front.desk.runbooks, said.word(0))
    inputs = {name: read_input(runbook, name, value) for name, value in pairs(said.all("input"))}
    if any(spec.default is None and name not in inputs for name, spec in runbook.inputs.items()):
        return Answer(opens=lambda: form.view(speaker, Control("start_runbook", incident.id, detail=runbook.id)))
    system = the_system(speaker.plan, incident, runbook.id, said.option("system"))
    return form.start(speaker, incident.id, runbook.id, system, inputs)


SUBCOMMAND = Subcommand(
    usage="start [RUNBOOK] [--system S] [--input NAME=VALUE]",
    summary="Start a runbook: from then on its steps come up one after another.",
    group="Runbook",
    answer=answer,
    options={"system": Takes.WORD, "input": Takes.WORD},
)
