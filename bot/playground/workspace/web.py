"""The workspace as one ASGI app: Web API, sockets, the page and its endpoints."""

import asyncio
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from bot.playground.workspace.acts import Acts
from bot.playground.workspace.api import Api
from bot.playground.workspace.core import Core
from bot.playground.workspace.dispatch import Dispatch
from bot.playground.workspace.http_mode import HttpMode
from bot.playground.workspace.hub import Hub
from bot.playground.workspace.ledger import Entry
from bot.playground.workspace.people_acts import PeopleActs
from bot.playground.workspace.sockets import Sockets
from bot.playground.workspace.transports import Transports
from bot.playground.workspace.ui import Ui

PAGE = Path(__file__).parent / "page"
ANY = ["GET", "POST"]


class Web:
    """Everything that lives on the server's loop."""

    def __init__(self, core: Core, loop: asyncio.AbstractEventLoop, transports: Transports) -> None:
        self._core = core
        self._transports = transports
        self.sockets = Sockets(core, transports)
        self.http = HttpMode(core)
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
            Route("/archives/{channel}/{message}", archive),
        ]
        if PAGE.is_dir():
            routes.append(Mount("/page", StaticFiles(directory=PAGE)))
        self.app = Starlette(routes=routes)

    async def link(self, socket: WebSocket) -> None:
        """A socket of the app."""
        entry = self._core.ledger.add(Entry(self._core.clock.now(), "link", {}))
        if self._core.faults.away:
            entry.fault = "away"
            self._transports.reset(socket.scope)
            return
        entry.applied = True
        await self.sockets.serve(socket)


async def index(_: Request) -> Response:
    page = PAGE / "index.html"
    if not page.is_file():
        raise HTTPException(404, "There is no page here.")
    return FileResponse(page, headers={"Cache-Control": "no-cache"})


async def archive(request: Request) -> Response:
    """A permalink: the page, at that message."""
    digits = request.path_params["message"].removeprefix("p")
    ts = f"{digits[:-6]}.{digits[-6:]}"
    return RedirectResponse(f"/?channel={request.path_params['channel']}&ts={ts}")
