"""A channel or direct message: its people, messages, topic, pins and bookmarks."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from bot.playground.workspace.messages import Message
from bot.playground.workspace.people import TEAM
from bot.playground.workspace.shapes import Json

Kind = Literal["public", "private", "im"]


@dataclass
class Note:
    """A topic or a purpose, and who set it."""

    value: str = ""
    creator: str = ""
    last_set: int = 0

    def shape(self) -> Json:
        return {"value": self.value, "creator": self.creator, "last_set": self.last_set}


@dataclass
class Channel:
    """`read` is how far each person has read, a ts."""

    id: str
    name: str
    kind: Kind = "public"
    members: list[str] = field(default_factory=list)
    creator: str = "U0ALICE"
    created: int = 1700000000
    topic: Note = field(default_factory=Note)
    purpose: Note = field(default_factory=Note)
    archived: bool = False
    messages: dict[str, Message] = field(default_factory=dict)
    pins: list[str] = field(default_factory=list)
    bookmarks: list[Json] = field(default_factory=list)
    previous_names: list[str] = field(default_factory=list)
    read: dict[str, str] = field(default_factory=dict)

    def seen_by(self, user: str) -> Iterator[Message]:
        """Oldest first; ephemeral ones only of this person."""
        return (it for it in list(self.messages.values()) if it.only_for in ("", user))

    def lasting(self) -> Iterator[Message]:
        """What everybody sees, oldest first."""
        return (it for it in list(self.messages.values()) if not it.only_for)

    def visible_to(self, user: str) -> bool:
        return self.kind == "public" or user in self.members

    def other(self, user: str) -> str:
        """The other one in a direct message; oneself where there is nobody else."""
        return next((it for it in self.members if it != user), user)

    def shape(self, user: str) -> Json:
        """As conversations.info gives it to this account."""
        if self.kind == "im":
            return self._direct(user)
        private = self.kind == "private"
        channel: Json = {"id": self.id, "name": self.name, "name_normalized": self.name, "created": self.created}
        channel |= {"is_channel": not private, "is_group": private, "is_im": False, "is_mpim": False}
        channel |= {"is_private": private, "is_archived": self.archived, "is_general": False, "is_shared": False}
        channel |= {"is_org_shared": False, "is_ext_shared": False, "is_pending_ext_shared": False, "unlinked": 0}
        channel |= {"creator": self.creator, "is_member": user in self.members, "context_team_id": TEAM}
        channel |= {"topic": self.topic.shape(), "purpose": self.purpose.shape(), "updated": self.created * 1000}
        return channel | {"shared_team_ids": [TEAM], "previous_names": list(self.previous_names)}

    def _direct(self, user: str) -> Json:
        channel: Json = {"id": self.id, "created": self.created, "is_archived": False, "is_im": True}
        channel |= {"is_org_shared": False, "context_team_id": TEAM, "user": self.other(user)}
        return channel | {"is_user_deleted": False, "priority": 0}


def default_channels(everybody: list[str], bot: str) -> list[Channel]:
    """Where the people are, and where the bot already is."""
    return [
        Channel("C0ONCALL", "oncall", members=list(everybody)),
        Channel("C0INCIDENTS", "incidents", members=[*everybody, bot]),
        Channel("C0STATUS", "status", members=[*everybody, bot]),
        Channel("C0OPS", "ops", members=[*everybody, bot]),
    ]
