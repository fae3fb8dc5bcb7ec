"""Where updates are missing: the newest one stands for all that did not come to be shown in their time. Pure."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from bot.slack.blocks import context
from bot.slack.surfaces import Message

UPDATE = re.compile(r"(.*?)(update/\d+)")  # where it stands, and which


def update_of(key: str) -> str:
    """The update that a message shows, in whatever place; empty for another message."""
    found = UPDATE.fullmatch(key)
    return found[2] if found else ""


def caught_up(wanted: Mapping[str, Message], late: Set[str], standing: Set[str]) -> dict[str, Message]:
    """In each place the newest update stands for all that are late and not standing there, and names them.

    Why they are missing is not known.
    """
    places: dict[str, list[str]] = defaultdict(list)
    for key in wanted:
        if found := UPDATE.fullmatch(key):
            places[found[1]].append(key)
    shown = dict(wanted)
    for keys in places.values():
        missed = [key for key in keys[:-1] if update_of(key) in late and key not in standing]
        for key in missed:
            del shown[key]
        if missed:
            newest = shown[keys[-1]]
            shown[keys[-1]] = replace(newest, blocks=(*newest.blocks, context(_missed(missed))))
    return shown


def _missed(keys: Sequence[str]) -> str:
    numbers = [key.rpartition("/")[2] for key in keys]
    which = f"update {numbers[0]}" if len(keys) == 1 else f"the updates {', '.join(numbers)}"
    stand = "It stands" if len(keys) == 1 else "They stand"
    return f"Not shown here: {which}. {stand} in the incident's timeline."
