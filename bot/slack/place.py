"""An incident's channel: made once, adopted after a crash, set up piece by piece, and made anew where it is gone."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Connection

from bot.domain import commands as c
from bot.domain.errors import Refused
from bot.domain.incident import Incident
from bot.domain.model import sha256
from bot.domain.plan import RecoveryPlan
from bot.engine.desk import Desk
from bot.slack.chat import Chat, SlackAway, SlackRefused
from bot.slack.identity import Members
from bot.slack.text import escape
from bot.store import chat as rows

LONGEST_NAME = 80
TAKEN = "name_taken"
GONE = frozenset({"channel_not_found", "is_archived", "not_in_channel", "method_not_supported_for_channel_type"})
SKEW = timedelta(minutes=2)  # between Slack's clock and the database's
TURN = 0.2  # seconds that a call waits for its turn: others wait for this thread
HARMLESS = frozenset(
    {"already_in_channel", "already_pinned", "cant_invite_self", "user_is_restricted", "already_in_team"}
)
Chore = tuple[str, Callable[[], None]]
"""What is done in a channel once: its name, and how."""
log = structlog.get_logger()


@dataclass(frozen=True)
class Places:
    """Makes and sets up channels. `url` is the bot's own address, for links."""

    desk: Desk
    chat: Chat
    members: Members

    @property
    def plan(self) -> RecoveryPlan:
        return self.desk.plan

    def ensure(self, incident: Incident, row: rows.Channel) -> str:
        """The id of the incident's channel, which is made where there is none; raises SlackTrouble."""
        if row.channel is not None:
            return row.channel
        for name in names(incident, self.plan):
            channel = self._made(incident, name)
            if channel is not None:
                self._keep(incident, name, channel)
                return channel
        raise SlackRefused("conversations.create", TAKEN)

    def is_usable(self, channel: str) -> bool:
        """Whether the bot can still post there; raises SlackTrouble."""
        try:
            found = self.chat.call("conversations.info", channel=channel)["channel"]
        except SlackRefused as refused:
            if refused.code not in GONE:
                raise
            return False
        return bool(found.get("is_member")) and not found.get("is_archived")

    def lost(self, incident: Incident, channel: str) -> None:
        """This channel can't be used any more: the next look makes another, unless there is another by now."""
        log.warning("channel_lost", incident=incident.id, channel=channel)
        name = channel_name(incident, self.plan)

        def forget(connection: Connection, _now: datetime) -> None:
            if rows.channel_of(connection, incident.id) == channel:
                rows.opened(connection, incident.id, name, None)

        self.desk.transact(forget)

    def _keep(self, incident: Incident, name: str, channel: str) -> None:
        self.desk.transact(lambda connection, _: rows.opened(connection, incident.id, name, channel))
        try:
            self.desk.record(incident.id, c.OpenChannel(channel=channel))
        except Refused:
            log.debug("channel_known", incident=incident.id)

    def _made(self, incident: Incident, name: str) -> str | None:
        """A channel of this name: new, or our own from before a crash; None where it is somebody else's."""
        try:
            made = self.chat.call("conversations.create", name=name, is_private=incident.private)
        except SlackRefused as refused:
            if refused.code != TAKEN:
                raise
            return self._ours(incident, name)
        return str(made["channel"]["id"])

    def _ours(self, incident: Incident, name: str) -> str | None:
        """The channel of that name, if this bot made it for this incident: since it was declared."""
        us = self.members.identify()
        since = (incident.declared_at - SKEW).timestamp()
        with self.desk.database.read() as connection:
            for found in self._listed(incident.private):
                made = found.get("creator") == us.bot_user and float(found.get("created", 0)) >= since
                usable = made and found.get("is_member") and not found.get("is_archived")
                if found.get("name") == name and usable and rows.incident_of_channel(connection, found["id"]) is None:
                    return str(found["id"])
        return None

    def _listed(self, private: bool) -> Iterator[dict[str, Any]]:
        cursor: str | None = None
        kinds = "private_channel" if private else "public_channel"
        while True:
            page = self.chat.call("conversations.list", types=kinds, limit=1000, exclude_archived=True, cursor=cursor)
            yield from page["channels"]
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return

    def declarer(self, incident: Incident) -> str | None:
        """The account of whoever declared, in Slack or elsewhere."""
        return incident.declarer_account or (self.members.account(incident.declarer) if incident.declarer else None)

    def has_let_in(self, incident: Incident, account: str) -> bool:
        """Whether the incident's channel is there, and this account was invited to it."""
        with self.desk.database.read() as connection:
            return _in(account) in rows.done(connection, incident.id)

    # --- what stands in it ---------------------------------------------------------------------------------------------

    def admission(self, incident: Incident, channel: str) -> Iterator[Chore]:
        """First of all the one who declared."""
        declarer = self.declarer(incident)
        if declarer:
            yield _in(declarer), lambda: self._invite(channel, [declarer])

    def furnishing(self, incident: Incident, channel: str, card: str | None) -> Iterator[Chore]:
        """Topic, pinned card, and everybody whom the severity, the roles and a shown plan call for."""
        drill = "DRILL · " if incident.drill else ""
        wanted = f"{drill}{incident.severity} {incident.title}"
        topic = f"{drill}{incident.id} · {incident.severity.upper()} · {escape(incident.title)}"[:250]
        yield (
            f"topic:{sha256(wanted)[:8]}",
            lambda: self._call("conversations.setTopic", channel=channel, topic=topic),
        )
        if card:
            yield f"pin:{card}", lambda: self._call("pins.add", channel=channel, timestamp=card)
        yield f"invite:{incident.severity}", lambda: self._invite(channel, self._called(incident))
        roles = filter(None, incident.roles.values())
        asked = (person for _, step in incident.every_step() if step.awaits_approval for person in step.waits_for)
        accounts = map(self.members.account, (*roles, *asked))
        for account in dict.fromkeys(filter(None, accounts)):
            yield _in(account), partial(self._invite, channel, [account])

    def bookmark(self, channel: str, name: str, link: str) -> Chore:
        """A link at the top of the channel."""
        arguments = {"channel_id": channel, "title": name, "type": "link", "link": link}
        return f"bookmark:{link}", lambda: self._call("bookmarks.add", **arguments)

    def once(self, row: rows.Channel, chore: Chore) -> None:
        """Do what has not been done yet; raises SlackTrouble.

        A bookmark is noted first: another one would stand beside it, all else may be repeated.
        """
        name, work = chore
        if name in row.done:
            return
        if name.startswith("bookmark:"):
            self._note(row, row.done | {name})
        try:
            work()
        except SlackAway:
            self._note(row, row.done - {name})
            raise
        self._note(row, row.done | {name})

    def _note(self, row: rows.Channel, done: set[str]) -> None:
        if done != row.done:
            row.done.clear()
            row.done.update(done)
            self.desk.transact(lambda connection, _: rows.did(connection, row.stream, done))

    def _called(self, incident: Incident) -> list[str]:
        """The accounts of the teams that the severity calls for, their Slack groups included.

        Into a private channel nobody comes by a group alone: it is for the people of the recovery plan.
        """
        notification = self.plan.notifications.get(incident.severity)
        teams = notification.recipients if notification else ()
        accounts = [self.members.account(person) for team in teams for person in self.plan.members(team)]
        for team in teams:
            group = self.plan.teams[team].slack_group
            if group:
                accounts += self._of_group(group)
        return [account for account in dict.fromkeys(accounts) if account and self._may_read(incident, account)]

    def _may_read(self, incident: Incident, account: str) -> bool:
        return not incident.private or self.members.actor(account).person is not None

    def _of_group(self, group: str) -> list[str]:
        try:
            return list(self.chat.call("usergroups.users.list", usergroup=group)["users"])
        except SlackRefused as refused:
            log.warning("group_unknown", group=group, reason=refused.code)
            return []

    def _invite(self, channel: str, accounts: Iterable[str | None]) -> None:
        users = ",".join(account for account in accounts if account)
        if users:
            self._call("conversations.invite", channel=channel, users=users, force=True)

    def _call(self, method: str, **arguments: Any) -> None:
        """What only furnishes: a refusal is said in the log, and the night goes on. The channel itself must be there."""
        try:
            self.chat.call(method, wait=TURN, **arguments)
        except SlackRefused as refused:
            if refused.code in GONE:
                raise
            if refused.code not in HARMLESS:
                log.warning("not_set_up", method=method, reason=refused.code)


def _in(account: str) -> str:
    """The name of the chore that invites an account."""
    return f"in:{account}"


def channel_name(incident: Incident, plan: RecoveryPlan) -> str:
    """The channel's name as the plan wants it, in the letters that Slack takes; a drill's says first that it is one."""
    raw = plan.channels.name.format(number=incident.number, system=incident.systems[0], severity=incident.severity)
    fitting = re.sub(r"[^a-z0-9_-]+", "-", raw.lower())[:LONGEST_NAME].strip("-") or f"dr-{incident.number}"
    return f"drill-{fitting}"[:LONGEST_NAME].strip("-") if incident.drill else fitting


def names(incident: Incident, plan: RecoveryPlan) -> Iterator[str]:
    """The name, and others in case it is taken."""
    first = channel_name(incident, plan)
    yield first
    for number in range(2, 10):
        yield f"{first[: LONGEST_NAME - 2]}-{number}"
