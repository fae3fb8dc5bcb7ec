"""One pass over one incident's messages: what the channel shows is made what it should show."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from bot.domain.incident import Incident
from bot.domain.model import canonical, sha256
from bot.engine.desk import Desk
from bot.slack.chat import Chat, OutcomeUnknown, SlackAway, SlackRefused, SlackTrouble
from bot.slack.place import GONE, Places
from bot.slack.surfaces import Links, Message, run_key, title
from bot.store import chat as rows

CLAIM = timedelta(seconds=45)
SETTLED_AFTER = timedelta(seconds=3)  # by then a post that took effect can be found
MARGIN = timedelta(minutes=2)  # between Slack's clock and the database's
TURN = 0.2  # seconds that a post waits for its turn: others wait for this thread
EVENT = "dr_bot_message"
EDIT_FAILED = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
Paint = Callable[[Incident, Mapping[str, str], datetime, Links], Mapping[str, Message]]
log = structlog.get_logger()


@dataclass
class Showing:
    """Shows one incident under the claim `by`. `made` counts the edits; `survey` looks whether all still stands."""

    desk: Desk
    chat: Chat
    places: Places
    paint: Paint
    link: Callable[[str], str | None]
    incident: Incident
    by: str
    survey: bool = False
    made: int = 0

    def show(self, row: rows.Channel) -> None:
        """Raises SlackTrouble; what was done by then is recorded."""
        places, incident = self.places, self.incident
        if row.channel is None and incident.ended_at is not None:
            return
        channel = places.ensure(incident, row)
        try:
            places.admit(incident, row, channel)
            self._messages(channel, row)
        except SlackRefused as refused:
            if refused.code not in GONE:
                raise
            places.lost(incident)
            raise SlackTrouble(
                f"The channel of {incident.id} is gone ({refused.code}); another is being made."
            ) from refused

    def _messages(self, channel: str, row: rows.Channel) -> None:
        if self.survey:
            self._survey(channel)
        desk = self.desk
        with desk.database.read() as connection:
            shown = rows.shown(connection, self.incident.id)
            texts = rows.texts(connection, self.incident.id)
            now = desk.clock.now(connection)
        links = Links(channel=channel, to=self.link)
        wanted = self.paint(self.incident, texts, now, links)
        for key, message in sorted(wanted.items(), key=lambda item: item[1].place != "incident"):
            self._one(key, message, self._channel_for(message, channel), shown.get(key))
            if key == "card":
                self._furnish(row, channel)
        for run in self.incident.runs.values():
            link = self.link(run_key(run.id))
            if link:
                self.places.bookmark(row, channel, title(run), link)
        for key in shown.keys() - wanted.keys():
            self._take_away(shown[key])

    def _channel_for(self, message: Message, channel: str) -> str | None:
        return self.desk.plan.channels.announce_in if message.place == "announcements" else channel

    def _furnish(self, row: rows.Channel, channel: str) -> None:
        with self.desk.database.read() as connection:
            card = rows.message_of(connection, self.incident.id, "card")
        self.places.furnish(self.incident, row, channel, card[1] if card else None)

    def _one(self, key: str, message: Message, channel: str | None, shown: rows.Shown | None) -> None:
        if channel is None:
            return
        self.desk.transact(lambda connection, now: rows.keep(connection, self.incident.id, self.by, now, CLAIM))
        if shown is not None and shown.ts is None:
            shown = self._found(shown)
        digest = sha256(canonical({"blocks": list(message.blocks), "text": message.text}))
        if shown is None:
            self._post(key, message, channel, digest)
        elif shown.digest != digest and not (message.fixed and shown.digest):
            self._edit(key, message, shown, digest)

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
        try:
            self.chat.call("chat.update", channel=shown.channel, ts=shown.ts, **content)
        except SlackRefused as refused:
            if refused.code not in EDIT_FAILED:
                raise
            self._post(key, message, shown.channel, digest)
            return
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
        for message in self._history(begun.channel, begun.begun_at - MARGIN):
            if _payload(message).get("nonce") == begun.nonce:
                self._settle(begun.key, message["ts"], "")
                return rows.Shown(begun.key, begun.channel, begun.nonce, message["ts"], "", begun.begun_at)
        return None

    def _survey(self, channel: str) -> None:
        """Messages that somebody deleted are posted again."""
        with self.desk.database.read() as connection:
            shown = rows.shown(connection, self.incident.id)
        posted = {key: one for key, one in shown.items() if one.ts and one.channel == channel}
        if not posted:
            return
        there = {m["ts"] for m in self._history(channel, min(one.begun_at for one in posted.values()) - MARGIN)}
        missing = sorted(key for key, one in posted.items() if one.ts not in there)
        if missing:
            log.warning("messages_missing", incident=self.incident.id, keys=missing)
            self.desk.transact(lambda connection, _: self._forget(connection, missing))

    def _forget(self, connection: Connection, keys: Iterable[str]) -> None:
        for key in keys:
            rows.forget(connection, self.incident.id, key)

    def _history(self, channel: str, oldest: datetime) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = self.chat.call(
                "conversations.history",
                channel=channel,
                oldest=f"{oldest.timestamp():.6f}",
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


def _payload(message: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = message.get("metadata") or {}
    payload: Mapping[str, Any] = metadata.get("event_payload") or {} if metadata.get("event_type") == EVENT else {}
    return payload
