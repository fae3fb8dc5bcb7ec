"""What happened in the workspace, told to the page, to the app's events, and to whoever waits in a test."""

from dataclasses import dataclass

from bot.playground.workspace.channels import Channel
from bot.playground.workspace.messages import Message
from bot.playground.workspace.shapes import Json


@dataclass(frozen=True)
class MessagePosted:
    channel: Channel
    message: Message


@dataclass(frozen=True)
class MessageEdited:
    channel: Channel
    message: Message
    before: Json


@dataclass(frozen=True)
class MessageMarked:
    """Reactions, pins or replies changed: shown, but no edit."""

    channel: Channel
    message: Message


@dataclass(frozen=True)
class MessageDeleted:
    channel: Channel
    message: Message


@dataclass(frozen=True)
class ChannelChanged:
    """`event` is Slack's event type where there is one: channel_created, channel_rename, channel_archive, …"""

    channel: Channel
    event: str = ""
    user: str = ""


@dataclass(frozen=True)
class Joined:
    channel: Channel
    user: str
    inviter: str = ""


@dataclass(frozen=True)
class Left:
    channel: Channel
    user: str


@dataclass(frozen=True)
class Reacted:
    channel: Channel
    message: Message
    user: str
    name: str
    added: bool


@dataclass(frozen=True)
class HomeOpened:
    user: str
    tab: str
    channel: str
    view: Json | None


@dataclass(frozen=True)
class ViewsChanged:
    user: str


@dataclass(frozen=True)
class HomePublished:
    user: str


@dataclass(frozen=True)
class BotChanged:
    """The number of the app's connections."""


@dataclass(frozen=True)
class PanelChanged:
    """What the demo's panel shows."""


@dataclass(frozen=True)
class Noticed:
    """One line for one person's page."""

    user: str
    text: str


Change = (
    MessagePosted
    | MessageEdited
    | MessageMarked
    | MessageDeleted
    | ChannelChanged
    | Joined
    | Left
    | Reacted
    | HomeOpened
    | ViewsChanged
    | HomePublished
    | BotChanged
    | PanelChanged
    | Noticed
)
