"""Every method of the Web API: its function, one of the scopes that it needs, its tier, and the token that it takes.

Where the scope depends on the kind of channel, the function asks for the exact one.
"""

from collections.abc import Mapping

from bot.playground.workspace.methods import chat, conversations, marks, people, platform, views
from bot.playground.workspace.methods.call import Method

READ = ("channels:read", "groups:read", "im:read")
HISTORY = ("channels:history", "groups:history", "im:history")
MANAGE = ("channels:manage", "channels:write", "groups:write")
TOPIC = (*MANAGE, "channels:write.topic")
CHAT = ("chat:write",)

METHODS: Mapping[str, Method] = {
    "api.test": Method(platform.api_test, tier="4", token="none"),
    "apps.connections.open": Method(platform.open_connection, tier="1", token="app"),
    "auth.test": Method(platform.auth_test, tier="many", token="any"),
    "team.info": Method(platform.team_info, ("team:read",), "3"),
    "bookmarks.add": Method(marks.add_bookmark, ("bookmarks:write",), "2"),
    "bookmarks.edit": Method(marks.edit_bookmark, ("bookmarks:write",), "2"),
    "bookmarks.list": Method(marks.bookmarks, ("bookmarks:read",), "3"),
    "bookmarks.remove": Method(marks.remove_bookmark, ("bookmarks:write",), "2"),
    "chat.delete": Method(chat.delete, CHAT),
    "chat.getPermalink": Method(chat.get_permalink, tier="many"),
    "chat.postEphemeral": Method(chat.post_ephemeral, CHAT, "4"),
    "chat.postMessage": Method(chat.post_message, CHAT, "posts"),
    "chat.update": Method(chat.update, CHAT),
    "conversations.archive": Method(conversations.archive, MANAGE, "2"),
    "conversations.create": Method(conversations.create, MANAGE, "2"),
    "conversations.history": Method(conversations.history, HISTORY),
    "conversations.info": Method(conversations.info, READ),
    "conversations.invite": Method(conversations.invite, (*MANAGE, "channels:write.invites")),
    "conversations.join": Method(conversations.join, ("channels:join",)),
    "conversations.kick": Method(conversations.kick, MANAGE),
    "conversations.leave": Method(conversations.leave, MANAGE),
    "conversations.list": Method(conversations.list_all, READ, "2"),
    "conversations.members": Method(conversations.members, READ, "4"),
    "conversations.open": Method(conversations.open_direct, ("im:write",)),
    "conversations.rename": Method(conversations.rename, MANAGE, "2"),
    "conversations.replies": Method(conversations.replies, HISTORY),
    "conversations.setPurpose": Method(conversations.set_purpose, TOPIC, "2"),
    "conversations.setTopic": Method(conversations.set_topic, TOPIC, "2"),
    "conversations.unarchive": Method(conversations.unarchive, MANAGE, "2"),
    "files.completeUploadExternal": Method(platform.complete_upload, ("files:write",), "4"),
    "files.getUploadURLExternal": Method(platform.upload_url, ("files:write",), "4"),
    "pins.add": Method(marks.pin, ("pins:write",), "2"),
    "pins.list": Method(marks.pins, ("pins:read",), "2"),
    "pins.remove": Method(marks.unpin, ("pins:write",), "2"),
    "reactions.add": Method(marks.react, ("reactions:write",)),
    "reactions.get": Method(marks.reactions, ("reactions:read",)),
    "reactions.remove": Method(marks.unreact, ("reactions:write",), "2"),
    "usergroups.list": Method(people.groups, ("usergroups:read",), "2"),
    "usergroups.users.list": Method(people.group_users, ("usergroups:read",), "2"),
    "users.info": Method(people.info, ("users:read",), "4"),
    "users.list": Method(people.list_all, ("users:read",), "2"),
    "users.lookupByEmail": Method(people.lookup_by_email, ("users:read.email",)),
    "views.open": Method(views.open_view, tier="4"),
    "views.publish": Method(views.publish, tier="4"),
    "views.push": Method(views.push, tier="4"),
    "views.update": Method(views.update, tier="4"),
}
