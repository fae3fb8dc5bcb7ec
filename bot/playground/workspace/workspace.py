"""The workspace as tests and the demo hold it: start it, act as people, look at what is there, let things go wrong."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Self, TypeVar

import httpx

from bot.playground.workspace.channels import Channel, Kind
from bot.playground.workspace.core import new_core
from bot.playground.workspace.delivery import PATIENCE
from bot.playground.workspace.frames import message_shapes
from bot.playground.workspace.installed import InstalledApp
from bot.playground.workspace.messages import Message
from bot.playground.workspace.outcomes import Outcome
from bot.playground.workspace.panel import Panel
from bot.playground.workspace.people import Group, Person
from bot.playground.workspace.server import Server
from bot.playground.workspace.shapes import Json
from bot.playground.workspace.values import entered, options, stateful

T = TypeVar("T")


class Workspace:
    """Runs on a port of 127.0.0.1. From any thread. `limits=False` switches the rate limits off.

    `patience`: so many seconds does the app have to acknowledge, and to use a trigger.
    """

    def __init__(
        self,
        *,
        app: InstalledApp | None = None,
        people: Sequence[Person] | None = None,
        groups: Sequence[Group] | None = None,
        limits: bool = True,
        patience: float = PATIENCE,
        port: int = 0,
    ) -> None:
        self.core = new_core(app or InstalledApp(), people, groups, limits=limits, patience=patience)
        self.ledger, self.faults, self.clock = self.core.ledger, self.core.faults, self.core.clock
        self.server = Server(self.core, port)
        self._web = self.server.web
        self.url, self.api_url = self.core.url, f"{self.core.url}/api/"

    @classmethod
    @contextmanager
    def running(cls, **options: Any) -> Iterator[Self]:
        """A workspace that ends with the block; options as __init__. RuntimeError: meanwhile it failed by itself."""
        workspace = cls(**options)
        try:
            yield workspace
        finally:
            workspace.close()
        if workspace.ledger.crashes:
            raise RuntimeError(f"The workspace itself failed: {workspace.ledger.crashes[0]}")

    def close(self) -> None:
        self.server.close()

    # Credentials

    @property
    def bot_token(self) -> str:
        return self.core.tokens.bot

    @property
    def app_token(self) -> str:
        return self.core.tokens.app

    @property
    def signing_secret(self) -> str:
        return self.core.tokens.signing_secret

    @property
    def environment(self) -> Mapping[str, str]:
        """What connects the bot to this workspace, in Socket Mode."""
        return {"SLACK_BOT_TOKEN": self.bot_token, "SLACK_APP_TOKEN": self.app_token, "SLACK_API_URL": self.api_url}

    def revoke(self, code: str = "token_revoked") -> None:
        """Both tokens are refused with this code from now on (account_inactive, token_expired, …); "" restores them."""
        self.core.tokens.revoked = code
        if code:
            self.server.call(self._web.sockets.end_all("link_disabled"))

    def remove_scope(self, scope: str) -> None:
        self.core.tokens.scopes.discard(scope)

    def add_scope(self, scope: str) -> None:
        self.core.tokens.scopes.add(scope)

    # People do something

    def say(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> str:
        """Its ts. A channel is an id or a #name everywhere here."""
        return self._web.people.say(user, self.channel(channel).id, text, thread_ts)

    def react(self, user: str, ts: str, name: str, *, added: bool = True) -> None:
        channel, message = self._place(ts)
        self._web.people.react(user, channel.id, message.ts, name, added=added)

    def join(self, user: str, channel: str) -> None:
        """Also a private channel, as if an administrator added them."""
        self._web.people.bring_in(user, self.channel(channel).id)

    def leave(self, user: str, channel: str) -> None:
        self._web.people.leave(user, self.channel(channel).id)

    def invite_bot(self, channel: str) -> None:
        self.join(self.core.app.user, channel)

    def remove_bot(self, channel: str) -> None:
        self.leave(self.core.app.user, channel)

    def command(self, user: str, channel: str, line: str) -> Outcome:
        """A slash command, e.g. "/dr status"; once it is acknowledged, or not. An answer is an ephemeral message."""
        return self.server.call(self._web.acts.command(user, self.channel(channel).id, line))

    def click(self, user: str, ts: str, action_id: str, value: Any = None, *, values: Json | None = None) -> Outcome:
        """The element with this action_id in a message; value: what is chosen there, see `submit`."""
        channel, message = self._place(ts)
        container = {"type": "message", "channel": channel.id, "ts": ts}
        action = find_action(message.all_blocks, action_id, value)
        return self.server.call(self._web.acts.click(user, container, action, values or {}))

    def click_view(
        self, user: str, view: Json, action_id: str, value: Any = None, values: Json | None = None
    ) -> Outcome:
        """The same in a modal or in Home; values: what the form holds meanwhile."""
        container = {"type": "view", "view_id": view["id"]}
        action = find_action(view["blocks"], action_id, value)
        given = self._filled(view, values or {})
        return self.server.call(self._web.acts.click(user, container, action, given))

    def submit(self, user: str, view: Json, values: Mapping[str, Any] | None = None) -> Outcome:
        """Submit a modal. values: by action_id or block_id, a text, an option's value or label, an id, or a list of those."""
        given = self._filled(view, values or {})
        return self.server.call(self._web.acts.submit(user, view["id"], given))

    def close_view(self, user: str, view: Json, *, whole: bool = False) -> Outcome:
        return self.server.call(self._web.acts.close(user, view["id"], whole=whole))

    def shortcut(self, user: str, callback_id: str, ts: str = "") -> Outcome:
        """A message's shortcut, or without ts a global one."""
        channel = self._place(ts)[0].id if ts else ""
        return self.server.call(self._web.acts.shortcut(user, callback_id, channel, ts))

    def open_home(self, user: str, tab: str = "home") -> None:
        self._web.acts.open_home(user, tab)

    def at_once(self, acts: Sequence[Callable[[], Any]]) -> list[Any]:
        """Several of the above at the same time; their results in order."""
        with ThreadPoolExecutor(len(acts)) as threads:
            return [it.result() for it in [threads.submit(act) for act in acts]]

    # What is there

    def channel(self, wanted: str) -> Channel:
        """By id or name, or the direct messages of the bot with a person by their id. KeyError: there is none."""
        state = self.core.state
        with self.core.changed:
            if wanted in state.people:
                return state.direct(self.core.app.user, wanted)
            return state.channels.get(wanted) or state.channels[self._id_of(wanted)]

    def _id_of(self, name: str) -> str:
        found = self.core.state.channel_named(name.removeprefix("#"))
        return found.id if found else name

    def channels(self, kind: Kind | None = None) -> list[Channel]:
        with self.core.changed:
            return [it for it in self.core.state.channels.values() if kind in (None, it.kind)]

    def messages(self, channel: str, user: str | None = None) -> list[Json]:
        """Oldest first; with a user also those for them alone (is_ephemeral). Shapes of PROTOCOL.md."""
        with self.core.changed:
            return message_shapes(self.channel(channel), user or "")

    def message(self, ts: str) -> Json:
        return self._place(ts)[1].shape(metadata=True)

    def ephemeral(self, channel: str, user: str) -> list[Json]:
        """What this person alone was told, oldest first."""
        return [it for it in self.messages(channel, user) if it["is_ephemeral"]]

    def views(self, user: str) -> list[Json]:
        """Their open modals, lowest first."""
        with self.core.changed:
            return [self.core.views.shape(it) for it in self.core.views.stack(user)]

    def home(self, user: str) -> Json | None:
        with self.core.changed:
            view = self.core.views.home(user)
            return self.core.views.shape(view) if view else None

    @property
    def connections(self) -> int:
        """The app's sockets, ghosts and phantoms included."""
        return self._web.sockets.counted

    @property
    def panel(self) -> Panel:
        return self.core.panel

    def until(self, holds: Callable[[], Any], seconds: float = 30.0) -> Any:
        """What `holds` returns once it is true; looked at after each change. TimeoutError else."""
        deadline = time.monotonic() + seconds
        while not (result := holds()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"It did not come true within {seconds:g} s.")
            with self.core.changed:
                self.core.changed.wait(0.02)
        return result

    # What an administrator does

    def person(self, user: str) -> Person:
        """To be changed in place: w.person("U0BOB").deleted = True."""
        return self.core.state.people[user]

    def group(self, group: str) -> Group:
        return self.core.state.groups[group]

    def new_channel(self, name: str, *, kind: Kind = "public", members: Sequence[str] = ()) -> Channel:
        """Made by Alice; members besides her."""
        with self.core.changed:
            channel = self.core.state.create_channel(name, kind, "U0ALICE")
            channel.members += [it for it in members if it not in channel.members]
            return channel

    def archive(self, channel: str, *, archived: bool = True) -> None:
        with self.core.changed:
            self.core.state.archive(self.channel(channel), "U0ALICE", archived=archived)

    def rename(self, channel: str, name: str) -> None:
        with self.core.changed:
            self.core.state.rename(self.channel(channel), name, "U0ALICE")

    def delete_channel(self, channel: str) -> None:
        with self.core.changed:
            self.core.state.delete_channel(self.channel(channel))

    def delete_message(self, ts: str) -> None:
        with self.core.changed:
            self.core.state.delete(*self._place(ts))

    # The network

    @property
    def request_url(self) -> str:
        """Where the app takes signed requests (HTTP mode); empty: Socket Mode."""
        return self._web.http.request_url

    @request_url.setter
    def request_url(self, url: str) -> None:
        self._web.http.request_url = url

    def verify_request_url(self) -> bool:
        """Whether the request URL gives the challenge back, as Slack asks when it is entered."""
        return self.server.call(self._web.http.verify())

    def replay(self, index: int = -1) -> httpx.Response:
        """Send a signed request once more, byte for byte; the newest unless said."""
        return self.server.call(self._web.http.post(self._web.http.sent[index]))

    @property
    def retry_waits(self) -> Sequence[float]:
        """Seconds before each further try of an event: 0, 60, 300."""
        return self._web.dispatch.retry_waits

    @retry_waits.setter
    def retry_waits(self, waits: Sequence[float]) -> None:
        self._web.dispatch.retry_waits = waits

    def drop_sockets(self) -> None:
        """Reset every socket; the app may connect again."""
        self.server.call(as_coroutine(self._web.sockets.drop_all))

    def end_sockets(self, reason: str = "refresh_requested") -> None:
        """Send `disconnect` with a reason, and close; `warning` only warns."""
        self.server.call(self._web.sockets.end_all(reason))

    def haunt_sockets(self, count: int | None = None) -> int:
        """Turn open sockets into ghosts: counted, answering pings, given nothing. How many."""
        return self.server.call(as_coroutine(lambda: self._web.sockets.haunt(count)))

    def go_away(self) -> None:
        """Slack is down: connections are refused, open ones reset, the page too."""
        self.server.stop_listening()

    def come_back(self) -> None:
        self.server.listen_again()

    def _place(self, ts: str) -> tuple[Channel, Message]:
        with self.core.changed:
            for place in self.core.state.find(ts):
                return place
        raise KeyError(f"There is no message {ts}.")

    def _filled(self, view: Json, values: Mapping[str, Any]) -> Json:
        given: Json = {}
        used: set[str] = set()
        for block, element in stateful(view["blocks"]):
            for name in (element["action_id"], block["block_id"]):
                if name in values:
                    used.add(name)
                    value = entered(element, values[name])
                    given.setdefault(block["block_id"], {})[element["action_id"]] = value
        if unknown := set(values) - used:
            raise KeyError(f"The form has no {', '.join(sorted(unknown))}.")
        return given


def find_action(blocks: Sequence[Json], action_id: str, value: Any) -> Json:
    """What the page would send for this element. KeyError: it isn't there."""
    for block in blocks:
        parts = [*block.get("elements", ()), block.get("accessory"), block.get("element")]
        for element in [it for it in parts if isinstance(it, dict) and it.get("action_id") == action_id]:
            action: Json = {"block_id": block["block_id"], "action_id": action_id, "type": element["type"]}
            if element["type"] == "overflow":
                chosen = [it for it in options(element) if value in (it["value"], it["text"]["text"])]
                return action | {"selected_option": chosen[0]}
            if element["type"] == "button":
                return action | ({"value": element["value"]} if "value" in element else {})
            return action | entered(element, value)
    raise KeyError(f"There is no {action_id} to click.")


async def as_coroutine(what: Callable[[], T]) -> T:
    return what()
