"""The app that is installed in the workspace: its commands, shortcuts, events and scopes, as its manifest says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.playground.workspace.people import BOT, BOT_USER

APP = "A0DRBOT"
SCOPES = frozenset(
    [
        "app_mentions:read",
        "bookmarks:read",
        "bookmarks:write",
        "channels:history",
        "channels:join",
        "channels:manage",
        "channels:read",
        "chat:write",
        "commands",
        "files:write",
        "groups:history",
        "groups:read",
        "groups:write",
        "im:history",
        "im:read",
        "im:write",
        "pins:read",
        "pins:write",
        "reactions:read",
        "reactions:write",
        "usergroups:read",
        "users:read",
        "users:read.email",
    ]
)
EVENTS = frozenset(
    [
        "app_home_opened",
        "app_mention",
        "channel_archive",
        "channel_created",
        "channel_deleted",
        "channel_rename",
        "channel_unarchive",
        "group_archive",
        "group_deleted",
        "group_rename",
        "group_unarchive",
        "member_joined_channel",
        "member_left_channel",
        "message.channels",
        "message.groups",
        "message.im",
        "reaction_added",
        "reaction_removed",
    ]
)


@dataclass(frozen=True)
class SlashCommand:
    command: str
    description: str = ""
    usage_hint: str = ""
    should_escape: bool = False


@dataclass(frozen=True)
class Shortcut:
    """`type` is message or global."""

    type: str
    callback_id: str
    name: str


@dataclass(frozen=True)
class Subcommand:
    """What the composer completes after the command."""

    name: str
    hint: str = ""
    description: str = ""


@dataclass(frozen=True)
class InstalledApp:
    name: str = "DR Bot"
    scopes: frozenset[str] = SCOPES
    events: frozenset[str] = EVENTS
    commands: tuple[SlashCommand, ...] = (SlashCommand("/dr", "Run a recovery", "declare | status | help", True),)
    shortcuts: tuple[Shortcut, ...] = (Shortcut("message", "add_to_timeline", "Add to the incident's timeline"),)
    subcommands: tuple[Subcommand, ...] = ()
    has_messages_tab: bool = True
    """Whether it may write to people."""
    takes_messages: bool = True
    """Whether people may write to it in its Messages tab."""
    id: str = APP
    user: str = BOT_USER
    bot: str = BOT

    def command(self, name: str) -> SlashCommand | None:
        return next((it for it in self.commands if it.command == name), None)


def from_manifest(manifest: Mapping[str, Any], subcommands: Sequence[Subcommand] = ()) -> InstalledApp:
    """The app of a manifest's mapping (manifest.yml, read)."""
    features = manifest.get("features", {})
    commands = features.get("slash_commands", [])
    shortcuts = features.get("shortcuts", [])
    settings = manifest.get("settings", {})
    home = features.get("app_home", {})
    tab = bool(home.get("messages_tab_enabled", False))
    return InstalledApp(
        name=manifest["display_information"]["name"],
        scopes=frozenset(manifest.get("oauth_config", {}).get("scopes", {}).get("bot", ())),
        events=frozenset(settings.get("event_subscriptions", {}).get("bot_events", ())),
        commands=tuple(_command(it) for it in commands),
        shortcuts=tuple(Shortcut(it["type"], it["callback_id"], it["name"]) for it in shortcuts),
        subcommands=tuple(subcommands),
        has_messages_tab=tab,
        takes_messages=tab and not home.get("messages_tab_read_only_enabled", False),
    )


def _command(written: Mapping[str, Any]) -> SlashCommand:
    return SlashCommand(
        written["command"],
        written.get("description", ""),
        written.get("usage_hint", ""),
        bool(written.get("should_escape", False)),
    )
