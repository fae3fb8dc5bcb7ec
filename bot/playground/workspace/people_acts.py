"""What people do without the app: talk, react, pin, join. The app is told of it by events."""

import uuid

from bot.playground.workspace.changes import ChannelChanged
from bot.playground.workspace.core import Core
from bot.playground.workspace.errors import SlackError
from bot.playground.workspace.messages import Message
from bot.playground.workspace.typed import typed_text


class PeopleActs:
    """From any thread. KeyError: no such channel, message or person, or none that this person sees."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def say(self, user: str, channel_id: str, text: str, thread_ts: str | None = None) -> str:
        """Its ts. @names and #channels become ids."""
        with self._core.changed:
            channel = self._core.state.seen(user, channel_id)
            if channel.archived or user not in channel.members:
                raise SlackError("is_archived" if channel.archived else "not_in_channel")
            typed = typed_text(self._core.state, text)
            message = Message(self._core.clock.ts(), self._core.state.people[user].id, typed, thread_ts=thread_ts)
            message.client_msg_id = str(uuid.uuid4())
            self._core.state.post(channel, message)
            channel.read[user] = message.ts
            return message.ts

    def react(self, user: str, channel_id: str, ts: str, name: str, *, added: bool = True) -> None:
        with self._core.changed:
            channel, message = self._core.state.seen_message(user, channel_id, ts)
            self._core.state.react(channel, message, user, name, added=added)

    def pin(self, user: str, channel_id: str, ts: str, *, pinned: bool = True) -> None:
        with self._core.changed:
            channel, message = self._core.state.seen_message(user, channel_id, ts)
            if (ts in channel.pins) != pinned:
                self._core.state.pin(channel, message, pinned=pinned)

    def read(self, user: str, channel_id: str) -> None:
        """Everything up to now."""
        with self._core.changed:
            channel = self._core.state.seen(user, channel_id)
            channel.read[user] = self._core.clock.ts()
            self._core.state.tell(ChannelChanged(channel))

    def join(self, user: str, channel_id: str) -> None:
        """A public channel; for who isn't in it a private one isn't there."""
        with self._core.changed:
            self._core.state.seen(user, channel_id)
            self.bring_in(user, channel_id)

    def bring_in(self, user: str, channel_id: str) -> None:
        """As an administrator does, to whichever channel."""
        with self._core.changed:
            channel = self._core.state.channels[channel_id]
            if user not in channel.members:
                self._core.state.join(channel, user)

    def leave(self, user: str, channel_id: str) -> None:
        with self._core.changed:
            channel = self._core.state.seen(user, channel_id)
            if user in channel.members:
                self._core.state.leave(channel, user)
