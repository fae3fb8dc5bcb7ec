"""The workspace's people, channels and messages, and what can happen to them. In memory, without any I/O."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bot.playground.workspace.changes import (
    Change,
    ChannelChanged,
    Joined,
    Left,
    MessageDeleted,
    MessageEdited,
    MessageMarked,
    MessagePosted,
    Reacted,
)
from bot.playground.workspace.channels import Channel, Kind, Note, default_channels
from bot.playground.workspace.clock import Clock
from bot.playground.workspace.installed import InstalledApp
from bot.playground.workspace.messages import Message
from bot.playground.workspace.people import Group, Person, default_groups, default_people
from bot.playground.workspace.shapes import Json, new_id


@dataclass(frozen=True)
class Team:
    id: str = "T0DR"
    name: str = "Example Shop"
    domain: str = "example-shop"


class State:
    """Callers hold the workspace's lock; whoever listens is told of each change at once."""

    def __init__(
        self, clock: Clock, app: InstalledApp, people: Sequence[Person] | None, groups: Sequence[Group] | None
    ) -> None:
        self.team = Team()
        self.clock = clock
        self.app = app
        self._listeners: list[Callable[[Change], None]] = []
        everybody = default_people() if people is None else people
        self.people = {it.id: it for it in (*everybody, bot_account(app))}
        self.groups = {it.id: it for it in (default_groups() if groups is None else groups)}
        full = [it.id for it in everybody if it.can_act and not it.guest and not it.is_stranger]
        self.channels = {it.id: it for it in default_channels(full, app.user)}

    def listen(self, listener: Callable[[Change], None]) -> None:
        self._listeners.append(listener)

    def tell(self, change: Change) -> None:
        for listener in list(self._listeners):
            listener(change)

    # Channels

    def channel_named(self, name: str) -> Channel | None:
        return next((it for it in self.channels.values() if it.name == name and it.kind != "im"), None)

    def seen(self, user: str, channel_id: str) -> Channel:
        """A channel as far as this person sees it. KeyError: for them there is none."""
        channel = self.channels[channel_id]
        if not channel.visible_to(user):
            raise KeyError(channel_id)
        return channel

    def seen_message(self, user: str, channel_id: str, ts: str) -> tuple[Channel, Message]:
        """The same for a message, with its channel."""
        channel = self.seen(user, channel_id)
        message = channel.messages[ts]
        if message.only_for not in ("", user):
            raise KeyError(ts)
        return channel, message

    def create_channel(self, name: str, kind: Kind, creator: str) -> Channel:
        channel = Channel(new_id("C"), name, kind, [creator], creator, int(self.clock.now()))
        self.channels[channel.id] = channel
        self.tell(ChannelChanged(channel, "channel_created" if kind == "public" else "", creator))
        return channel

    def direct(self, user: str, other: str) -> Channel:
        """The direct messages of two, made if needed."""
        for channel in self.channels.values():
            if channel.kind == "im" and set(channel.members) == {user, other}:
                return channel
        channel = Channel(new_id("D"), "", "im", list(dict.fromkeys((user, other))), user, int(self.clock.now()))
        self.channels[channel.id] = channel
        self.tell(ChannelChanged(channel))
        return channel

    def join(self, channel: Channel, user: str, inviter: str = "") -> None:
        channel.members.append(user)
        channel.read[user] = self.clock.ts()
        details: Json = {"inviter": inviter} if inviter else {}
        self._system(channel, user, "join", f"<@{user}> has joined the channel", details)
        self.tell(Joined(channel, user, inviter))

    def leave(self, channel: Channel, user: str) -> None:
        channel.members.remove(user)
        self._system(channel, user, "leave", f"<@{user}> has left the channel", {})
        self.tell(Left(channel, user))

    def rename(self, channel: Channel, name: str, user: str) -> None:
        channel.previous_names.insert(0, channel.name)
        details: Json = {"old_name": channel.name, "name": name}
        channel.name = name
        self._system(
            channel, user, "name", f'has renamed the channel from "{details["old_name"]}" to "{name}"', details
        )
        self.tell(ChannelChanged(channel, "channel_rename", user))

    def set_note(self, channel: Channel, what: str, value: str, user: str) -> None:
        """Set the topic or the purpose (what)."""
        note = Note(value, user, int(self.clock.now()))
        if what == "topic":
            channel.topic = note
        else:
            channel.purpose = note
        self._system(channel, user, what, f"set the channel {what}: {value}", {what: value})
        self.tell(ChannelChanged(channel))

    def archive(self, channel: Channel, user: str, *, archived: bool) -> None:
        word = "archive" if archived else "unarchive"
        if archived:
            self._system(channel, user, "archive", "archived the channel", {})
        channel.archived = archived
        self.tell(ChannelChanged(channel, f"channel_{word}", user))

    def delete_channel(self, channel: Channel) -> None:
        del self.channels[channel.id]
        self.tell(ChannelChanged(channel, "channel_deleted"))
        channel.members.clear()

    def _system(self, channel: Channel, user: str, what: str, text: str, details: Json) -> None:
        prefix = "group" if channel.kind == "private" else "channel"
        self.post(channel, Message(self.clock.ts(), user, text, subtype=f"{prefix}_{what}", details=details))

    # Messages

    def post(self, channel: Channel, message: Message) -> Message:
        channel.messages[message.ts] = message
        self.tell(MessagePosted(channel, message))
        parent = channel.messages.get(message.thread_ts or "")
        if parent is not None and parent is not message:
            count_reply(parent, message)
            self.tell(MessageMarked(channel, parent))
        return message

    def edit(self, channel: Channel, message: Message, before: Json) -> None:
        """The message was changed by the caller; `before` is its old shape."""
        message.edited = {"user": message.user, "ts": f"{int(self.clock.now())}.000000"}
        self.tell(MessageEdited(channel, message, before))

    def delete(self, channel: Channel, message: Message) -> None:
        del channel.messages[message.ts]
        if message.ts in channel.pins:
            channel.pins.remove(message.ts)
        self.tell(MessageDeleted(channel, message))

    def react(self, channel: Channel, message: Message, user: str, name: str, *, added: bool) -> bool:
        """Whether it changed anything."""
        by = message.reactions.setdefault(name, [])
        changed = (user in by) != added
        if changed:
            (by.append if added else by.remove)(user)
        if not by:
            del message.reactions[name]
        if changed:
            self.tell(Reacted(channel, message, user, name, added))
        return changed

    def pin(self, channel: Channel, message: Message, *, pinned: bool) -> None:
        (channel.pins.append if pinned else channel.pins.remove)(message.ts)
        self.tell(MessageMarked(channel, message))
        self.tell(ChannelChanged(channel))

    def find(self, ts: str) -> Iterator[tuple[Channel, Message]]:
        """Where a message with this identity is."""
        for channel in self.channels.values():
            if ts in channel.messages:
                yield channel, channel.messages[ts]


def count_reply(parent: Message, reply: Message) -> None:
    parent.thread_ts = parent.ts
    users = list(dict.fromkeys([*parent.details.get("reply_users", ()), reply.user]))
    count = int(parent.details.get("reply_count", 0)) + 1
    parent.details |= {"reply_count": count, "reply_users": users, "latest_reply": reply.ts}


def bot_account(app: InstalledApp) -> Person:
    return Person(app.user, app.name.lower().replace(" ", ""), app.name, color="1d6f8b", is_bot=True)
