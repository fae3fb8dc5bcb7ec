"""Whether the chat shows what happened: each card, announcement, update and resolution stands there exactly once."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.playground.room import key_of
from bot.playground.seen import Event, of_type
from bot.playground.workspace.messages import Message
from bot.playground.workspace.workspace import Workspace

ANNOUNCED_IN = "C0INCIDENTS"


@dataclass(frozen=True)
class Standing:
    """The bot's messages about one incident, by their keys: how often each was posted, and how often it stands there."""

    posted: Counter[str]
    there: Counter[str]
    announced: Counter[str]
    edits: int

    @property
    def messages(self) -> int:
        return self.there.total() + self.announced.total()

    def wrong(self, events: Sequence[Event]) -> Iterator[str]:
        """One line for each message that is missing or stands there twice; nothing where all is well."""
        for key in expected(events):
            if (self.posted[key], self.there[key]) != (1, 1):
                yield f"{key} was posted {self.posted[key]} times and stands in the channel {self.there[key]} times"
        if (self.posted["announcement"], self.announced["announcement"]) != (1, 1):
            yield f"the announcement was posted {self.posted['announcement']} times"
        for key, count in (self.posted - Counter(expected(events))).items():
            if count > 1:
                yield f"{key} was posted {count} times"


def expected(events: Sequence[Event]) -> list[str]:
    """The keys of what must stand in the incident's channel."""
    updates = [f"update/{it.data['number']}" for it in of_type(events, "UpdatePosted")]
    ends = [f"resolution/{it.seq}" for it in of_type(events, "IncidentResolved")]
    steps = {f"step/{it.data['run']}/{it.step}" for it in of_type(events, "StepReady")}
    return ["card", "initial_notification", *updates, *ends, *sorted(steps)]


def standing(workspace: Workspace, channel: str, incident: str) -> Standing:
    """What the workspace itself says of it: its channels, and its record of every request."""
    sent = (payload_of(it.args.get("metadata")) for it in workspace.ledger.applied("chat.postMessage"))
    return Standing(
        posted=Counter(str(it["key"]) for it in sent if it.get("incident") == incident),
        there=keys(workspace.channel(channel).lasting()),
        announced=keys(workspace.channel(ANNOUNCED_IN).lasting()),
        edits=len(workspace.ledger.applied("chat.update")),
    )


def keys(messages: Iterable[Message]) -> Counter[str]:
    return Counter(filter(None, map(key_of, messages)))


def payload_of(metadata: object) -> dict[str, str]:
    """Of a message's metadata as it was sent: JSON, maybe in a text."""
    read = json.loads(metadata) if isinstance(metadata, str) else metadata
    payload = read.get("event_payload", {}) if isinstance(read, dict) else {}
    return {str(name): str(value) for name, value in payload.items()}
