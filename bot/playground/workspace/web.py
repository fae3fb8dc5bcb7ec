"""The workspace as one ASGI app: Web API, sockets, the page and its endpoints."""

import asyncio
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from starlette.websockets import WebSocket

from bot.playground.workspace.acts import Acts
from bot.playground.workspace.api import Api
from bot.playground.workspace.core import Core
from bot.playground.workspace.dispatch import Dispatch
from bot.playground.workspace.http_mode import HttpMode
from bot.playground.workspace.hub import Hub
from bot.playground.workspace.ledger import Entry
from bot.playground.workspace.local import LocalOnly
from bot.playground.workspace.people_acts import PeopleActs
from bot.playground.workspace.sockets import Sockets
from bot.playground.workspace.transports import Transports
from bot.playground.workspace.ui import Ui

PAGE = Path(__file__).parent / "page"
ANY = ["GET", "POST"]
HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}


class Web:
    """Everything that lives on the server's loop."""

    def __init__(self, core: Core, loop: asyncio.AbstractEventLoop, transports: Transports) -> None:
        self._core = core
        self._loop = loop
        self._transports = transports
        self.sockets = Sockets(core, transports)
        self.http = HttpMode(core)
        core.faults.when_away = self._cut_off
        self.dispatch = Dispatch(core, self.sockets, self.http, loop)
        self.acts = Acts(core, self.dispatch)
        self.people = PeopleActs(core)
        hub = Hub(core, self.dispatch, loop)
        ui = Ui(core, self.dispatch, self.acts, self.people, hub)
        api = Api(core, transports)
        routes = [
            Route("/api/{method:path}", api.method, methods=ANY),
            Route("/hooks/{key}", api.hook, methods=["POST"]),
            Route("/upload/{id}", api.upload, methods=["POST"]),
            WebSocketRoute("/link", self.link),
            WebSocketRoute("/link/", self.link),
            *ui.routes(),
            Route("/", index),
            Route("/archives/{place:path}", index),
            Mount("/page", Page(directory=PAGE)),
        ]
        self.app = LocalOnly(Starlette(routes=routes))

    def _cut_off(self) -> None:
        self._loop.call_soon_threadsafe(self.sockets.drop_all)

    async def link(self, socket: WebSocket) -> None:
        """A socket of the app; every fault but latency resets it."""
        entry = self._core.ledger.add(Entry(self._core.clock.now(), "link", {}))
        broken = "away" if self._core.faults.away else ""
        for fault in [*self._core.faults.take("link")]:
            if fault.kind == "latency":
                await asyncio.sleep(fault.seconds)
            else:
                broken = fault.kind
        entry.fault, entry.applied = broken, not broken
        if broken:
            self._transports.reset(socket.scope)
        else:
            await self.sockets.serve(socket)


class Page(StaticFiles):
    """The page's files, always the newest, each with the type that browsers insist on."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(HEADERS)
        if path.endswith(".js"):
            response.headers["Content-Type"] = "text/javascript; charset=utf-8"
        return response


async def index(_: Request) -> Response:
    """The page; also for a permalink, which it reads from its own address."""
    page = PAGE / "index.html"
    if not page.is_file():
        raise HTTPException(404, "There is no page here.")
    return FileResponse(page, headers=HEADERS)
