"""Each person's open modals, at most three on one another, and each person's Home of the app."""

import secrets
from dataclasses import dataclass

from bot.playground.workspace.changes import HomePublished, ViewsChanged
from bot.playground.workspace.errors import SlackError
from bot.playground.workspace.shapes import Json, new_id
from bot.playground.workspace.state import State

STACK = 3


@dataclass
class View:
    """`body` is what the app sent, checked and with its ids filled in."""

    id: str
    user: str
    body: Json
    hash: str
    root: str
    previous: str | None = None

    @property
    def type(self) -> str:
        return str(self.body["type"])

    def shape(self, app: str, bot: str, team: str) -> Json:
        """As Slack answers it."""
        view: Json = {"id": self.id, "team_id": team, "app_id": app, "app_installed_team_id": team, "bot_id": bot}
        view |= {"private_metadata": "", "callback_id": "", "external_id": "", "state": {"values": {}}}
        view |= {"title": None, "submit": None, "close": None, "clear_on_close": False, "notify_on_close": False}
        return view | self.body | {"hash": self.hash, "root_view_id": self.root, "previous_view_id": self.previous}


class Views:
    """Callers hold the workspace's lock."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._stacks: dict[str, list[View]] = {}
        self._homes: dict[str, View] = {}

    def stack(self, user: str) -> list[View]:
        """Lowest first."""
        return self._stacks.setdefault(user, [])

    def home(self, user: str) -> View | None:
        return self._homes.get(user)

    def shape(self, view: View) -> Json:
        return view.shape(self._state.app.id, self._state.app.bot, self._state.team.id)

    def find(self, view_id: str = "", external_id: str = "") -> View:
        """An open modal or a Home; raises SlackError not_found."""
        views = [*self._homes.values(), *(view for stack in self._stacks.values() for view in stack)]
        for view in views:
            if (view_id and view.id == view_id) or (external_id and view.body.get("external_id") == external_id):
                return view
        raise SlackError("not_found")

    def open(self, user: str, body: Json) -> View:
        """A new stack; an open one goes."""
        self._unused(body)
        view_id = new_id("V")
        view = View(view_id, user, body, new_hash(), view_id)
        self._stacks[user] = [view]
        self._state.tell(ViewsChanged(user))
        return view

    def push(self, user: str, body: Json) -> View:
        stack = self.stack(user)
        if not stack:
            raise SlackError("not_found")
        if len(stack) >= STACK:
            raise SlackError("push_limit_reached")
        self._unused(body)
        view = View(new_id("V"), user, body, new_hash(), stack[0].id, stack[-1].id)
        stack.append(view)
        self._state.tell(ViewsChanged(user))
        return view

    def update(self, view: View, body: Json, known_hash: str = "") -> View:
        if known_hash and known_hash != view.hash:
            raise SlackError("hash_conflict")
        if body["type"] != view.type:
            raise SlackError("view_type_mismatch")
        self._unused(body, view)
        view.body, view.hash = body, new_hash()
        self._state.tell(HomePublished(view.user) if view.type == "home" else ViewsChanged(view.user))
        return view

    def publish(self, user: str, body: Json, known_hash: str = "") -> View:
        view = self._homes.get(user)
        if view is not None:
            return self.update(view, body, known_hash)
        view_id = new_id("V")
        self._homes[user] = View(view_id, user, body, new_hash(), view_id)
        self._state.tell(HomePublished(user))
        return self._homes[user]

    def close(self, view: View) -> None:
        """Closes it and what stands on it."""
        stack = self.stack(view.user)
        if view in stack:
            del stack[stack.index(view) :]
            self._state.tell(ViewsChanged(view.user))

    def clear(self, user: str) -> None:
        self.stack(user).clear()
        self._state.tell(ViewsChanged(user))

    def _unused(self, body: Json, own: View | None = None) -> None:
        external = str(body.get("external_id") or "")
        try:
            other = self.find(external_id=external)
        except SlackError:
            return
        if other is not own:
            raise SlackError("duplicate_external_id")


def new_hash() -> str:
    return f"{secrets.randbelow(10**10)}.{secrets.token_hex(4)}"
