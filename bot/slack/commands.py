"""A slash command, from its text to its answer."""

from difflib import get_close_matches

from bot.domain.errors import Refused
from bot.slack.answers import Answer
from bot.slack.front import Front, Speaker
from bot.slack.help import HELP, help_of
from bot.slack.menu import menu
from bot.slack.requests import Typed
from bot.slack.spoken import Said, first_words, take_incident, take_options
from bot.slack.subcommands.registry import SUBCOMMANDS
from bot.store import chat as rows

SHOW = "show"


def answer(front: Front, typed: Typed) -> Answer:
    """What somebody typed behind /dr is done; raises Refused, NotRecorded, NotConfirmed."""
    speaker = Speaker(front, typed.caller, typed.key)
    here = incident_here(front, typed.caller.channel)
    named, verb, rest = first_words(typed.text)
    if not verb and named is None:
        return menu(speaker, here)
    if verb in HELP:
        return Answer(text=help_of(rest, SUBCOMMANDS))
    word = verb.replace("_", "-") or SHOW
    subcommand = SUBCOMMANDS.get(word)
    if subcommand is None:
        raise Refused(f"There is no subcommand {word[:40]}.", _instead(word))
    behind, rest = (None, rest) if named else take_incident(rest, here=here, prose=subcommand.prose)
    words, options = take_options(rest, subcommand.options, prose=subcommand.prose)
    if words and " " not in subcommand.usage:
        raise Refused(
            f"{word} takes no words. Nothing was done.", f"Alone: dr {word}. For the words there is: dr note …"
        )
    return subcommand.answer(Said(speaker, here, named or behind, words, options))


def _instead(word: str) -> str:
    close = get_close_matches(word, SUBCOMMANDS, n=1)
    return f"Did you mean dr {close[0]}? All there are: dr help" if close else "All there are: dr help"


def incident_here(front: Front, channel: str | None) -> str | None:
    """The incident that a channel belongs to."""
    if channel is None:
        return None
    with front.desk.database.read() as connection:
        return rows.incident_of_channel(connection, channel)
