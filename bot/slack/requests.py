"""What Slack sends, read into what the listeners need. Everything else in a payload is left alone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from bot.domain.model import JsonValue, Model
from bot.slack.blocks import LONGEST_METADATA
from bot.slack.controls import Control

Payload = Mapping[str, Any]
HALVES = re.compile("[\ud800-\udfff]")  # of characters: JSON can spell them, no database can keep them


@dataclass(frozen=True)
class Caller:
    """Who speaks, and where an answer for them alone can go."""

    account: str
    team: str | None = None
    channel: str | None = None
    response_url: str | None = None
    trigger: str = ""


@dataclass(frozen=True)
class Typed:
    """A slash command. Its text is as Slack escaped it."""

    caller: Caller
    text: str
    key: str


@dataclass(frozen=True)
class Click:
    """A button that was pressed, in a message, a modal (`modal` is its id) or the home tab."""

    caller: Caller
    value: str
    key: str
    modal: str | None = None


@dataclass(frozen=True)
class Form:
    """What the inputs of a modal held, by block. A block has one element."""

    values: Mapping[str, Payload]

    def text(self, block: str) -> str:
        """A typed text; empty where there is none."""
        return whole(str(self._element(block).get("value") or ""))

    def chosen(self, block: str) -> str:
        """The value of a select's or a radio button's choice; empty where there is none."""
        option = self._element(block).get("selected_option") or {}
        return str(option.get("value") or "")

    def ticked(self, block: str) -> bool:
        """Whether a check box is ticked."""
        return bool(self._element(block).get("selected_options"))

    def account(self, block: str) -> str:
        """The account that was chosen; empty where there is none."""
        return str(self._element(block).get("selected_user") or "")

    def _element(self, block: str) -> Payload:
        return next(iter(self.values.get(block, {}).values()), {})


class Origin(Model):
    """What a modal was opened about, and where its answer goes. It travels in the modal itself, unseen.

    `asked` are the open incidents that the person was asked about, `drafts` the fingerprints of what the bot had drafted.
    """

    control: dict[str, JsonValue] = {}
    channel: str | None = None
    response_url: str | None = None
    asked: tuple[str, ...] = ()
    drafts: dict[str, str] = {}

    @property
    def about(self) -> Control:
        """The control that led here."""
        return Control.of(self.control)

    def text(self) -> str:
        """As private metadata; without the address to answer at where that would be too long."""
        found = self.model_dump_json(exclude_defaults=True)
        if len(found) <= LONGEST_METADATA:
            return found
        return self.model_copy(update={"response_url": None}).model_dump_json(exclude_defaults=True)

    @classmethod
    def read(cls, text: str) -> "Origin":
        """What `text` wrote; empty for anything else."""
        try:
            return cls.model_validate_json(text)
        except ValidationError:
            return cls()


@dataclass(frozen=True)
class Submission:
    """A modal that was submitted."""

    caller: Caller
    callback: str
    form: Form
    origin: Origin
    key: str


@dataclass(frozen=True)
class Pointed:
    """A message that somebody points at, by a shortcut or a reaction."""

    caller: Caller
    message_ts: str
    message: Payload | None = None
    """The message itself, where Slack sends it along."""

    @property
    def key(self) -> str:
        """The message's own: however often it is pointed at, and by whomever, it is noted once."""
        return f"slack:pinned:{self.caller.channel}:{self.message_ts}"


def whole(text: str) -> str:
    """The text with a sign in place of each half of a character."""
    return HALVES.sub("\ufffd", text)


def origin(caller: Caller, control: Control | None = None, **more: Any) -> Origin:
    """The origin of a modal that this caller opens."""
    meaning = control.meaning if control else {}
    return Origin(control=meaning, channel=caller.channel, response_url=caller.response_url, **more)


def typed(body: Payload) -> Typed:
    """A slash command's body."""
    caller = Caller(
        account=str(body["user_id"]),
        team=body.get("team_id"),
        channel=body.get("channel_id"),
        response_url=body.get("response_url"),
        trigger=str(body.get("trigger_id") or ""),
    )
    return Typed(caller, whole(str(body.get("text") or "")), f"slack:command:{caller.trigger}")


def click(body: Payload) -> Click:
    """The body of a block action. The same press by the same person has the same key, however often it arrives."""
    action = body["actions"][0]
    view = body.get("view") or {}
    container = body.get("container") or {}
    caller = _caller(body)
    place = view.get("id") or container.get("message_ts") or ""
    key = f"slack:click:{caller.account}:{place}:{action['action_id']}:{action.get('action_ts')}"
    if view:
        known = Origin.read(str(view.get("private_metadata") or ""))
        caller = Caller(caller.account, caller.team, known.channel, known.response_url, caller.trigger)
    modal = str(view["id"]) if view.get("type") == "modal" else None
    return Click(caller, str(action.get("value") or ""), key, modal)


def submission(body: Payload) -> Submission:
    """A modal's body. Two submits of one modal have one key."""
    view = body["view"]
    known = Origin.read(str(view.get("private_metadata") or ""))
    caller = _caller(body)
    return Submission(
        caller=Caller(caller.account, caller.team, known.channel, known.response_url, caller.trigger),
        callback=str(view.get("callback_id") or ""),
        form=Form((view.get("state") or {}).get("values") or {}),
        origin=known,
        key=f"slack:view:{view['id']}",
    )


def shortcut(body: Payload) -> Pointed:
    """A message shortcut's body."""
    caller = _caller(body)
    message = body.get("message") or {}
    return Pointed(caller, str(message.get("ts") or ""), message)


def reaction(body: Payload) -> Pointed:
    """The body of a reaction_added event."""
    event = body["event"]
    item = event.get("item") or {}
    caller = Caller(account=str(event["user"]), team=event.get("user_team"), channel=item.get("channel"))
    return Pointed(caller, str(item.get("ts") or ""))


def _caller(body: Payload) -> Caller:
    user = body["user"]
    return Caller(
        account=str(user["id"]),
        team=user.get("team_id") or (body.get("team") or {}).get("id"),
        channel=(body.get("channel") or {}).get("id"),
        response_url=body.get("response_url"),
        trigger=str(body.get("trigger_id") or ""),
    )
