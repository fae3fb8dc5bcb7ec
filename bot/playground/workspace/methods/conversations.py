"""conversations.*: channels, their people, and their history."""

import re
from collections.abc import Iterable

from bot.playground.workspace.channels import Channel, Kind
from bot.playground.workspace.errors import SlackError, invalid_arguments
from bot.playground.workspace.messages import Message
from bot.playground.workspace.methods.call import HISTORY, INVITE, MANAGE, READ, TOPIC, Call, Scopes
from bot.playground.workspace.shapes import Json

TYPES: dict[str, Kind | None] = {"public_channel": "public", "private_channel": "private", "im": "im", "mpim": None}
NAME_MOST, NOTE_MOST, INVITED_MOST = 80, 250, 100


def list_all(call: Call) -> Json:
    """Pages first and filters then, as Slack does: a page may be short, even empty, though more comes."""
    kinds = wanted_kinds(call)
    for kind in kinds:
        call.core.tokens.need(*READ[kind])
    page, more = call.page([*call.state.channels.values()])
    shown = [
        it
        for it in page
        if it.kind in kinds and it.visible_to(call.me) and not (it.archived and call.args.flag("exclude_archived"))
    ]
    return {"channels": [counted(it, call) for it in shown]} | more


def wanted_kinds(call: Call) -> list[Kind]:
    names = call.args.listing("types") or ["public_channel"]
    if unknown := [it for it in names if it not in TYPES]:
        raise SlackError("invalid_types", needed=",".join(unknown))
    return [kind for it in names if (kind := TYPES[it]) is not None]


def counted(channel: Channel, call: Call) -> Json:
    shape = channel.shape(call.me)
    return shape if channel.kind == "im" else shape | {"num_members": len(channel.members)}


def info(call: Call) -> Json:
    channel = call.channel(scopes=READ)
    shape = channel.shape(call.me)
    if call.args.flag("include_num_members") and channel.kind != "im":
        shape["num_members"] = len(channel.members)
    return {"channel": shape}


def members(call: Call) -> Json:
    channel = call.channel(scopes=READ)
    page, more = call.page(channel.members)
    return {"members": page} | more


def create(call: Call) -> Json:
    kind: Kind = "private" if call.args.flag("is_private") else "public"
    call.core.tokens.need(*MANAGE[kind])
    name = valid_name(call)
    channel = call.state.create_channel(name, kind, call.me)
    return {"channel": channel.shape(call.me)}


def rename(call: Call) -> Json:
    channel = managed(call)
    name = valid_name(call)
    call.state.rename(channel, name, call.me)
    return {"channel": channel.shape(call.me)}


def valid_name(call: Call) -> str:
    """A new channel's name, or why Slack refuses it."""
    name = call.args.text("name", "")
    if not name:
        raise SlackError("invalid_name_required")
    if len(name) > NAME_MOST:
        raise SlackError("invalid_name_maxlength")
    if not re.search(r"[^\W_]", name):
        raise SlackError("invalid_name_punctuation")
    if not re.fullmatch(r"[\w-]+", name) or name != name.lower():
        raise SlackError("invalid_name_specials")
    if call.state.channel_named(name) is not None:
        raise SlackError("name_taken")
    return name


def managed(call: Call, scopes: Scopes = MANAGE) -> Channel:
    """A channel that the bot is in and that isn't archived, with the scope to change it."""
    return call.open_channel(call.joined(call.channel(scopes=scopes)))


def set_topic(call: Call) -> Json:
    return set_note(call, "topic")


def set_purpose(call: Call) -> Json:
    return set_note(call, "purpose")


def set_note(call: Call, what: str) -> Json:
    channel = managed(call, TOPIC)
    value = call.args.text(what, "")
    if len(value) > NOTE_MOST:
        raise SlackError("too_long")
    call.state.set_note(channel, what, value, call.me)
    return {"channel": channel.shape(call.me), what: value}


def invite(call: Call) -> Json:
    channel = managed(call, INVITE)
    users = call.args.listing("users")
    if not users:
        raise SlackError("no_user")
    if len(users) > INVITED_MOST:
        raise SlackError("too_many_users")
    refused = [{"user": it, "ok": False, "error": why} for it in users if (why := refusal(call, channel, it))]
    if refused and (not call.args.flag("force") or len(refused) == len(users)):
        raise SlackError(str(refused[0]["error"]), errors=refused)
    bad = {it["user"] for it in refused}
    for user in dict.fromkeys(users):
        if user not in bad:
            call.state.join(channel, user, call.me)
    shape: Json = {"channel": channel.shape(call.me)}
    return shape | ({"errors": refused} if refused else {})


