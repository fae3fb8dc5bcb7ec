"""One pass over one incident's messages: what the channel shows is made what it should show."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Connection

from bot.domain.incident import Incident
from bot.domain.model import canonical, sha256
from bot.domain.postings import Posting
from bot.engine.desk import Desk
from bot.slack.catching_up import caught_up, update_of
from bot.slack.chat import Chat, OutcomeUnknown, SlackAway, SlackRefused, SlackTrouble
from bot.slack.direct import HOPELESS
from bot.slack.place import GONE, TURN, Chore, Places
from bot.slack.surfaces import Links, Message, run_key, title
from bot.slack.surfaces.posts import BROADCAST, DIRECT
from bot.store import chat as rows

CLAIM = timedelta(seconds=45)
SETTLED_AFTER = timedelta(seconds=3)  # by then a post that took effect can be found
LATE = timedelta(minutes=2)  # an update that stands nowhere after that is told of by the next one
MARGIN = timedelta(minutes=15)  # more than between Slack's clock and the database's
EVENT = "dr_bot_message"
SHUT = GONE | HOPELESS | {"restricted_action", "messages_tab_disabled"}  # about a place, whatever would be posted
ELSEWHERE = {"announcements": "announce_in", "broadcasts": "broadcast_in"}  # where the plan names the channel
MENDS = {"is_archived": "Unarchive it"}
EDIT_FAILED = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
# Nothing is taken from this token, whatever it says.
ALL_REFUSED = frozenset(
    {"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "missing_scope"}
)
Paint = Callable[[Incident, Mapping[str, Posting], datetime, Links], Mapping[str, Message]]
log = structlog.get_logger()


@dataclass
class Showing:
    """Shows one incident under the claim `by`. `made` counts the edits; `survey` looks whether all still stands.

    What no post waits for is put off where Slack can't now: `put_off` says why, by method, and the posts go on. Other
    channels that the bot can't post in are `unreached`, and why; what is `shut` in this pass is not knocked at again.
    """

    desk: Desk
    chat: Chat
    places: Places
    paint: Paint
    link: Callable[[str], str | None]
    incident: Incident
    by: str
    survey: bool = False
    made: int = 0
    put_off: dict[str, SlackTrouble] = field(default_factory=dict)
    unreached: dict[str, str] = field(default_factory=dict)
    shut: set[str] = field(default_factory=set)

    def show(self, row: rows.Channel) -> None:
        """Raises SlackTrouble; what was done by then is recorded."""
        places, incident = self.places, self.incident
        if row.channel is None and incident.ended_at is not None:
            self._tell_outside(*self._wanted())
            return
        try:
            channel = places.ensure(incident, row)
        except SlackRefused:
            self._tell_outside(*self._wanted())
            raise
        try:
            self._chores(row, places.admission(incident, channel))
            self._messages(channel, row)
        except SlackRefused as refused:
            if refused.code not in GONE:
                raise
            self._keep()
            places.lost(incident, channel)
            raise SlackTrouble(
                f"The channel of {incident.id} is gone ({refused.code}); another is being made."
            ) from refused

    def _messages(self, channel: str, row: rows.Channel) -> None:
        if self.survey:
            self._aside("survey", lambda: self._survey(channel))
        wanted, shown = self._wanted()
        inside = {key: message for key, message in wanted.items() if message.place == "incident"}
        stale: set[str] = set()
        for key, message in inside.items():
            whole = _whole(key, inside)
            if whole not in stale and not self._inside(key, message, channel, shown.get(key)):
                stale.add(whole)
            if message.pin:
                self._chores(row, self._furnishing(key, channel))
        self._tell_outside(wanted, shown)
        for run in self.incident.runs.values():
            link = self.link(run_key(run.id))
            if link:
                self._chores(row, [self.places.bookmark(channel, title(run), link)])
        for key in shown.keys() - wanted.keys():
            self._aside("chat.delete", partial(self._take_away, shown[key]))

    def _wanted(self) -> tuple[Mapping[str, Message], Mapping[str, rows.Shown]]:
        """What should be shown, and what is."""
        desk = self.desk
        with desk.database.read() as connection:
            shown = rows.shown(connection, self.incident.id)
            postings = rows.postings(connection, self.incident.id)
            now = desk.clock.now(connection)
            late = rows.automatic_updates(connection, self.incident.id, now - LATE)
        for one in [one for one in shown.values() if one.ts is None and update_of(one.key) in late]:
            if self._never_stood(one):
                del shown[one.key]
        links = Links(to=self.link)
        return caught_up(self.paint(self.incident, postings, now, links), late, shown.keys()), shown

    def _never_stood(self, begun: rows.Shown) -> bool:
        """Whether a post is known to be lost; while Slack does not say, it may stand."""
        try:
            lost = self._found(begun) is None
        except SlackTrouble:
            return False
        if lost:
            self.desk.transact(lambda connection, _: rows.forget(connection, self.incident.id, begun.key))
        return lost

    def _tell_outside(self, wanted: Mapping[str, Message], shown: Mapping[str, rows.Shown]) -> None:
        for key, message in wanted.items():
            if message.place != "incident":
                self._aside(message.place, partial(self._elsewhere, key, message, shown.get(key)))

    def _furnishing(self, pinned: str, channel: str) -> Iterable[Chore]:
        with self.desk.database.read() as connection:
            place = rows.message_of(connection, self.incident.id, pinned)
        return self.places.furnishing(self.incident, channel, place[1] if place else None)

    def _chores(self, row: rows.Channel, chores: Iterable[Chore]) -> None:
        for chore in chores:
            self._aside(chore[0], partial(self.places.once, row, chore))

    def _aside(self, name: str, work: Callable[[], None]) -> bool:
        """What no post waits for; whether it was done. Once Slack has hung over such a thing, no other is tried."""
        if name in self.put_off or any(isinstance(trouble, OutcomeUnknown) for trouble in self.put_off.values()):
            return False
        try:
            work()
        except (SlackAway, OutcomeUnknown) as trouble:
            self.put_off[name] = trouble
            return False
        return True

    def _inside(self, key: str, message: Message, channel: str, shown: rows.Shown | None) -> bool:
        """Whether a message stands as it should now. One that Slack refuses holds back its own further parts alone."""
        try:
            return self._one(key, message, channel, shown)
        except SlackRefused as refused:
            if refused.code in GONE | ALL_REFUSED:
                raise
            log.warning("message_refused", incident=self.incident.id, key=key, reason=str(refused))
            self.put_off[key] = refused
            return False

    def _elsewhere(self, key: str, message: Message, shown: rows.Shown | None) -> None:
        """Outside the incident's channel: where the bot may not post there, the incident goes on without it."""
        channel = shown.channel if shown else None
        where = message.to or message.place
        if where in self.shut:
            return
        try:
            channel = channel or self._outside(message)
            self._one(key, message, channel, shown)
        except SlackRefused as refused:
            log.warning("not_told", incident=self.incident.id, key=key, reason=str(refused))
            if refused.code in SHUT:
                self.shut.add(where)
            if message.place in ELSEWHERE:
                named = f"channels.{ELSEWHERE[message.place]} ({channel})"
                mend = MENDS.get(refused.code, "Invite the bot there")
                words = f"Nothing can be posted in {named}: {refused} {mend}, or correct plan.yml."
                self.unreached[message.place] = words

    def _outside(self, message: Message) -> str | None:
        if message.place == "direct":
            return str(self.chat.call("conversations.open", users=message.to)["channel"]["id"])
        found: str | None = getattr(self.desk.plan.channels, ELSEWHERE[message.place])
        return found

    def _one(self, key: str, message: Message, channel: str | None, shown: rows.Shown | None) -> bool:
        """Whether the message stands as it should now. An edit may be put off; what a post comes to has to be known."""
        if channel is None:
            return False
        digest = sha256(canonical({"blocks": list(message.blocks), "text": message.text}))
        if shown is not None and _is_as_wanted(shown, message, digest):
            return True
        self._keep()
        if shown is not None and shown.ts is None:
            shown = self._found(shown)
        if shown is None:
            self._post(key, message, channel, digest)
            return True
        try:
            return self._aside("chat.update", partial(self._edit, key, message, shown, digest))
        except SlackRefused as refused:
            if refused.code not in EDIT_FAILED:
                raise
        self._post(key, message, shown.channel, digest)
        return True

    def _keep(self) -> None:
        """Nothing is posted by whoever was thought to be dead, and whose place was taken."""
        keep = partial(rows.keep, stream=self.incident.id, by=self.by, ttl=CLAIM)
        if not self.desk.transact(lambda connection, now: keep(connection, now=now)):
            raise SlackTrouble(f"Another replica shows {self.incident.id} by now.")

    def _post(self, key: str, message: Message, channel: str, digest: str) -> None:
        nonce = uuid.uuid4().hex
        meanings = {control.id: control.meaning for control in message.controls}

        def begin(connection: Connection, now: datetime) -> None:
            rows.put_buttons(connection, self.incident.id, meanings)
            rows.begin(connection, self.incident.id, key, channel, nonce, now)

        self.desk.transact(begin)
        try:
            answer = self.chat.call(
                "chat.postMessage", wait=TURN, channel=channel, **self._content(key, message, nonce)
            )
        except (SlackRefused, SlackAway):
            self.desk.transact(lambda connection, _: rows.forget(connection, self.incident.id, key))
            raise
        self._settle(key, str(answer["ts"]), digest)

    def _edit(self, key: str, message: Message, shown: rows.Shown, digest: str) -> None:
        meanings = {control.id: control.meaning for control in message.controls}
        self.desk.transact(lambda connection, _: rows.put_buttons(connection, self.incident.id, meanings))
        content = self._content(key, message, shown.nonce)
        self.chat.call("chat.update", wait=TURN, channel=shown.channel, ts=shown.ts, **content)
        self.made += 1
        assert shown.ts is not None
        self._settle(key, shown.ts, digest)

    def _content(self, key: str, message: Message, nonce: str) -> dict[str, Any]:
        payload = {"incident": self.incident.id, "key": key, "nonce": nonce}
        return {
            "blocks": list(message.blocks),
            "text": message.text,
            "metadata": {"event_type": EVENT, "event_payload": payload},
            "unfurl_links": False,
            "unfurl_media": False,
        }

    def _settle(self, key: str, ts: str, digest: str) -> None:
        self.desk.transact(lambda connection, _: rows.settle(connection, self.incident.id, key, ts, digest))

    def _found(self, begun: rows.Shown) -> rows.Shown | None:
        """A post whose outcome got lost, found by its metadata; None where it never took effect."""
        if self.desk.now() - begun.begun_at < SETTLED_AFTER:
            raise OutcomeUnknown(f"Whether {begun.key} was posted is not known yet.")
        for message in self._history(begun.channel, self._since(begun)):
            if _payload(message).get("nonce") == begun.nonce:
                self._settle(begun.key, message["ts"], "")
                return rows.Shown(begun.key, begun.channel, begun.nonce, message["ts"], "", begun.begun_at)
        return None

    def _since(self, begun: rows.Shown) -> str:
        """From when on a lost post may stand: behind what was posted there before, by Slack's own clock if possible."""
        with self.desk.database.read() as connection:
            shown = rows.shown(connection, self.incident.id).values()
        earlier = [one for one in shown if one.channel == begun.channel and one.begun_at < begun.begun_at]
        before = [one.ts for one in earlier if one.ts]
        return max(before, default=f"{(begun.begun_at - MARGIN).timestamp():.6f}")

    def _survey(self, channel: str) -> None:
        """Messages that somebody deleted are posted again; what came late, and stands twice, is taken away.

        What was posted elsewhere word for word is left as people leave it: it would come again between newer ones.
        """
        with self.desk.database.read() as connection:
            shown = rows.shown(connection, self.incident.id)
        posted = {key: one.ts for key, one in shown.items() if one.ts and one.channel == channel}
        edited = [key for key in shown.keys() - posted.keys() if not key.startswith((BROADCAST, DIRECT))]
        missing = {key for key in edited if shown[key].ts and not self._stands(shown[key])}
        missing |= posted.keys() - self._seen(channel, posted)
        if missing:
            log.warning("messages_missing", incident=self.incident.id, keys=sorted(missing))
            self.desk.transact(lambda connection, _: self._forget(connection, missing))
        self.survey = False

    def _seen(self, channel: str, posted: Mapping[str, str]) -> set[str]:
        """The keys of the messages that stand there; a second one of the same key is deleted."""
        if not posted:
            return set()
        try:
            history = self._history(channel, min(posted.values()))
        except SlackRefused as refused:
            if refused.code in GONE:
                raise
            log.warning("not_surveyed", incident=self.incident.id, reason=str(refused))
            return set(posted)
        there = set()
        for message in history:
            there.add(message["ts"])
            payload = _payload(message)
            first = posted.get(str(payload.get("key", "")), message["ts"])
            if payload.get("incident") == self.incident.id and first != message["ts"]:
                log.warning("message_twice", incident=self.incident.id, key=payload["key"])
                self._delete(channel, message["ts"])
        return {key for key, ts in posted.items() if ts in there}

    def _delete(self, channel: str, ts: str) -> None:
        """Take a message away; where Slack does not let us, it stays and the rest goes on."""
        try:
            self.chat.call("chat.delete", channel=channel, ts=ts)
        except SlackRefused as refused:
            if refused.code in GONE:
                raise
            log.warning("not_deleted", incident=self.incident.id, ts=ts, reason=refused.code)

    def _stands(self, shown: rows.Shown) -> bool:
        """Whether a message in another channel is there; where that can't be seen, it is left alone."""
        try:
            page = self.chat.call(
                "conversations.history",
                channel=shown.channel,
                oldest=shown.ts,
                latest=shown.ts,
                inclusive=True,
                limit=1,
            )
            return any(message["ts"] == shown.ts for message in page["messages"])
        except SlackRefused as refused:
            log.info("not_surveyed", incident=self.incident.id, key=shown.key, reason=refused.code)
            return True

    def _forget(self, connection: Connection, keys: Iterable[str]) -> None:
        for key in keys:
            rows.forget(connection, self.incident.id, key)

    def _history(self, channel: str, oldest: str) -> list[dict[str, Any]]:
        """Every message from a moment of Slack's on, that one included."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = self.chat.call(
                "conversations.history",
                channel=channel,
                oldest=oldest,
                inclusive=True,
                include_all_metadata=True,
                limit=200,
                cursor=cursor,
            )
            found += page["messages"]
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return found

    def _take_away(self, shown: rows.Shown) -> None:
        """A message that the state no longer has: a part that a shorter plan needs no more."""
        if shown.ts is not None:
            try:
                self.chat.call("chat.delete", channel=shown.channel, ts=shown.ts)
            except SlackRefused as refused:
                log.info("not_deleted", key=shown.key, reason=refused.code)
        self.desk.transact(lambda connection, _: rows.forget(connection, self.incident.id, shown.key))


def _whole(key: str, wanted: Mapping[str, Message]) -> str:
    """The first part of what a message is a part of."""
    first = key.rpartition("/")[0]
    return first if first in wanted else key


def _is_as_wanted(shown: rows.Shown, message: Message, digest: str) -> bool:
    """Whether nothing is to be done. What was found again shows nobody knows what, so it is edited once."""
    return shown.ts is not None and (shown.digest == digest or (message.fixed and bool(shown.digest)))


def _payload(message: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = message.get("metadata") or {}
    payload: Mapping[str, Any] = metadata.get("event_payload") or {} if metadata.get("event_type") == EVENT else {}
    return payload
