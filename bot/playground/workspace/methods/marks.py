"""pins.*, bookmarks.* and reactions.*"""

import re

from bot.playground.workspace.changes import ChannelChanged
from bot.playground.workspace.channels import Channel
from bot.playground.workspace.errors import SlackError
from bot.playground.workspace.methods.call import READ, Call
from bot.playground.workspace.shapes import Json, new_id

PINS_MOST = 100


def pin(call: Call) -> Json:
    channel = call.open_channel(call.joined(call.channel()))
    message = call.message(channel)
    if message.ts in channel.pins:
        raise SlackError("already_pinned")
    if len(channel.pins) >= PINS_MOST:
        raise SlackError("too_many_pins")
    call.state.pin(channel, message, pinned=True)
    return {}


def unpin(call: Call) -> Json:
    channel = call.joined(call.channel())
    message = call.message(channel)
    if message.ts not in channel.pins:
        raise SlackError("no_pin")
    call.state.pin(channel, message, pinned=False)
    return {}


def pins(call: Call) -> Json:
    channel = call.joined(call.channel())
    shown = [it for ts in channel.pins if (it := channel.messages.get(ts))]
    return {"items": [{"type": "message", "channel": channel.id, "message": it.shape()} for it in shown]}


def add_bookmark(call: Call) -> Json:
    channel = bookmarked_channel(call)
    if call.args.text("type") != "link":
        raise SlackError("invalid_bookmark_type")
    now = int(call.core.clock.now())
    bookmark: Json = {"id": new_id("Bk"), "channel_id": channel.id, "title": call.args.text("title")}
    bookmark |= {"link": valid_link(call), "emoji": call.args.text("emoji", ""), "icon_url": None, "type": "link"}
    bookmark |= {"entity_id": None, "date_created": now, "date_updated": 0, "rank": "a", "app_id": call.core.app.id}
    bookmark |= {"last_updated_by_user_id": call.me, "last_updated_by_team_id": call.state.team.id}
    channel.bookmarks.append(bookmark)
    call.state.tell(ChannelChanged(channel))
    return {"bookmark": bookmark}


def edit_bookmark(call: Call) -> Json:
    channel = bookmarked_channel(call)
    bookmark = known_bookmark(call, channel)
    given = {name: call.args.text(name) for name in ("title", "emoji") if name in call.args}
    bookmark |= given | ({"link": valid_link(call)} if "link" in call.args else {})
    bookmark["date_updated"] = int(call.core.clock.now())
    call.state.tell(ChannelChanged(channel))
    return {"bookmark": bookmark}


def remove_bookmark(call: Call) -> Json:
    channel = bookmarked_channel(call)
    channel.bookmarks.remove(known_bookmark(call, channel))
    call.state.tell(ChannelChanged(channel))
    return {}


def bookmarks(call: Call) -> Json:
    return {"bookmarks": list(bookmarked_channel(call).bookmarks)}


def bookmarked_channel(call: Call) -> Channel:
    return call.open_channel(call.joined(call.channel("channel_id")))


def known_bookmark(call: Call, channel: Channel) -> Json:
    for bookmark in channel.bookmarks:
        if bookmark["id"] == call.args.text("bookmark_id"):
            return bookmark
    raise SlackError("not_found")


def valid_link(call: Call) -> str:
    link = call.args.text("link")
    if not re.fullmatch(r"https?://\S+", link):
        raise SlackError("invalid_link")
    return link


def react(call: Call) -> Json:
    return reacting(call, added=True, refusal="already_reacted")


def unreact(call: Call) -> Json:
    return reacting(call, added=False, refusal="no_reaction")


def reacting(call: Call, *, added: bool, refusal: str) -> Json:
    channel = call.open_channel(call.joined(call.channel()))
    message = call.message(channel)
    name = call.args.text("name").strip(":")
    if not re.fullmatch(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?", name):
        raise SlackError("invalid_name")
    if not call.state.react(channel, message, call.me, name, added=added):
        raise SlackError(refusal)
    return {}


def reactions(call: Call) -> Json:
    channel = call.channel(scopes=READ)
    message = call.message(channel)
    shape = message.shape() | {"reactions": message.reaction_shapes()}
    return {"type": "message", "channel": channel.id, "message": shape}
