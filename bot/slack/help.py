"""The help: every subcommand by its group, made from the registry."""

from collections.abc import Mapping
from itertools import groupby
from typing import get_args

from bot.slack.spoken import Group, Subcommand
from bot.slack.text import code, safe

HELP = frozenset({"help", "?", "-h", "--help"})
ORDER: tuple[str, ...] = get_args(Group)
ABOVE = "In an incident's channel as it stands here; elsewhere with `INC-7` first: `/dr INC-7 status`."


def help_of(word: str, subcommands: Mapping[str, Subcommand]) -> str:
    """One subcommand alone, or all."""
    found = subcommands.get(word.strip().lower().replace("_", "-"))
    return f"{code('/dr ' + found.usage)}\n{safe(found.summary)}" if found else help_text(subcommands)


def help_text(subcommands: Mapping[str, Subcommand]) -> str:
    """In mrkdwn, each subcommand once, whatever it is called."""
    distinct = {subcommand.usage: subcommand for subcommand in subcommands.values()}
    ordered = sorted(distinct.values(), key=lambda subcommand: ORDER.index(subcommand.group))
    parts = [ABOVE]
    for group, members in groupby(ordered, key=lambda subcommand: subcommand.group):
        lines = (f"{code('/dr ' + each.usage)} {safe(each.summary)}" for each in members)
        parts.append("\n".join([f"*{group}*", *lines]))
    return "\n\n".join(parts)
