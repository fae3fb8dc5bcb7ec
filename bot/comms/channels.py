"""The channels that messages go out over: one file for each, named here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from pydantic import SecretStr

from bot.comms.email import email_channel
from bot.comms.outgoing import Outgoing
from bot.comms.slack import Direct, SlackChannel
from bot.domain.plan import Person, Senders

__all__ = ["CHANNELS", "Channel", "Setup", "open_channels"]


class Channel(Protocol):
    """One way to reach a person."""

    @property
    def name(self) -> str: ...

    def send(self, message: Outgoing, person: Person) -> str:
        """Hand a message over and return the channel's id of it; raises NotDelivered."""

    def check(self) -> None:
        """Look whether it would take a message now; raises NotDelivered."""


@dataclass(frozen=True)
class Setup:
    """What channels are made from."""

    senders: Senders
    smtp_url: SecretStr | None = None
    direct: Direct | None = None


CHANNELS: Mapping[str, Callable[[Setup], Channel]] = {
    "email": lambda setup: email_channel(setup.senders.email, setup.smtp_url),
    "slack": lambda setup: SlackChannel(setup.direct),
}


def open_channels(setup: Setup) -> dict[str, Channel]:
    """Every channel of this bot, by name. Nothing is connected before there is something to send."""
    return {name: make(setup) for name, make in CHANNELS.items()}
