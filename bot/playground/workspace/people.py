"""Who is in the workspace: people with every flag that users.info has, and user groups."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.playground.workspace.shapes import Json

TEAM = "T0DR"
OTHER_TEAM = "T0PARTNER"
BOT_USER = "U0DRBOT"
BOT = "B0DRBOT"


@dataclass
class Person:
    """An account. `color` is six hex digits."""

    id: str
    name: str
    real_name: str
    title: str = ""
    email: str = ""
    color: str = "9f69e7"
    team: str = TEAM
    enterprise: str = ""
    tz: str = "Europe/Berlin"
    deleted: bool = False
    is_bot: bool = False
    is_app_user: bool = False
    is_workflow_bot: bool = False
    is_admin: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    has_2fa: bool = True

    @property
    def guest(self) -> bool:
        return self.is_restricted or self.is_ultra_restricted

    @property
    def can_act(self) -> bool:
        """Whether somebody may sit at the page as this account."""
        return not (self.deleted or self.is_bot)

    def shape(self, *, email: bool) -> Json:
        """As users.info gives it; the email only with its scope."""
        flags = ("is_bot", "is_app_user", "deleted")
        kept: Json = {it: getattr(self, it) for it in flags} | self._kind()
        user: Json = {"id": self.id, "team_id": self.team, "name": self.name, "real_name": self.real_name, **kept}
        user |= {"color": self.color, "tz": self.tz, "tz_label": self.tz, "tz_offset": 3600, "updated": 1700000000}
        if self.enterprise:
            user["enterprise_user"] = {"id": self.id, "enterprise_id": self.enterprise, "teams": [self.team]}
        return user | {"profile": self._profile(email=email)}

    def _kind(self) -> Json:
        """What Slack says of live accounts only, and of strangers only where they are some."""
        if self.deleted:
            return {}
        flags = ("is_admin", "is_restricted", "is_ultra_restricted", "has_2fa")
        kind: Json = {it: getattr(self, it) for it in flags}
        kind["is_restricted"] = self.guest  # Slack sets it for single-channel guests too
        kind |= {"is_owner": False, "is_primary_owner": False, "is_email_confirmed": True}
        if self.is_stranger:
            kind["is_stranger"] = True
        if self.is_workflow_bot:
            kind["is_workflow_bot"] = True
        return kind

    def _profile(self, *, email: bool) -> Json:
        first, _, last = self.real_name.partition(" ")
        profile: Json = {
            "real_name": self.real_name,
            "real_name_normalized": self.real_name,
            "display_name": self.name,
            "display_name_normalized": self.name,
            "first_name": first,
            "last_name": last,
            "title": self.title,
            "team": self.team,
        }
        if email and self.email:
            profile["email"] = self.email
        return profile


@dataclass
class Group:
    """A user group; a disabled one keeps its people."""

    id: str
    handle: str
    name: str
    users: list[str] = field(default_factory=list)
    disabled: bool = False

    def shape(self, *, users: bool) -> Json:
        group: Json = {
            "id": self.id,
            "team_id": TEAM,
            "is_usergroup": True,
            "name": self.name,
            "handle": self.handle,
            "description": "",
            "is_external": False,
            "date_create": 1700000000,
            "date_update": 1700000000,
            "date_delete": 1700000001 if self.disabled else 0,
            "auto_type": None,
            "user_count": len(self.users),
        }
        return group | ({"users": list(self.users)} if users else {})


def default_people() -> Sequence[Person]:
    """The five people of the sample plan, a guest, a stranger, a deactivated account, and another app's bot."""
    return (
        Person("U0ALICE", "alice", "Alice Adams", "Site reliability lead", "alice@example.com", "4bbe2e", is_admin=True),
        Person("U0BOB", "bob", "Bob Brown", "On-call engineer", "bob@example.com", "e7392d"),
        Person("U0CAROL", "carol", "Carol Chen", "Operations", "carol@example.com", "3c989f"),
        Person("U0DAVE", "dave", "Dave Diaz", "Developer", "dave@example.com", "674b1b"),
        Person("U0ERIN", "erin", "Erin Evans", "Head of operations", "erin@example.com", "e96699"),
        Person("U0GUEST", "gina", "Gina Guest", "Contractor", "gina@contractor.example", "50a0cf", is_restricted=True),
        Person("U0SINGLE", "sam", "Sam Single", "Contractor", "sam@contractor.example", "a72f79", is_ultra_restricted=True),
        Person("U0STRANGER", "stella", "Stella Stranger", "Partner", "", "d58247", team=OTHER_TEAM, is_stranger=True),
        Person("U0GONE", "gus", "Gus Gone", "Former engineer", "gus@example.com", "8d4b84", deleted=True),
        Person("U0OTHERBOT", "deploybot", "Deploy Bot", color="2b6836", is_bot=True),
    )  # fmt: skip


def default_groups() -> Sequence[Group]:
    return (
        Group("S0DRTEAM", "dr-team", "DR team", ["U0ALICE", "U0BOB"]),
        Group("S0EMPTY", "nobody", "Nobody"),
        Group("S0DISABLED", "old-team", "Old team", ["U0CAROL"], disabled=True),
    )
