"""One call of a method: what the methods share."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.playground.workspace.arguments import Arguments
from bot.playground.workspace.channels import Channel
from bot.playground.workspace.core import Core
from bot.playground.workspace.errors import SlackError
from bot.playground.workspace.messages import Message
from bot.playground.workspace.people import Person
from bot.playground.workspace.shapes import Json
from bot.playground.workspace.state import State

Scopes = Mapping[str, tuple[str, ...]]
READ: Scopes = {"public": ("channels:read",), "private": ("groups:read",), "im": ("im:read",)}
HISTORY: Scopes = {"public": ("channels:history",), "private": ("groups:history",), "im": ("im:history",)}
MANAGE: Scopes = {"public": ("channels:manage", "channels:write"), "private": ("groups:write",), "im": ("im:write",)}
TOPIC: Scopes = {**MANAGE, "public": (*MANAGE["public"], "channels:write.topic")}
INVITE: Scopes = {**MANAGE, "public": (*MANAGE["public"], "channels:write.invites")}


@dataclass
class Call:
    core: Core
    args: Arguments

    @property
    def state(self) -> State:
        return self.core.state

    @property
    def me(self) -> str:
        """The bot's account."""
        return self.core.app.user

    def channel(self, name: str = "channel", scopes: Scopes | None = None) -> Channel:
        """The channel of an argument as far as the bot sees it; channel_not_found else."""
        given = self.args.text(name, "")
        channel = self.state.channels.get(given)
        if channel is None or not channel.visible_to(self.me):
            raise SlackError("channel_not_found")
        if scopes is not None:
            self.core.tokens.need(*scopes[channel.kind])
        return channel

    def joined(self, channel: Channel) -> Channel:
        """Refuse where the bot isn't in it."""
        if self.me not in channel.members:
            raise SlackError("not_in_channel")
        return channel

    def open_channel(self, channel: Channel) -> Channel:
        if channel.archived:
            raise SlackError("is_archived")
        return channel

    def message(self, channel: Channel, name: str = "timestamp") -> Message:
        """A lasting message of the channel; message_not_found else."""
        message = channel.messages.get(self.args.text(name, ""))
        if message is None or message.only_for:
            raise SlackError("message_not_found")
        return message

    def person(self, name: str = "user") -> Person:
        person = self.state.people.get(self.args.text(name, ""))
        if person is None:
            raise SlackError("user_not_found")
        return person

    def direct(self, person: Person) -> Channel:
        """The bot's direct messages with somebody; neither with a bot nor with whoever has left."""
        if person.deleted:
            raise SlackError("user_disabled")
        if person.is_bot:
            raise SlackError("cannot_dm_bot")
        return self.state.direct(self.me, person.id)

    def page(self, items: Sequence[Any], default: int = 100) -> tuple[list[Any], Json]:
        """The items that cursor and limit ask for, and the response_metadata of the next ones."""
        limit = min(1000, max(1, self.args.number("limit", default)))
        cursor = self.args.text("cursor", "")
        start = read_cursor(cursor)
        more = start + limit < len(items)
        next_cursor = f"offset:{start + limit}" if more else ""
        return list(items[start : start + limit]), {"response_metadata": {"next_cursor": next_cursor}}


def read_cursor(cursor: str) -> int:
    if not cursor:
        return 0
    kind, _, offset = cursor.partition(":")
    if kind != "offset" or not re.fullmatch("[0-9]{1,9}", offset):
        raise SlackError("invalid_cursor")
    return int(offset)


@dataclass(frozen=True)
class Method:
    """scopes: one of them is needed; none: any token will do. tier: see limits. token: bot, app or any."""

    run: Callable[[Call], Json]
    scopes: tuple[str, ...] = ()
    tier: str = "3"
    token: str = "bot"
