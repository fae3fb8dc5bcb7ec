"""/dr snooze: the next status update is put off."""

from bot.domain import commands as c
from bot.domain.cadence import next_update
from bot.domain.errors import Refused
from bot.domain.words import length_of
from bot.slack.answers import Answer
from bot.slack.outcomes import next_due
from bot.slack.spoken import REASON, Said, Subcommand


def answer(said: Said) -> Answer:
    """Put it off by a length, with a reason."""
    incident = said.incident()
    if not said.words:
        raise Refused("For how long?", "Write it like: dr snooze 15m the promotion ends soon.")
    until = said.speaker.now() + length_of(said.word(0))
    if not said.reason(1):
        raise Refused("Why does the update wait?", f"Give a reason: dr snooze {said.word(0)} waiting for the provider")
    after = said.speaker.give(incident.id, c.SnoozeUpdate(until=until, reason=said.reason(1)))
    moved = next_update(after) != next_update(incident)
    return Answer(
        text=f"{'Put off.' if moved else 'It is not due before that anyway.'} {next_due(after, said.speaker)}"
    )


SUBCOMMAND = Subcommand(
    usage="snooze LENGTH REASON",
    summary="Put the next status update off, by one interval at most.",
    group="Updates",
    answer=answer,
    options=REASON,
)
