"""Slack: a direct message to one person. How Slack is spoken to is handed in; comms only says what."""

from typing import Protocol

from bot.comms.outgoing import Outgoing
from bot.domain.plan import Person
from bot.engine.ports import NotDelivered

NAME = "slack"


class Direct(Protocol):
    """Sends direct messages."""

    def send(self, account: str, text: str, token: str) -> str:
        """One message to one account, once for a token; returns its id; raises NotDelivered."""

    def check(self) -> None:
        """Whether it would go out now; raises NotDelivered."""


class SlackChannel:
    """Direct messages by the bot. Without credentials every send says what to set."""

    name = NAME

    def __init__(self, direct: Direct | None) -> None:
        self._direct = direct

    def send(self, message: Outgoing, person: Person) -> str:
        """Hand a message over; returns where it stands; raises NotDelivered."""
        direct = self._set_up()
        if person.slack is None:
            text = f"{person.name} has no Slack account. Add it to people in plan.yml."
            raise NotDelivered(NAME, text, permanent=True)
        return direct.send(person.slack, message.text, message.token)

    def check(self) -> None:
        """Ask whether Slack takes messages; raises NotDelivered."""
        self._set_up().check()

    def _set_up(self) -> Direct:
        if self._direct is None:
            raise NotDelivered(NAME, "Slack is not set up. Set SLACK_BOT_TOKEN.", permanent=True)
        return self._direct
