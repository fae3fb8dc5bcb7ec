"""chat.*: posting, editing, deleting."""

import json
from typing import Any

from bot.playground.workspace.blocks import checked_blocks
from bot.playground.workspace.channels import Channel
from bot.playground.workspace.errors import SlackError
from bot.playground.workspace.messages import Message
from bot.playground.workspace.methods.call import Call
from bot.playground.workspace.shapes import Json

TEXT_MOST, UPDATE_MOST, ATTACHMENTS_MOST = 40_000, 4_000, 100
METADATA_MOST = 16_000  # not documented; a generous guess
BROADCASTS = ("channel", "here", "everyone")


def post_message(call: Call) -> Json:
    channel = writable(call, destination(call))
    if channel.kind == "im" and not call.core.app.has_messages_tab:
        raise SlackError("messages_tab_disabled")
    message = new_message(call)
    call.core.limits.post(channel.id)
    call.state.post(channel, message)
    return {"channel": channel.id, "ts": message.ts, "message": message.shape(metadata=True)}


def post_ephemeral(call: Call) -> Json:
    channel = writable(call, destination(call))
    user = call.args.text("user", "")
    if user not in call.state.people:
        raise SlackError("user_not_found")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    message = new_message(call)
    message.only_for = user
    call.state.post(channel, message)
    return {"message_ts": message.ts}


def update(call: Call) -> Json:
    channel = writable(call, call.channel())
    message = call.message(channel, "ts")
    if message.user != call.me:
        raise SlackError("cant_update_message")
    before = message.shape(metadata=True)
    change(call, message)
    call.state.edit(channel, message, before)
    shown = {"text": message.text, "message": message.shape(metadata=True)}
    return {"channel": channel.id, "ts": message.ts, **shown}


def change(call: Call, message: Message) -> None:
    """What isn't given stays; an empty array or object takes it away."""
    text, blocks, attachments = content(call)
    if len(text) > UPDATE_MOST:
        raise SlackError("msg_too_long")
    metadata = read_metadata(call)
    message.text = text if "text" in call.args else message.text
    if "blocks" in call.args:
        message.blocks = blocks or None
    if "attachments" in call.args:
        message.attachments = attachments or None
    if "metadata" in call.args:
        message.metadata = metadata


def delete(call: Call) -> Json:
    channel = call.joined(call.channel())
    message = call.message(channel, "ts")
    if message.user != call.me:
        raise SlackError("cant_delete_message")
    call.state.delete(channel, message)
    return {"channel": channel.id, "ts": message.ts}


def get_permalink(call: Call) -> Json:
    channel = call.channel()
    message = call.message(channel, "message_ts")
    link = f"{call.core.permalink_base}/{channel.id}/p{message.ts.replace('.', '')}"
    return {"channel": channel.id, "permalink": link}


def destination(call: Call) -> Channel:
    """A channel's id or name; a person's id means the direct messages with them."""
    given = call.args.text("channel", "")
    if given in call.state.people:
        return call.direct(call.state.people[given])
    named = call.state.channel_named(given.removeprefix("#"))
    if named is not None and named.visible_to(call.me):
        return named
    return call.channel()


def writable(call: Call, channel: Channel) -> Channel:
    """The bot is in it, and it isn't archived."""
    if call.me not in channel.members and not (
        channel.kind == "public" and "chat:write.public" in call.core.tokens.scopes
    ):
        raise SlackError("not_in_channel")
    return call.open_channel(channel)


def new_message(call: Call) -> Message:
    text, blocks, attachments = content(call)
    app = call.core.app
    message = Message(call.core.clock.ts(), app.user, text, blocks, attachments, bot=app.bot, app=app.id)
    message.metadata = read_metadata(call)
    thread = call.args.text("thread_ts", "")
    if thread:
        message.thread_ts = thread
    return message


def content(call: Call) -> tuple[str, list[Json] | None, list[Json] | None]:
    """Text, blocks and attachments, each checked; no_text where nothing is said."""
    args = call.args
    text = args.text("text", "")[:TEXT_MOST]
    given = args.json("blocks", SlackError("invalid_blocks_format"))
    blocks = None if given is None else checked_blocks(given)
    attachments = read_attachments(args.json("attachments", SlackError("invalid_attachments")))
    if not text.strip() and not blocks and not attachments:
        raise SlackError("no_text")
    if args.flag("link_names") or args.text("parse", "") == "full":
        text = broadcasting(text)
    return text, blocks, attachments


def broadcasting(text: str) -> str:
    """With link_names a bare @channel is live."""
    for word in BROADCASTS:
        text = text.replace(f"@{word}", f"<!{word}>")
    return text


def read_attachments(given: Any) -> list[Json] | None:
    if given is None:
        return None
    if not isinstance(given, list) or not all(isinstance(it, dict) for it in given):
        raise SlackError("invalid_attachments")
    if len(given) > ATTACHMENTS_MOST:
        raise SlackError("too_many_attachments")
    read: list[Json] = []
    for number, attachment in enumerate(given, start=1):
        blocks = {"blocks": checked_blocks(attachment["blocks"])} if "blocks" in attachment else {}
        read.append({**attachment, **blocks, "id": number})
    return read


def read_metadata(call: Call) -> Json | None:
    given = call.args.json("metadata", SlackError("invalid_metadata_format"))
    if not given:
        return None
    well = isinstance(given, dict) and isinstance(given.get("event_type"), str)
    if not well or not isinstance(given.get("event_payload"), dict):
        raise SlackError("invalid_metadata_format")
    if len(json.dumps(given)) > METADATA_MOST:
        raise SlackError("metadata_too_large")
    return dict(given)
