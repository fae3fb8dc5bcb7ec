"""/dr severity: how bad it is."""

from bot.domain import commands as c
from bot.slack.answers import Answer
from bot.slack.controls import Control
from bot.slack.modals import severity as form
from bot.slack.spoken import REASON, Said, Subcommand
from bot.slack.text import safe


def answer(said: Said) -> Answer:
    """Change it; without a severity, a form asks."""
    incident = said.incident()
    if not said.words:
        return Answer(opens=lambda: form.view(said.speaker, Control("severity", incident.id)))
    command = c.SetSeverity(severity=said.word(0).lower(), reason=said.reason(1))
    after = said.speaker.give(incident.id, command)
    return Answer(text=f"*{after.id}* is {safe(after.severity.upper())}.")


SUBCOMMAND = Subcommand(
    usage="severity SEVERITY [--reason TEXT]",
    summary="Change the severity; raising it tells those who were not told yet.",
    group="Incident",
    answer=answer,
    options=REASON,
)
