"""Direct messages: each once, found again by its metadata where nobody knows whether it was posted."""

from dataclasses import dataclass
from typing import Any

from bot.comms.slack import NAME
from bot.engine.ports import NotDelivered
from bot.slack.chat import Chat, SlackRefused, SlackTrouble
from bot.slack.surfaces.posts import word_for_word

EVENT = "dr_bot_direct"
LAST = 30  # messages of one conversation that are looked through
HOPELESS = frozenset({"user_not_found", "user_disabled", "cannot_dm_bot", "users_not_found", "account_inactive"})


@dataclass(frozen=True)
class DirectMessages:
    """Sends through the bot's own account."""

    chat: Chat

    def send(self, account: str, text: str, token: str) -> str:
        """As `bot.comms.slack.Direct`: looks first whether it stands there already, for an earlier try may have been lost."""
        try:
            channel = str(self.chat.call("conversations.open", users=account)["channel"]["id"])
            ts = self._sent(channel, token) or self._post(channel, text, token)
        except SlackRefused as refused:
            raise NotDelivered(NAME, str(refused), permanent=refused.code in HOPELESS) from refused
        except SlackTrouble as trouble:
            raise NotDelivered(NAME, str(trouble)) from trouble
        return f"{channel}/{ts}"

    def check(self) -> None:
        """Ask Slack who the bot is."""
        try:
            self.chat.call("auth.test", patience=5.0)
        except SlackTrouble as trouble:
            raise NotDelivered(NAME, str(trouble)) from trouble

    def _sent(self, channel: str, token: str) -> str | None:
        page = self.chat.call("conversations.history", channel=channel, limit=LAST, include_all_metadata=True)
        return next((str(m["ts"]) for m in page["messages"] if _token(m) == token), None)

    def _post(self, channel: str, text: str, token: str) -> str:
        message = word_for_word(text)
        answer = self.chat.call(
            "chat.postMessage",
            channel=channel,
            text=message.text,
            blocks=list(message.blocks),
            metadata={"event_type": EVENT, "event_payload": {"token": token}},
            unfurl_links=False,
            unfurl_media=False,
        )
        return str(answer["ts"])


def _token(message: dict[str, Any]) -> str:
    metadata = message.get("metadata") or {}
    return str((metadata.get("event_payload") or {}).get("token", "")) if metadata.get("event_type") == EVENT else ""
