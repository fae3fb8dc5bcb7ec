"""/dr timeline: the last things that happened; only to the person who asks."""

from bot.domain.event_lines import describe
from bot.domain.events import ChannelOpened
from bot.domain.timeline import Actor, Event, Recorded
from bot.domain.words import Words
from bot.slack.answers import Answer
from bot.slack.front import Speaker
from bot.slack.spoken import Said, Subcommand
from bot.slack.text import code, moment, safe

LAST = 10
LONGEST = 300  # characters of one event


def answer(said: Said) -> Answer:
    """The newest events, oldest first."""
    return recent(said.speaker, said.incident().id)


def recent(speaker: Speaker, incident_id: str) -> Answer:
    """An incident's newest events; raises Refused."""
    rows = speaker.front.desk.timeline(incident_id)
    words = speaker.words
    lines = [_line(row, words) for row in rows[-LAST:]]
    whole = f"All {len(rows)}: {code(f'dr show {incident_id} --timeline')} in the terminal."
    return Answer(text="\n".join([*lines, *([whole] if len(rows) > LAST else [])]))


def _line(row: Recorded, words: Words) -> str:
    return f"{moment(row.at, words.now, seconds=True)} {_who(row.actor, words)}: {_what(row.event, words)}"


def _who(actor: Actor, words: Words) -> str:
    if actor.person:
        return safe(words.name(actor.person))
    return f"<@{actor.slack}>" if actor.slack else "DR Bot"


def _what(event: Event, words: Words) -> str:
    if isinstance(event, ChannelOpened):
        return f"channel <#{event.channel}> opened"
    return safe(describe(event, words), LONGEST)


SUBCOMMAND = Subcommand(usage="timeline", summary="Show the last things that happened.", group="Look", answer=answer)
