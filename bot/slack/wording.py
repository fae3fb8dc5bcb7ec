"""What is said to one person: refusals in Slack's words, and what Slack escaped in what they typed."""

import re
from collections.abc import Collection

from bot.domain.errors import DRError, Refused
from bot.domain.plan import RecoveryPlan
from bot.slack.text import safe

ENTITIES = {"amp": "&", "lt": "<", "gt": ">"}
ESCAPED = re.compile(r"<([^<>]*)>|&(amp|lt|gt);")
ACCOUNT = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")
TERMINAL = re.compile(r"(?<![/\w`])dr (?:INC-[0-9]+ )?([a-z][a-z-]*)(?: [^\s.,;:()]+)*")
ASSIGN = re.compile(r"(?<![/\w])assign commander\b")
LONGEST = 2500


def readable(text: str, plan: RecoveryPlan) -> str:
    """What somebody typed, without Slack's escapes: people and channels by name, links as they are."""

    def read(found: re.Match[str]) -> str:
        if found[2]:
            return ENTITIES[found[2]]
        return _reference(found[1], plan)

    return ESCAPED.sub(read, text)


def _reference(inside: str, plan: RecoveryPlan) -> str:
    target, _, label = inside.partition("|")
    if target[:1] == "@":
        known = next((person.name for person in plan.people.values() if person.slack == target[1:]), None)
        return f"@{known or label or target[1:]}"
    if target[:1] == "#":
        return f"#{label or target[1:]}"
    if target[:1] == "!":
        return f"@{(label or target[1:].partition('^')[0]).lstrip('@')}"
    # Slack makes a link of a bare host's name or an address; whoever typed it typed the label.
    return label if target in (f"http://{label}", f"mailto:{label}") else target


def account_in(word: str) -> str | None:
    """The account that a mention names."""
    found = ACCOUNT.fullmatch(word)
    return found[1] if found else None


def in_slack(text: str, subcommands: Collection[str], *, code: str = "`") -> str:
    """Advice that names commands of the terminal, naming those of Slack: `dr show INC-7` becomes /dr show INC-7."""

    def command(found: re.Match[str]) -> str:
        return f"{code}/{found[0]}{code}" if found[1] in subcommands else found[0]

    return ASSIGN.sub(f"{code}/dr assign commander @you{code}", TERMINAL.sub(command, text))


def refusal(error: DRError, subcommands: Collection[str]) -> str:
    """What was refused and what to do next, in mrkdwn."""
    words = f"{error.reason} {error.advice}".strip() if isinstance(error, Refused) else str(error)
    return in_slack(safe(words, LONGEST), subcommands)


def field_error(error: DRError, subcommands: Collection[str]) -> str:
    """The same, in plain text, as it stands at a field of a modal."""
    return in_slack(str(error), subcommands, code="")[:LONGEST]
