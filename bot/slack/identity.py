"""Who speaks: a Slack account becomes a person of the recovery plan, and only full members of our workspace count."""

import math
import threading
import time
from collections.abc import Callable, Collection, Mapping, Set
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog
from pydantic import SecretStr

from bot.domain.approvals import Standing
from bot.domain.errors import Refused
from bot.domain.plan import RecoveryPlan
from bot.domain.timeline import Actor
from bot.engine.ports import Unavailable
from bot.slack.chat import Chat, SlackAway, SlackRefused, SlackTrouble

SIGN_IT = "Nothing was recorded. Try again, or say it with dr, which signs it."
log = structlog.get_logger()
KEEP_SECONDS = 30.0  # how long a look-up serves for what is no approval
PATIENCE = 5.0  # seconds for who we are and who somebody is, together, while nobody waits
QUICK_SECONDS = 1.5  # while somebody waits for an acknowledgement
NOW_SECONDS = 0.6  # where the commit has to follow before the acknowledgement
TURN_SHARE = 5  # at most a fifth of the time goes into waiting for a turn
NO_GROUP_CODES = frozenset({"no_such_subteam", "subteam_not_found", "subteam_disabled"})
UNKNOWN_CODES = frozenset({"user_not_found", "user_not_visible", "users_not_found"})


class NotSaid(Refused):
    """Slack did not say in time who somebody is: it may well be somebody who may."""


@dataclass(frozen=True)
class Us:
    """Our workspace, its Enterprise Grid if it is in one, and the bot's own account."""

    team: str
    enterprise: str
    bot_user: str
    url: str

    def permalink(self, channel: str, ts: str) -> str:
        """The address of a message."""
        return f"{self.url}archives/{channel}/p{ts.replace('.', '')}"


