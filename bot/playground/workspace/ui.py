"""The page's own endpoints; PROTOCOL.md says what they take and answer."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from bot.playground.workspace.acts import Acts
from bot.playground.workspace.core import Core
from bot.playground.workspace.dispatch import Dispatch
from bot.playground.workspace.errors import SlackError
from bot.playground.workspace.frames import channel_shape, message_shapes, state_shape
from bot.playground.workspace.hub import Hub
from bot.playground.workspace.incoming import read_json
from bot.playground.workspace.outcomes import DONE, Outcome, nothing_there
from bot.playground.workspace.people_acts import PeopleActs
from bot.playground.workspace.shapes import Json

NOBODY = 4003
Act = Callable[[str, Json], Awaitable[Json]]


class Ui:
    """One method for each endpoint."""

    def __init__(self, core: Core, dispatch: Dispatch, acts: Acts, people: PeopleActs, hub: Hub) -> None:
        self._core, self._dispatch, self._acts, self._people, self._hub = core, dispatch, acts, people, hub

    def routes(self) -> list[BaseRoute]:
        acts: dict[str, Act] = {
            "say": self.say, "command": self.command, "action": self.action, "submit": self.submit,
            "close": self.close, "shortcut": self.shortcut, "react": self.react, "pin": self.pin, "read": self.read,
            "join": self.join, "leave": self.leave, "dm": self.direct, "home": self.home, "suggest": self.suggest,
            "panel": self.panel, "faults": self.faults,
        }  # fmt: skip
        posts = [Route(f"/ui/{name}", self._endpoint(act), methods=["POST"]) for name, act in acts.items()]
        gets = [Route("/ui/state", self.state), Route("/ui/messages", self.messages)]
        return [*gets, *posts, WebSocketRoute("/ui/live", self.live)]

    def _endpoint(self, act: Act) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            if not request.headers.get("content-type", "").startswith("application/json"):
                return JSONResponse({"ok": False, "error": "not_allowed", "text": "Only the page itself may ask."}, 403)
            try:
                body = read_json(await request.body())
                return JSONResponse(await act(self._who(body.get("as")), body))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                return JSONResponse({"ok": False, "error": "bad_request", "text": f"The request is wrong: {error}"})
            except SlackError as error:
                return JSONResponse({"ok": False, "error": error.code, "text": f"It failed: {error.code}."})

        return endpoint

    def _who(self, wanted: str | None) -> str:
        """Whom the page acts as; KeyError for somebody who isn't there, or can't act."""
        able = {it.id: it for it in self._core.state.people.values() if it.can_act}
        return able[wanted].id if wanted else next(iter(able))

    async def state(self, request: Request) -> Response:
        return self._read(request, lambda user: state_shape(self._core, user, self._dispatch.connected))

    async def messages(self, request: Request) -> Response:
        def read(user: str) -> Json:
            channel = self._core.state.channels[request.query_params["channel"]]
            if not channel.visible_to(user):
                raise KeyError(channel.id)
            return {"ok": True, "messages": message_shapes(channel, user)}

        return self._read(request, read)

    def _read(self, request: Request, read: Callable[[str], Json]) -> Response:
        try:
            with self._core.changed:
                return JSONResponse(read(self._who(request.query_params.get("as"))))
        except KeyError as error:
            return JSONResponse({"ok": False, "error": "not_found", "text": f"There is no {error}."})

    async def live(self, socket: WebSocket) -> None:
        try:
            user = self._who(socket.query_params.get("as"))
        except KeyError:
            await socket.accept()  # else the page would not learn why
            await socket.close(NOBODY)
            return
        await self._hub.serve(socket, user)

    async def say(self, user: str, body: Json) -> Json:
        ts = self._people.say(user, body["channel"], str(body["text"]), body.get("thread_ts"))
        return {"ok": True, "ts": ts}

    async def command(self, user: str, body: Json) -> Json:
        return (await self._acts.command(user, body["channel"], str(body["text"]))).shape()

    async def action(self, user: str, body: Json) -> Json:
        return (await self._acts.click(user, body["container"], body["action"], body.get("values") or {})).shape()

    async def submit(self, user: str, body: Json) -> Json:
        return (await self._acts.submit(user, body["view_id"], body.get("values") or {})).shape()

    async def close(self, user: str, body: Json) -> Json:
        return (await self._acts.close(user, body["view_id"], whole=bool(body.get("all")))).shape()

    async def shortcut(self, user: str, body: Json) -> Json:
        where = (str(body.get("channel", "")), str(body.get("ts", "")))
        return (await self._acts.shortcut(user, body["callback_id"], *where)).shape()

    async def react(self, user: str, body: Json) -> Json:
        self._people.react(user, body["channel"], body["ts"], body["name"], added=not body.get("remove"))
        return DONE.shape()

    async def pin(self, user: str, body: Json) -> Json:
        self._people.pin(user, body["channel"], body["ts"], pinned=not body.get("remove"))
        return DONE.shape()

    async def read(self, user: str, body: Json) -> Json:
        self._people.read(user, body["channel"])
        return DONE.shape()

    async def join(self, user: str, body: Json) -> Json:
        self._people.join(user, body["channel"])
        return DONE.shape()

    async def leave(self, user: str, body: Json) -> Json:
        self._people.leave(user, body["channel"])
        return DONE.shape()

    async def direct(self, user: str, body: Json) -> Json:
        with self._core.changed:
            other = self._core.state.people[body["user"]].id
            return {"ok": True, "channel": channel_shape(self._core.state.direct(user, other), user)}

    async def home(self, user: str, body: Json) -> Json:
        channel = self._acts.open_home(user, str(body.get("tab", "home")))
        view = self._core.views.home(user)
        return {"ok": True, "channel": channel, "home": self._core.views.shape(view) if view else None}

    async def suggest(self, user: str, body: Json) -> Json:
        action = {name: body[name] for name in ("block_id", "action_id", "value")}
        answer = await self._acts.suggest(user, body["container"], action)
        return {"ok": True, "options": [], **(answer.body or {})}

    async def panel(self, _: str, body: Json) -> Json:
        item, action = str(body["item"]), str(body["action"])
        if not self._core.panel.offers(item, action):
            return nothing_there("This button").shape()
        text = await self._core.panel.press(item, action)
        return (Outcome("refused", text) if text else DONE).shape()

    async def faults(self, _: str, body: Json) -> Json:
        if body.get("clear"):
            self._core.faults.clear()
        self._core.faults.set(body.get("set") or {})
        return {"ok": True, "faults": self._core.faults.shape()}
