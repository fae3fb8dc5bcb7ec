"""What becomes of the text that people type: Slack escapes it, and turns names and addresses into its own forms."""

import re

from bot.playground.workspace.state import State

PERSON = re.compile(r"(?<![\w;])@([\w.\-]+)")
CHANNEL = re.compile(r"(?<![\w&])#([\w\-]+)")
ADDRESS = re.compile(r"https?://[^\s<>|]+")
BROADCASTS = ("here", "channel", "everyone")


def typed_text(state: State, text: str) -> str:
    """As a message holds it: <@U0BOB>, <#C0OPS|>, <https://…>, everything else escaped."""
    return linked(state, text, named=False)


def command_text(state: State, text: str) -> str:
    """As a command with should_escape gets it: <@U0BOB|bob>, <#C0OPS|ops>."""
    return linked(state, text, named=True)


def linked(state: State, text: str, *, named: bool) -> str:
    def person(match: re.Match[str]) -> str:
        word = match[1].rstrip(".")
        rest = match[1][len(word) :]
        return (mention(state, word, named=named) or f"@{word}") + rest

    def channel(match: re.Match[str]) -> str:
        found = state.channel_named(match[1])
        return f"<#{found.id}|{found.name if named else ''}>" if found else match[0]

    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    parts = ADDRESS.split(escaped)
    addresses = [f"<{it}>" for it in ADDRESS.findall(escaped)] + [""]
    said = [CHANNEL.sub(channel, PERSON.sub(person, it)) for it in parts]
    return "".join(part + address for part, address in zip(said, addresses, strict=True))


def mention(state: State, word: str, *, named: bool) -> str:
    """Nothing where nobody is called that."""
    for person in state.people.values():
        if person.name == word:
            return f"<@{person.id}|{person.name}>" if named else f"<@{person.id}>"
    for group in state.groups.values():
        if group.handle == word:
            return f"<!subteam^{group.id}|@{group.handle}>" if named else f"<!subteam^{group.id}>"
    return f"<!{word}>" if word in BROADCASTS else ""
