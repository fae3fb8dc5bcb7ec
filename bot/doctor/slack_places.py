"""The channels, people and user groups that the recovery plan names, as they are in Slack."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from bot.domain.finding import Area, Finding
from bot.domain.plan import RecoveryPlan
from bot.slack.chat import Chat, SlackRefused, SlackTrouble
from bot.slack.identity import Us, objection

SECONDS = 5.0
CHANNELS, PEOPLE, GROUPS = Area("Slack channels"), Area("Slack people"), Area("Slack groups")
WHY = {
    "announce_in": "Incidents are announced nowhere in Slack.",
    "broadcast_in": "Status updates are read in the incidents' own channels alone.",
    "operators": "No canary: a deaf connection is noticed late, by Slack's count of connections alone.",
}


def channels(plan: RecoveryPlan, chat: Chat, us: Us) -> Iterator[Finding]:
    """Each channel of the plan: there, open, and the bot in it."""
    for use, why in WHY.items():
        channel = getattr(plan.channels, use)
        if channel is None:
            yield CHANNELS.doubt(use, why, f"Name a channel: channels: {{{use}: C…}} in plan.yml.")
        else:
            yield from _asked(CHANNELS, f"{use} {channel}", partial(_channel, chat, channel, us))


def _channel(chat: Chat, channel: str, us: Us) -> tuple[str, str, str]:
    """Subject's name, what is wrong, and the mend."""
    try:
        found = chat.call("conversations.info", patience=SECONDS, channel=channel)["channel"]
    except SlackRefused as refused:
        if refused.code != "channel_not_found":
            raise
        mend = f"Invite the bot if it is private: /invite <@{us.bot_user}>; else correct plan.yml."
        return "", "There is no such channel that the bot could see.", mend
    name = f"#{found.get('name', '')}"
    if found.get("is_archived"):
        return name, f"{name} is archived.", "Unarchive it, or name another in plan.yml."
    if not found.get("is_member"):
        return name, f"The bot is not in {name}.", f"Invite it there: /invite <@{us.bot_user}>"
    return name, "", ""


def people(plan: RecoveryPlan, chat: Chat, us: Us) -> Iterator[Finding]:
    """Each person's account: there, and a full member."""
    for name, person in plan.people.items():
        if person.slack is None:
            mend = f"Add slack: U… to {name} in plan.yml."
            yield PEOPLE.doubt(name, f"{person.name} has no Slack account in the plan and can act by dr alone.", mend)
        else:
            yield from _asked(PEOPLE, name, partial(_person, chat, person.slack, name, us))


def _person(chat: Chat, user: str, name: str, us: Us) -> tuple[str, str, str]:
    mend = "Correct it in plan.yml: profile, More, Copy member ID."
    try:
        found = chat.call("users.info", patience=SECONDS, user=user)["user"]
    except SlackRefused as refused:
        if refused.code not in ("user_not_found", "user_not_visible", "users_not_found"):
            raise
        return name, f"There is no account {user}.", mend
    reason = objection(found, us)
    return f"{name}, {user}", f"{user}: {reason} It can do nothing that counts." if reason else "", mend


def groups(plan: RecoveryPlan, chat: Chat) -> Iterator[Finding]:
    """Each team's user group: there, and not empty."""
    for name, team in plan.teams.items():
        if team.slack_group:
            known = {plan.people[member].slack for member in team.members}
            yield from _asked(GROUPS, name, partial(_group, chat, team.slack_group, known))


def _group(chat: Chat, group: str, known: set[str | None]) -> tuple[str, str, str]:
    mend = "Correct slack_group in plan.yml, or the group in Slack."
    try:
        users = set(chat.call("usergroups.users.list", patience=SECONDS, usergroup=group)["users"])
    except SlackRefused as refused:
        if refused.code not in ("no_such_subteam", "subteam_not_found", "subteam_disabled"):
            raise
        return group, f"There is no user group {group} ({refused.code}).", mend
    if not users:
        return group, f"The user group {group} is empty or disabled: nobody would be invited.", mend
    if not users & known:
        return group, f"Nobody of the team is in the user group {group}.", mend
    return f"{group}, {len(users)} people", "", ""


def _asked(area: Area, subject: str, look: Callable[[], tuple[str, str, str]]) -> Iterable[Finding]:
    """A look's finding; what Slack refuses or does not answer is no verdict on the plan."""
    try:
        name, wrong, mend = look()
    except SlackRefused as refused:
        return [area.doubt(subject, str(refused), "Mend the app's scopes and token first.")]
    except (SlackTrouble, KeyError, TypeError) as trouble:
        return [area.doubt(subject, f"Slack did not say: {trouble}", "Try again in a minute.")]
    return [area.wrong(subject, wrong, mend) if wrong else area.ok(subject, f"{name}.")]
