"""How the bot's way to Slack is: the connections, the Web API, and what the canary tells."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from bot.engine.parts import OK, Part, worst
from bot.slack.canary import Canary
from bot.slack.chat import Chat, SlackRefused, SlackTrouble

LOOKS_BEFORE_DOUBT = 2  # one call that fails proves little
PATIENCE = 10.0
log = structlog.get_logger()


@dataclass
class SlackHealth:
    """`look` asks Slack's Web API now and then; `part` answers at once.

    `channels` says which incidents can't be shown as they should be, and why.
    """

    chat: Chat
    transport: Callable[[], Part]
    canary: Canary | None = None
    channels: Callable[[], Mapping[str, str]] = dict
    _web: Part = OK
    _failing: int = 0
    _since: float = 0.0

    def part(self) -> Part:
        """The worst of all that is known."""
        return worst(self.transport(), self._web, self.canary.part() if self.canary else OK)

    def look(self) -> None:
        """Ask Slack who the bot is: does it answer, and does the token still count?"""
        try:
            self.chat.call("auth.test", patience=PATIENCE)
        except SlackRefused as refused:
            text = f"Slack refuses the bot token ({refused.code}). Install the app again and set SLACK_BOT_TOKEN."
            self._now(Part("failed", text))
        except SlackTrouble as trouble:
            self._silent(trouble)
        else:
            self._failing = 0
            self._now(shown(self.channels()))

    def _silent(self, trouble: SlackTrouble) -> None:
        if not self._failing:
            self._since = time.time()
        self._failing += 1
        if self._failing >= LOOKS_BEFORE_DOUBT:
            since = time.strftime("%H:%M:%S", time.gmtime(self._since))
            self._now(Part("degraded", f"Slack's Web API has not answered since {since} UTC. {trouble}"))

    def _now(self, part: Part) -> None:
        if part.state != self._web.state:
            say = log.info if part == OK else log.error
            say("slack_web_api", state=part.state, reason=part.reason)
        self._web = part


def shown(troubles: Mapping[str, str]) -> Part:
    """Slack answers, but some incident can't be shown: a scope is missing, say, or the bot is not in a channel."""
    if not troubles:
        return OK
    incident, why = min(troubles.items())
    others = f" {len(troubles) - 1} more can't either." if len(troubles) > 1 else ""
    return Part("degraded", f"{incident} can't be shown as it should be. {why}{others}")
