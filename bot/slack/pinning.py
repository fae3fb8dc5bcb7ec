"""A message of an incident's channel becomes a note in its timeline, with its author and a link to it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.domain import commands as c
from bot.domain.decisions.incidents import LONGEST_TEXT
from bot.domain.errors import Refused
from bot.slack.answers import Answer
from bot.slack.chat import SlackTrouble
from bot.slack.front import Front, Speaker
from bot.slack.requests import Pointed, whole
from bot.slack.text import CUT, cut, link
from bot.slack.wording import readable

LOOK_WITHIN = 5.0  # seconds
NOT_HERE = (
    "This is no incident's channel, so there is no timeline to add it to. In words of your own, from anywhere: "
    "`/dr INC-7 note …`"
)


def add_to_timeline(front: Front, pointed: Pointed, incident_id: str) -> Answer:
    """Write a message down and say so; raises Refused, NotRecorded, NotConfirmed, and SlackTrouble where it must be read."""
    channel = pointed.caller.channel or ""
    message = pointed.message or _read(front, channel, pointed.message_ts)
    us = front.members.us
    url = us.permalink(channel, pointed.message_ts) if us else ""
    note = noted(_author(front, message), readable(whole(said_in(message)), front.plan), url)
    once = Speaker(front, pointed.caller, pointed.key)
    once.give(incident_id, c.Note(text=note))
    which = link(url, "The message") if url else "The message"
    return Answer(text=f"Thank you. {which} stands in the timeline of *{incident_id}* now.")


def said_in(message: Mapping[str, Any]) -> str:
    """A message's words; of an alert that has no text of its own, those of its attachments or blocks."""
    text = str(message.get("text") or "")
    if text.strip():
        return text
    attached = [
        str(found.get("fallback") or f"{found.get('title') or ''} {found.get('text') or ''}")
        for found in message.get("attachments") or ()
    ]
    return " ".join(attached).strip() or " ".join(_texts(message.get("blocks") or ()))


def _texts(part: object) -> Iterator[str]:
    """Every text in blocks, as they are read."""
    if isinstance(part, Mapping):
        found = part.get("text")
        yield from [found] if isinstance(found, str) else []
        yield from _texts([value for value in part.values() if not isinstance(value, str)])
    elif isinstance(part, Sequence) and not isinstance(part, str):
        for each in part:
            yield from _texts(each)


def is_at_hand(front: Front, pointed: Pointed) -> bool:
    """Whether nothing has to be asked of Slack: the message was sent along, and its author is in the recovery plan."""
    author = str((pointed.message or {}).get("user") or "")
    return front.members.actor(author).person is not None


def noted(author: str, text: str, url: str) -> str:
    """`Bob Brown wrote: … (https://…)`, within what a note may hold."""
    words = " ".join(text.split()) or "(no text)"
    where = f" ({url})" if url else ""
    frame = len(author) + len(where) + len(" wrote: ") + len(CUT)
    return f"{author} wrote: {cut(words, LONGEST_TEXT - frame)}{where}"


def _read(front: Front, channel: str, ts: str) -> dict[str, Any]:
    found = front.chat.call(
        "conversations.history", patience=LOOK_WITHIN, channel=channel, latest=ts, inclusive=True, limit=1
    )
    messages = found.get("messages") or []
    if not messages or messages[0].get("ts") != ts:
        raise Refused(
            "That message can't be read: it is gone, or an answer in a thread.",
            "Add it by its menu (Add to incident timeline), or write it down with: dr note …",
        )
    message: dict[str, Any] = messages[0]
    return message


def _author(front: Front, message: Mapping[str, Any]) -> str:
    account = str(message.get("user") or "")
    person = front.members.actor(account).person if account else None
    if person:
        return front.plan.people[person].name
    return str(message.get("username") or "") or (_name(front, account) if account else "Somebody")


def _name(front: Front, account: str) -> str:
    """An account's name; the account itself where Slack does not say."""
    try:
        user = front.chat.call("users.info", patience=LOOK_WITHIN, user=account)["user"]
        return str(user.get("real_name") or user.get("name") or account)
    except (SlackTrouble, KeyError):
        return account