@dataclass
class Members:
    """The workspace's accounts. `us` is who we are there; None until Slack has said it.

    `quick` and `at_once` are the seconds for Slack while an acknowledgement waits, and where a commit follows before it.
    """

    chat: Chat
    plan: RecoveryPlan
    us: Us | None = None
    quick: float = QUICK_SECONDS
    at_once: float = NOW_SECONDS
    _known: dict[str, tuple[float, str]] = field(default_factory=dict)
    _tried: dict[str, float] = field(default_factory=dict)
    _silent_at: float = -math.inf
    _looks: dict[str, Future[str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._people = {person.slack: name for name, person in self.plan.people.items() if person.slack}
        self._teams = {name: team.slack_group for name, team in self.plan.teams.items() if team.slack_group}

    def identify(self, patience: float = PATIENCE) -> Us:
        """Who we are, asked once; raises SlackTrouble."""
        if self.us is None:
            found = self._ask("auth.test", patience)
            fields = (str(found.get(name) or "") for name in ("team_id", "enterprise_id", "user_id", "url"))
            self.us = Us(*fields)
        return self.us

    def actor(self, slack_id: str) -> Actor:
        """Who an account is, as the timeline names them: a person of the plan, or just the account."""
        return Actor(person=self._people.get(slack_id), slack=slack_id, via="slack")

    def account(self, person: str) -> str | None:
        """A person's account."""
        known = self.plan.people.get(person)
        return known.slack if known else None

    def check(self, slack_id: str, team: str | None = None) -> None:
        """Raises Refused for whoever may do nothing that counts.

        Everybody is looked up, unless that was done a moment ago. Where Slack does not say in time, people of the plan are
        judged by what was known of them last, and nobody else is let in: docs/decisions/while-slack-is-silent.md.
        """
        if team and self.us and team != self.us.team and not self.us.enterprise:
            raise Refused("You are not a member of this workspace, so this does not count.")
        reason = self._lately(slack_id)
        if reason:
            raise Refused(f"{reason} This does not count.", "Ask a full member of the workspace.")

    def _lately(self, slack_id: str) -> str:
        ours, now = slack_id in self._people, time.monotonic()
        looked_at, reason = self._known.get(slack_id, (-math.inf, ""))
        if now - looked_at <= KEEP_SECONDS or (ours and now - self._silent_at <= KEEP_SECONDS):
            return reason
        try:
            return self._shared_look(slack_id, self.at_once if ours else self.quick)
        except Unavailable as unknown:
            if not ours:
                advice = "Nothing was recorded. Try again, or ask somebody of the recovery plan."
                raise NotSaid(f"Slack could not say who you are: {unknown}", advice) from unknown
            self._silent_at = time.monotonic()
            log.info("not_looked_up", account=slack_id, reason=str(unknown))
            return reason

    def _shared_look(self, slack_id: str, patience: float) -> str:
        """One look, however many of one account's requests come while it is under way."""
        with self._lock:
            under_way = self._looks.get(slack_id)
            if under_way is None:
                mine = self._looks[slack_id] = Future()
        if under_way is not None:
            return under_way.result()
        try:
            reason = self._look(slack_id, patience)
        except BaseException as error:
            mine.set_exception(error)
            raise
        finally:
            del self._looks[slack_id]
        mine.set_result(reason)
        return reason

    def check_now(self, slack_id: str, teams: Collection[str] = ()) -> None:
        """The same for words that count like an approval: asked of Slack this moment, of everybody; raises Refused.

        `teams` are those whose members' word it is.
        """
        try:
            reason = self._look_live(slack_id, self.at_once, teams)
        except Unavailable as unknown:
            raise NotSaid(f"Slack could not say in time who you are: {unknown}", SIGN_IT) from unknown
        if reason:
            raise Refused(f"{reason} This does not count.", "Ask a full member of the workspace.")

    def may_still(self, person: str, teams: Set[str]) -> Standing:
        """Whether what a person said before still counts, asked of Slack this moment; raises Refused where it does not say.

        Of those who have no account here, who signed what they said, Slack knows nothing: their word stands.
        """
        if self.account(person) is None:
            return Standing(eligible=True)
        try:
            found = self.look_up(person, teams, self.at_once)
        except Unavailable as unknown:
            who = self.plan.people[person].name
            raise NotSaid(
                f"Slack could not say in time whether {who} may still say so: {unknown}", SIGN_IT
            ) from unknown
        if found.eligible and not any(person in self.plan.members(team) for team in teams & self.plan.teams.keys()):
            return Standing(eligible=False, reason=f"They are no longer in {' or '.join(sorted(teams))}.")
        return found

    def refresh(self) -> None:
        """Look up the team or the one of the plan's people not tried for the longest time; called now and then."""
        looks: dict[str, Callable[[], object]] = {
            **{group: partial(self._join, group, self.quick) for group in self._teams.values()},
            **{slack_id: partial(self._look, slack_id, self.quick) for slack_id in self._people},
        }
        oldest = min(looks, key=lambda subject: self._tried.get(subject, -math.inf), default=None)
        if oldest is not None:
            try:
                looks[oldest]()
            except Unavailable as unknown:
                self._silent_at = time.monotonic()
                log.debug("not_refreshed", subject=oldest, reason=str(unknown))
            finally:
                self._tried[oldest] = time.monotonic()

    def look_up(self, person: str, teams: Collection[str], patience: float = PATIENCE) -> Standing:
        """Whether a person of the plan may act now, asked of Slack this moment, and who is in these teams by group.

        Raises Unavailable where that takes longer than `patience` seconds.
        """
        slack_id = self.account(person)
        if slack_id is None:
            return Standing(eligible=False, reason=f"The recovery plan names no Slack account of {person}.")
        reason = self._look_live(slack_id, patience, teams)
        return Standing(eligible=not reason, reason=reason)

    def may_join(self, person: str | None, team: str) -> bool:
        """Whether a person of the plan may be in a team by its Slack group: only a look can tell."""
        return person is not None and self.account(person) is not None and team in self._teams

    def join_now(self, slack_id: str, teams: Collection[str]) -> None:
        """Read the groups of teams in which somebody is not named; what Slack does not say in time stays as it was."""
        deadline = time.monotonic() + self.quick
        try:
            for team in teams:
                self._join_unless_named(slack_id, team, deadline)
        except Unavailable as unknown:
            log.info("group_not_read", reason=str(unknown))

    def _look_live(self, slack_id: str, patience: float, teams: Collection[str]) -> str:
        """What speaks against an account; the groups of the teams that decide are read too: nothing older counts here."""
        deadline = time.monotonic() + patience
        reason = self._look(slack_id, patience)
        if not reason:
            for team in teams:
                self._join_unless_named(slack_id, team, deadline)
        return reason

    def _join_unless_named(self, slack_id: str, team: str, deadline: float) -> None:
        person = self._people.get(slack_id)
        if person is not None and team in self._teams and person not in self.plan.teams[team].members:
            self._join(self._teams[team], deadline - time.monotonic())

    def _join(self, group: str, patience: float) -> None:
        """Have the plan know who of its people is in a Slack group: nobody where there is no such group."""
        try:
            users = self._ask("usergroups.users.list", patience, usergroup=group)["users"]
        except SlackRefused as refused:
            if refused.code not in NO_GROUP_CODES:
                raise Unavailable(str(refused)) from refused
            log.warning("group_unknown", group=group, reason=refused.code)
            users = []
        except (SlackTrouble, KeyError) as trouble:
            raise Unavailable(str(trouble)) from trouble
        for team, its_group in self._teams.items():
            if its_group == group:
                self.plan.join(team, tuple(self._people[user] for user in users if user in self._people))

    def _look(self, slack_id: str, patience: float) -> str:
        deadline = time.monotonic() + patience
        try:
            us = self.identify(patience)
            reason = objection(self._ask("users.info", deadline - time.monotonic(), user=slack_id)["user"], us)
        except SlackRefused as refused:
            if refused.code not in UNKNOWN_CODES:
                raise Unavailable(str(refused)) from refused
            reason = "This account is not of our workspace."
        except (SlackTrouble, KeyError) as trouble:
            raise Unavailable(str(trouble)) from trouble
        self._known[slack_id] = (time.monotonic(), reason)
        return reason

    def _ask(self, method: str, patience: float, **arguments: str) -> dict[str, Any]:
        """One request, which takes no longer than `patience` seconds, its turn included."""
        wait = patience / TURN_SHARE
        if wait <= 0:
            raise SlackAway(f"Slack took too long before {method}.")
        return self.chat.call(method, patience=patience - wait, wait=wait, **arguments)


def members_of(token: SecretStr, api_url: str, plan: RecoveryPlan) -> Members:
    """The directory of the workspace that a bot token belongs to."""
    return Members(Chat(token.get_secret_value(), api_url), plan)


def objection(user: Mapping[str, Any], us: Us) -> str:
    """Why an account may do nothing that counts; empty where it may."""
    if user.get("deleted"):
        return "This account is deactivated."
    if user.get("is_bot") or user.get("is_app_user") or user.get("is_workflow_bot") or user.get("id") == "USLACKBOT":
        return "This account is a bot, not a person."
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return "This account is a guest."
    if user.get("is_stranger") or is_foreign(user, us):
        return "This account belongs to another company."
    return ""


def is_foreign(user: Mapping[str, Any], us: Us) -> bool:
    """Another team's account, unless it is a sibling in our Enterprise Grid."""
    theirs = str((user.get("enterprise_user") or {}).get("enterprise_id") or "")
    return user.get("team_id") != us.team and not (us.enterprise and theirs == us.enterprise)
