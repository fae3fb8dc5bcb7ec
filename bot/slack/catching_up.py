"""After an outage of Slack: one status update stands for all that could not be posted in their time. Pure."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from bot.slack.blocks import context
from bot.slack.surfaces import Message


def caught_up(wanted: Mapping[str, Message], late: Set[str]) -> dict[str, Message]:
    """After an outage the newest update stands for all that the bot could not post in their time, and names them."""
    updates = [key for key in wanted if key.startswith("update/")]
    missed = [key for key in updates[:-1] if key in late]
    shown = {key: message for key, message in wanted.items() if key not in missed}
    if missed:
        newest = shown[updates[-1]]
        shown[updates[-1]] = replace(newest, blocks=(*newest.blocks, context(_missed(missed))))
    return shown


def _missed(keys: Sequence[str]) -> str:
    numbers = [key.rpartition("/")[2] for key in keys]
    which = f"update {numbers[0]}" if len(keys) == 1 else f"the updates {', '.join(numbers)}"
    stand = "It stands" if len(keys) == 1 else "They stand"
    return f"Slack was away: {which} could not be posted here in time. {stand} in the incident's timeline."
