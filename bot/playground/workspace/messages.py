"""One message: what was said, by whom, and what has happened to it since."""

from dataclasses import dataclass, field

from bot.playground.workspace.shapes import Json


@dataclass
class Message:
    """`only_for` is the one person who sees an ephemeral message."""

    ts: str
    user: str
    text: str
    blocks: list[Json] | None = None
    attachments: list[Json] | None = None
    metadata: Json | None = None
    thread_ts: str | None = None
    subtype: str = ""
    bot: str = ""
    app: str = ""
    client_msg_id: str = ""
    only_for: str = ""
    details: Json = field(default_factory=dict)
    edited: Json | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)

    @property
    def all_blocks(self) -> list[Json]:
        """Its own, then those of its attachments."""
        return [*(self.blocks or []), *(it for part in self.attachments or [] for it in part.get("blocks", []))]

    def attachment_of(self, block: Json) -> int:
        """The number of the attachment that holds this very block, from 1; 0: it is the message's own."""
        for number, attachment in enumerate(self.attachments or [], start=1):
            if any(it is block for it in attachment.get("blocks", [])):
                return number
        return 0

    def shape(self, *, metadata: bool = False) -> Json:
        """As the history gives it."""
        message: Json = {"type": "message", "user": self.user, "text": self.text, "ts": self.ts}
        optional: Json = {
            "subtype": self.subtype,
            "bot_id": self.bot,
            "app_id": self.app,
            "client_msg_id": self.client_msg_id,
        }
        optional |= {"thread_ts": self.thread_ts, "edited": self.edited, "attachments": self.attachments}
        message |= {name: value for name, value in optional.items() if value} | self.details
        if self.blocks is not None:
            message["blocks"] = self.blocks
        if self.metadata is not None and metadata:
            message["metadata"] = self.metadata
        if self.reactions:
            message["reactions"] = self.reaction_shapes()
        return message

    def reaction_shapes(self) -> list[Json]:
        return [{"name": name, "users": list(by), "count": len(by)} for name, by in self.reactions.items()]
