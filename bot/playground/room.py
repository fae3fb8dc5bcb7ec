"""An incident's channel as a person reads it: what stands in each message of the bot, and what it asks for."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import chain

from rich.text import Text

from bot.playground.shown import shown
from bot.playground.workspace.messages import Message
from bot.playground.workspace.shapes import Json
from bot.playground.workspace.workspace import Workspace

BUTTON = "control:"
TITLE = re.compile(r"\d+ · .+?(?= · |$)")
HOW_MANY = re.compile(r"\b(One|\d+)(?: more)? of @")


@dataclass(frozen=True)
class Post:
    """One message of the bot. `buttons` is verb -> label, `asked` the ids of those whom it names as asked.

    `plan` is the opaque id of its Approve button, which another plan would not have.
    """

    key: str
    ts: str
    text: Text
    buttons: Mapping[str, str]
    asked: tuple[str, ...]
    plan: str = ""

    @property
    def heading(self) -> Text:
        return self.text.split("\n")[0]

    @property
    def title(self) -> str:
        """`6 · Promote the replica`; the whole heading of a message that is about no step."""
        heading = self.heading.plain
        found = TITLE.search(heading) if self.step else None
        return found[0] if found else heading

    @property
    def step(self) -> str:
        """The step's id in the runbook; empty for another message."""
        return self.key.split("/")[2] if self.key.startswith("step/") else ""

    @property
    def missing(self) -> int:
        """How many approvals it still asks for."""
        found = HOW_MANY.search(self.text.plain)
        return 0 if found is None else 1 if found[1] == "One" else int(found[1])


class Room:
    """The channel of one incident. `id` is the channel's."""

    def __init__(self, workspace: Workspace, id: str) -> None:
        self.workspace = workspace
        self.id = id
        self._read: dict[str, tuple[object, Post]] = {}

    def posts(self) -> list[Post]:
        """The bot's messages as they stand now, oldest first."""
        with self.workspace.core.changed:
            messages = [it for it in self.workspace.channel(self.id).lasting() if key_of(it)]
            return [self._post(it) for it in messages]

    def post(self, key: str) -> Post | None:
        return next((it for it in self.posts() if it.key == key), None)

    def _post(self, message: Message) -> Post:
        """Each content is read once: an edit brings new blocks."""
        blocks, post = self._read.get(message.ts, (None, None))
        if post is None or blocks is not message.blocks:
            post = self._anew(message)
            self._read[message.ts] = (message.blocks, post)
        return post

    def _anew(self, message: Message) -> Post:
        shape = message.shape()
        blocks: Sequence[Json] = shape.get("blocks", ())
        found = {it["action_id"].removeprefix(BUTTON): it for it in buttons(blocks)}
        return Post(
            key_of(message),
            message.ts,
            shown(shape, self.name),
            {verb: unescape(it["text"]["text"]) for verb, it in found.items()},
            tuple(mentioned(blocks)),
            found.get("approve", {}).get("value", ""),
        )

    def name(self, id: str) -> str:
        return called(self.workspace, id)


def called(workspace: Workspace, id: str) -> str:
    """`@Bob Brown`, `#oncall`; a person's id without any."""
    state = workspace.core.state
    if id in state.people:
        return f"@{state.people[id].real_name}"
    return f"#{state.channels[id].name}" if id in state.channels else id


def key_of(message: Message) -> str:
    """Which of the bot's messages it is; empty for one of somebody else."""
    payload = (message.metadata or {}).get("event_payload", {})
    return str(payload.get("key", ""))


def buttons(blocks: Sequence[Json]) -> Iterator[Json]:
    return chain.from_iterable(it["elements"] for it in blocks if it["type"] == "actions")


def mentioned(blocks: Sequence[Json]) -> Iterator[str]:
    """The people in its rich text."""
    for block in (it for it in blocks if it["type"] == "rich_text"):
        for part in block["elements"]:
            yield from (it["user_id"] for it in part["elements"] if it["type"] == "user")
