"""The events of the Events API: which change is one, for an app with these subscriptions, scopes and channels."""

from collections.abc import Iterator

from bot.playground.workspace.changes import (
    Change,
    ChannelChanged,
    HomeOpened,
    Joined,
    Left,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    Reacted,
)
from bot.playground.workspace.channels import Channel
from bot.playground.workspace.core import Core
from bot.playground.workspace.messages import Message
from bot.playground.workspace.methods.call import HISTORY, READ
from bot.playground.workspace.shapes import Json, new_id

CHANNEL_TYPES = {"public": "channel", "private": "group", "im": "im"}
MESSAGES = {"public": "message.channels", "private": "message.groups", "im": "message.im"}


def events(change: Change, core: Core) -> Iterator[Json]:
    """What the app is told; nothing where it may not see it."""
    match change:
        case MessagePosted(channel, message):
            yield from posted(core, channel, message)
        case MessageEdited(channel, message, before):
            edited: Json = {"message": message.shape(metadata=True), "previous_message": before}
            yield from message_event(core, channel, message, "message_changed", edited)
        case MessageDeleted(channel, message):
            deleted: Json = {"deleted_ts": message.ts, "previous_message": message.shape(metadata=True)}
            yield from message_event(core, channel, message, "message_deleted", deleted)
        case Reacted():
            yield from reacted(core, change)
        case Joined(channel, user, inviter):
            yield from membership(core, "member_joined_channel", channel, user, {"inviter": inviter} if inviter else {})
        case Left(channel, user):
            yield from membership(core, "member_left_channel", channel, user, {})
        case ChannelChanged(channel, event, user) if event:
            yield from channel_event(core, channel, event, user)
        case HomeOpened():
            yield from home_opened(core, change)
        case _:
            return


def posted(core: Core, channel: Channel, message: Message) -> Iterator[Json]:
    if message.only_for or core.app.user not in channel.members:
        return
    event = message.shape(metadata=True) | placed(core, channel)
    if subscribed(core, MESSAGES[channel.kind], HISTORY[channel.kind]):
        yield event
    mentioned = f"<@{core.app.user}>" in message.text and message.user != core.app.user
    if mentioned and channel.kind != "im" and subscribed(core, "app_mention", ("app_mentions:read",)):
        yield event | {"type": "app_mention"}


def message_event(core: Core, channel: Channel, message: Message, subtype: str, details: Json) -> Iterator[Json]:
    if message.only_for or core.app.user not in channel.members:
        return
    if subscribed(core, MESSAGES[channel.kind], HISTORY[channel.kind]):
        event: Json = {"type": "message", "subtype": subtype, "hidden": True, "ts": core.clock.ts()}
        yield event | details | placed(core, channel)


def placed(core: Core, channel: Channel) -> Json:
    return {"channel": channel.id, "channel_type": CHANNEL_TYPES[channel.kind], "event_ts": core.clock.ts()}


def reacted(core: Core, change: Reacted) -> Iterator[Json]:
    name = "reaction_added" if change.added else "reaction_removed"
    if core.app.user in change.channel.members and subscribed(core, name, ("reactions:read",)):
        item = {"type": "message", "channel": change.channel.id, "ts": change.message.ts}
        event: Json = {"type": name, "user": change.user, "reaction": change.name, "item": item}
        yield event | {"item_user": change.message.user, "event_ts": core.clock.ts()}


def membership(core: Core, name: str, channel: Channel, user: str, details: Json) -> Iterator[Json]:
    if channel.visible_to(core.app.user) and subscribed(core, name, READ[channel.kind]):
        letter = "G" if channel.kind == "private" else "C"
        event: Json = {"type": name, "user": user, "channel": channel.id, "channel_type": letter}
        yield event | {"team": core.state.team.id, "event_ts": core.clock.ts()} | details


def channel_event(core: Core, channel: Channel, event: str, user: str) -> Iterator[Json]:
    name = event.replace("channel_", "group_") if channel.kind == "private" else event
    if not channel.visible_to(core.app.user) or not subscribed(core, name, READ[channel.kind]):
        return
    shape = {"id": channel.id, "name": channel.name, "created": channel.created, "creator": channel.creator}
    whole = event in ("channel_created", "channel_rename")
    yield {"type": name, "channel": shape if whole else channel.id, "user": user, "event_ts": core.clock.ts()}


def home_opened(core: Core, change: HomeOpened) -> Iterator[Json]:
    if subscribed(core, "app_home_opened", ()):
        event: Json = {"type": "app_home_opened", "user": change.user, "channel": change.channel, "tab": change.tab}
        yield event | {"event_ts": core.clock.ts()} | ({"view": change.view} if change.view else {})


def subscribed(core: Core, event: str, scopes: tuple[str, ...]) -> bool:
    return event in core.app.events and (not scopes or bool(core.tokens.scopes.intersection(scopes)))


def wrapped(event: Json, core: Core) -> Json:
    """The payload of one event; its event_id stays through every retry."""
    team, app = core.state.team.id, core.app
    who = {"enterprise_id": None, "team_id": team, "user_id": app.user, "is_bot": True, "is_enterprise_install": False}
    payload: Json = {"token": "verification", "team_id": team, "context_team_id": team, "api_app_id": app.id}
    payload |= {"event": event, "type": "event_callback", "event_id": new_id("Ev")}
    payload |= {"event_time": int(core.clock.now()), "authorizations": [who], "is_ext_shared_channel": False}
    return payload
