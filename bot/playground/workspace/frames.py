"""What the page is sent: PROTOCOL.md's shapes, and which change is which frame for whom."""

from collections.abc import Iterator

from bot.playground.workspace.changes import (
    BotChanged,
    Change,
    ChannelChanged,
    HomePublished,
    Joined,
    Left,
    MessageDeleted,
    MessageEdited,
    MessageMarked,
    MessagePosted,
    Noticed,
    PanelChanged,
    Reacted,
    ViewsChanged,
)
from bot.playground.workspace.channels import Channel
from bot.playground.workspace.core import Core
from bot.playground.workspace.messages import Message
from bot.playground.workspace.shapes import Json

SHOWN = 200


def state_shape(core: Core, user: str, connected: int) -> Json:
    """Everything that the page needs at first."""
    state, app, home = core.state, core.app, core.views.home(user)
    return {
        "ok": True,
        "team": {"id": state.team.id, "name": state.team.name, "domain": state.team.domain},
        "me": user,
        "bot": bot_shape(core, connected),
        "people": [person_shape(core, it) for it in state.people],
        "groups": [
            {"id": it.id, "handle": it.handle, "name": it.name, "users": list(it.users)}
            for it in state.groups.values()
            if not it.disabled
        ],
        "channels": [channel_shape(it, user) for it in state.channels.values() if it.visible_to(user)],
        "commands": command_shapes(core),
        "shortcuts": [{"type": it.type, "callback_id": it.callback_id, "name": it.name} for it in app.shortcuts],
        "views": view_shapes(core, user),
        "home": core.views.shape(home) if home else None,
        "panel": core.panel.shape(),
    }


def bot_shape(core: Core, connected: int) -> Json:
    app = core.app
    shape: Json = {"user_id": app.user, "app_id": app.id, "name": app.name, "connected": connected}
    return shape | {"takes_messages": app.takes_messages}


def person_shape(core: Core, user: str) -> Json:
    it = core.state.people[user]
    shape: Json = {"id": it.id, "name": it.name, "real_name": it.real_name, "title": it.title, "color": it.color}
    shape |= {"is_bot": it.is_bot, "deleted": it.deleted, "guest": it.guest, "stranger": it.is_stranger}
    return shape | {"can_act": it.can_act}


def command_shapes(core: Core) -> list[Json]:
    words = [{"name": it.name, "hint": it.hint, "description": it.description} for it in core.app.subcommands]
    return [
        {"command": it.command, "description": it.description, "usage_hint": it.usage_hint, "subcommands": words}
        for it in core.app.commands
    ]


def channel_shape(channel: Channel, user: str) -> Json:
    seen = list(channel.seen_by(user))
    read = channel.read.get(user, "")
    shape: Json = {"id": channel.id, "name": channel.name, "kind": channel.kind, "archived": channel.archived}
    shape |= {"topic": channel.topic.value, "purpose": channel.purpose.value, "member": user in channel.members}
    shape |= {"members": list(channel.members), "unread": sum(it.ts > read and it.user != user for it in seen)}
    shape |= {"last_ts": seen[-1].ts if seen else None, "pins": list(channel.pins)}
    shape["bookmarks"] = [{name: it[name] for name in ("id", "title", "link", "emoji")} for it in channel.bookmarks]
    return shape | ({"with": channel.other(user)} if channel.kind == "im" else {})


def message_shape(channel: Channel, message: Message) -> Json:
    extra = {"channel": channel.id, "pinned": message.ts in channel.pins, "is_ephemeral": bool(message.only_for)}
    return message.shape() | extra


def message_shapes(channel: Channel, user: str) -> list[Json]:
    return [message_shape(channel, it) for it in [*channel.seen_by(user)][-SHOWN:]]


def view_shapes(core: Core, user: str) -> list[Json]:
    return [core.views.shape(it) for it in core.views.stack(user)]


def frames(change: Change, core: Core, user: str, connected: int) -> Iterator[Json]:
    """What this person's page must know of a change."""
    match change:
        case MessagePosted(channel, message):
            if sees(user, channel, message):
                yield message_frame("message", channel, message)
                yield channel_frame(channel, user)
        case MessageEdited(channel, message) | MessageMarked(channel, message) | Reacted(channel, message):
            if sees(user, channel, message):
                yield message_frame("message_changed", channel, message)
        case MessageDeleted(channel, message):
            if sees(user, channel, message):
                yield {"type": "message_deleted", "channel": channel.id, "ts": message.ts}
                yield channel_frame(channel, user)
        case ChannelChanged(channel) | Joined(channel) | Left(channel):
            gone = channel.id not in core.state.channels or not channel.visible_to(user)
            yield {"type": "channel_gone", "channel": channel.id} if gone else channel_frame(channel, user)
        case _:
            yield from own_frames(change, core, user, connected)


def own_frames(change: Change, core: Core, user: str, connected: int) -> Iterator[Json]:
    """What concerns no channel."""
    match change:
        case ViewsChanged(owner) if owner == user:
            yield {"type": "views", "views": view_shapes(core, user)}
        case HomePublished(owner) if owner == user:
            home = core.views.home(user)
            yield {"type": "home", "home": core.views.shape(home) if home else None}
        case Noticed(owner, text) if owner == user:
            yield {"type": "notice", "text": text}
        case PanelChanged():
            yield {"type": "panel", "panel": core.panel.shape()}
        case BotChanged():
            yield {"type": "bot", "bot": bot_shape(core, connected)}


def sees(user: str, channel: Channel, message: Message) -> bool:
    return channel.visible_to(user) and message.only_for in ("", user)


def message_frame(kind: str, channel: Channel, message: Message) -> Json:
    return {"type": kind, "channel": channel.id, "message": message_shape(channel, message)}


def channel_frame(channel: Channel, user: str) -> Json:
    return {"type": "channel", "channel": channel_shape(channel, user)}
