"""What the bot needs of Slack, in one table: the methods that it calls, the events that it hears, and their scopes.

`manifest.yml` asks for exactly these, and `dr doctor` compares them with what was granted.
"""

from collections.abc import Mapping
from itertools import chain

APP_TOKEN_SCOPE = "connections:write"  # noqa: S105 - a scope's name; it is the app token's, not the bot's
MANAGE = ("channels:manage", "groups:write")  # private incidents have private channels
READ = ("channels:read", "groups:read")
HISTORY = ("channels:history", "groups:history", "im:history")  # where the bot posts: to find its own posts again

METHODS: Mapping[str, tuple[str, ...]] = {
    "apps.connections.open": (),
    "auth.test": (),
    "bookmarks.add": ("bookmarks:write",),
    "chat.delete": ("chat:write",),
    "chat.postEphemeral": ("chat:write",),
    "chat.postMessage": ("chat:write",),
    "chat.update": ("chat:write",),
    "conversations.create": MANAGE,
    "conversations.history": HISTORY,
    "conversations.info": READ,
    "conversations.invite": MANAGE,
    "conversations.list": READ,
    "conversations.open": ("im:write",),
    "conversations.setTopic": MANAGE,
    "pins.add": ("pins:write",),
    "reactions.add": ("reactions:write",),
    "reactions.remove": ("reactions:write",),
    "usergroups.users.list": ("usergroups:read",),
    "users.info": ("users:read",),
    "views.open": (),
    "views.publish": (),
    "views.push": (),
    "views.update": (),
}
EVENTS: Mapping[str, tuple[str, ...]] = {
    "app_home_opened": (),
    "channel_archive": ("channels:read",),
    "channel_deleted": ("channels:read",),
    "group_archive": ("groups:read",),
    "group_deleted": ("groups:read",),
    "member_left_channel": ("channels:read", "groups:read"),
    "reaction_added": ("reactions:read",),
    "reaction_removed": ("reactions:read",),
}
FEATURES: Mapping[str, tuple[str, ...]] = {"/dr": ("commands",), "add_to_timeline": ("commands",)}

SCOPES = frozenset(chain.from_iterable((*METHODS.values(), *EVENTS.values(), *FEATURES.values())))
"""The bot token's scopes: no more, no fewer."""


def users_of(scope: str) -> tuple[str, ...]:
    """What needs a scope, by name."""
    every = (*METHODS.items(), *EVENTS.items(), *FEATURES.items())
    return tuple(name for name, scopes in every if scope in scopes)
