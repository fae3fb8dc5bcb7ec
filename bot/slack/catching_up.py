"""Where updates are missing: the newest one stands for all that did not come to be shown in their time. Pure."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from bot.slack.blocks import context
from bot.slack.surfaces import Message, broadcast_key


def caught_up(wanted: Mapping[str, Message], late: Set[str]) -> dict[str, Message]:
    """The newest update stands for all that are late and not shown, and names them. Why they are missing is not known."""
    shown = dict(wanted)
    for updates in ("update/", broadcast_key("update/")):
        keys = [key for key in wanted if key.startswith(updates)]
        missed = [key for key in keys[:-1] if key in late]
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