def refusal(call: Call, channel: Channel, user: str) -> str:
    """Why this account can't be invited; nothing where it can."""
    person = call.state.people.get(user)
    if person is None:
        return "user_not_found"
    if user == call.me:
        return "cant_invite_self"
    if user in channel.members:
        return "already_in_channel"
    if person.deleted or person.is_stranger:
        return "cant_invite"
    return "ura_max_channels" if person.is_ultra_restricted else ""


def join(call: Call) -> Json:
    channel = call.open_channel(call.channel())
    if channel.kind != "public":
        raise SlackError("method_not_supported_for_channel_type")
    if call.me in channel.members:
        return {"channel": channel.shape(call.me), "warning": "already_in_channel"}
    call.state.join(channel, call.me)
    return {"channel": channel.shape(call.me)}


def leave(call: Call) -> Json:
    channel = call.channel(scopes=MANAGE)
    if call.me not in channel.members:
        return {"not_in_channel": True}
    call.state.leave(channel, call.me)
    return {}


def kick(call: Call) -> Json:
    channel = managed(call)
    user = call.person().id
    if user == call.me:
        raise SlackError("cant_kick_self")
    if user not in channel.members:
        raise SlackError("not_in_channel")
    call.state.leave(channel, user)
    return {}


def archive(call: Call) -> Json:
    channel = call.joined(call.channel(scopes=MANAGE))
    if channel.archived:
        raise SlackError("already_archived")
    call.state.archive(channel, call.me, archived=True)
    return {}


def unarchive(call: Call) -> Json:
    channel = call.channel(scopes=MANAGE)
    if not channel.archived:
        raise SlackError("not_archived")
    # Slack's documentation: "Bot tokens cannot currently be used to unarchive conversations."
    raise SlackError("not_in_channel")


def open_direct(call: Call) -> Json:
    if "channel" in call.args:
        channel = call.channel()
    else:
        users = call.args.listing("users")
        if len(users) != 1:
            raise SlackError("users_list_not_supplied" if not users else "method_not_supported_for_channel_type")
        person = call.state.people.get(users[0])
        if person is None:
            raise SlackError("user_not_found")
        channel = call.direct(person)
    shape = channel.shape(call.me) if call.args.flag("return_im") else {"id": channel.id}
    return {"channel": shape}


def history(call: Call) -> Json:
    channel = call.joined(call.channel(scopes=HISTORY))
    newest_first = [it for it in reversed([*channel.lasting()]) if within(it, call) and not is_reply(it)]
    page, more = call.page(newest_first)
    return listed(page, more, call) | {"pin_count": len(channel.pins)}


def replies(call: Call) -> Json:
    channel = call.joined(call.channel(scopes=HISTORY))
    root = call.args.text("ts")
    thread = [it for it in channel.lasting() if root in (it.ts, it.thread_ts) and within(it, call)]
    if not thread:
        raise SlackError("thread_not_found")
    page, more = call.page(thread)
    return listed(page, more, call)


def listed(messages: Iterable[Message], more: Json, call: Call) -> Json:
    shapes = [it.shape(metadata=call.args.flag("include_all_metadata")) for it in messages]
    return {"messages": shapes, "has_more": bool(more["response_metadata"]["next_cursor"])} | more


def is_reply(message: Message) -> bool:
    return message.thread_ts not in (None, message.ts)


def within(message: Message, call: Call) -> bool:
    """Between oldest and latest, which count themselves only with `inclusive`."""
    moment = float(message.ts)
    oldest, latest = bound(call, "oldest", 0.0), bound(call, "latest", float("inf"))
    if call.args.flag("inclusive"):
        return oldest <= moment <= latest
    return oldest < moment < latest


def bound(call: Call, name: str, default: float) -> float:
    text = call.args.text(name, "")
    try:
        return float(text) if text else default
    except ValueError as error:
        raise invalid_arguments(f"invalid timestamp [json-pointer:/{name}]") from error
