"""The Web API over HTTP: reads a request, lets the faults happen, checks token, limits and scopes, runs the method."""

import asyncio
import json
import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.playground.workspace.answers import use_hook
from bot.playground.workspace.arguments import Arguments
from bot.playground.workspace.bodies import read_body, uploaded
from bot.playground.workspace.core import Core
from bot.playground.workspace.errors import RateLimited, SlackError
from bot.playground.workspace.faults import Fault
from bot.playground.workspace.ledger import Entry
from bot.playground.workspace.methods import METHODS
from bot.playground.workspace.methods.call import Call
from bot.playground.workspace.shapes import Json
from bot.playground.workspace.transports import Transports

HTML = "<!DOCTYPE html><html><head><title>Slack</title></head><body>Something went wrong.</body></html>"
HANGS = 3600.0
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reply:
    body: Json
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        return JSONResponse(self.body, self.status, self.headers)


class Api:
    """Endpoints for /api/METHOD, /hooks/KEY and /upload/ID."""

    def __init__(self, core: Core, transports: Transports) -> None:
        self._core = core
        self._transports = transports

    async def method(self, request: Request) -> Response:
        name = str(request.path_params["method"])
        given = await read_body(request)
        entry = self._arrived(name, given)
        token = bearer(request) or str(given.get("token") or "")
        return await self._through_faults(request, entry, lambda: self._run(name, token, given))

    async def hook(self, request: Request) -> Response:
        given = await read_body(request)
        entry = self._arrived("response_url", given)
        return await self._through_faults(request, entry, lambda: self._use_hook(request.path_params["key"], given))

    async def upload(self, request: Request) -> Response:
        upload = self._core.uploads.get(request.path_params["id"])
        if upload is None:
            return Response("not found", 404)
        upload.content = await uploaded(request)
        return Response("OK - " + str(len(upload.content)))

    def _arrived(self, method: str, given: Json) -> Entry:
        shown = {name: value for name, value in given.items() if name != "token"}
        args = json.loads(self._core.tokens.redacted(json.dumps(shown)))
        return self._core.ledger.add(Entry(self._core.clock.now(), method, args))

    async def _through_faults(self, request: Request, entry: Entry, run: Callable[[], Reply]) -> Response:
        if self._core.faults.away:
            entry.fault = "away"
            self._transports.reset(request.scope)
            return await gone()
        fault = await self._delayed(entry)
        reply = None
        if fault is None or fault.applied:
            with self._core.changed:
                reply = run()
            entry.applied = bool(reply.body.get("ok")) and reply.status == 200
        response = reply.response() if reply and fault is None else await self._broken(request, fault, reply)
        self._answered(entry, reply, response, fault)
        return response

    async def _delayed(self, entry: Entry) -> Fault | None:
        """Waits out the latencies; the fault that remains."""
        last = None
        for fault in [*self._core.faults.take(entry.method)]:
            entry.fault = fault.kind
            if fault.kind == "latency":
                await asyncio.sleep(fault.seconds)
            else:
                last = fault
        return last

    def _answered(self, entry: Entry, reply: Reply | None, response: Response, fault: Fault | None) -> None:
        lost = fault is not None and fault.kind in ("close", "reset", "hang")
        entry.status = 0 if lost else response.status_code
        entry.lasted = self._core.clock.now() - entry.at
        if reply is not None:
            entry.answer, entry.error = reply.body, str(reply.body.get("error", ""))

    async def _broken(self, request: Request, fault: Fault | None, reply: Reply | None) -> Response:
        body = json.dumps(reply.body if reply else {"ok": True})
        match fault:
            case Fault(kind="close"):
                self._transports.close(request.scope)
                return await gone()
            case Fault(kind="reset"):
                self._transports.reset(request.scope)
                return await gone()
            case Fault(kind="hang", seconds=seconds):
                await left(request, seconds or HANGS)
                self._transports.close(request.scope)
                return await gone()
            case Fault(kind="rate_limited", retry_after=retry_after):
                limited = {"ok": False, "error": "ratelimited"}
                return JSONResponse(limited, 429, {"Retry-After": retry_after} if retry_after else None)
            case Fault(kind="html", status=status):
                return Response(HTML, 200 if status == 500 else status, media_type="text/html")
            case Fault(kind="cut_json"):
                return Response(body[: len(body) // 2], media_type="application/json")
            case Fault(kind="empty"):
                return Response("", media_type="application/json")
            case Fault(kind="error", error=error):
                return JSONResponse({"ok": False, "error": error})
            case Fault(status=status):
                return Response("", status)
        raise AssertionError("there is no fault")

    def _run(self, name: str, token: str, given: Json) -> Reply:
        """The method's answer, or Slack's refusal."""
        method, core = METHODS.get(name), self._core
        if method is None:
            return Reply({"ok": False, "error": "unknown_method", "req_method": name})
        scopes = {"X-OAuth-Scopes": core.tokens.provided(), "X-Accepted-OAuth-Scopes": ",".join(method.scopes)}
        try:
            if method.token != "none":
                core.tokens.check(token, method.token)
            core.limits.call(name, method.tier)
            core.tokens.need(*method.scopes)
            return Reply({"ok": True} | method.run(Call(core, Arguments(given))), headers=scopes)
        except SlackError as error:
            return Reply(error.answer(), headers=scopes)
        except RateLimited as error:
            return Reply({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": str(error.retry_after)})
        except Exception:  # noqa: BLE001 - whatever it is, it is noted and answered
            return self._crashed(name)

    def _crashed(self, name: str) -> Reply:
        """Slack's answer where the fault is its own; a dropped connection would look like the network's."""
        told = self._core.tokens.redacted(traceback.format_exc())
        logger.error("%s failed: %s", name, told)
        self._core.ledger.crashes.append(f"{name}: {told}")
        return Reply({"ok": False, "error": "internal_error"})

    def _use_hook(self, key: str, given: Json) -> Reply:
        try:
            use_hook(self._core, key, given)
        except SlackError as error:
            return Reply(error.answer(), 404 if error.code.endswith("_url") else 400)
        except Exception:  # noqa: BLE001 - whatever it is, it is noted and answered
            return self._crashed("response_url")
        return Reply({"ok": True})


def bearer(request: Request) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


async def gone() -> Response:
    """Once the connection is gone nobody reads this."""
    await asyncio.sleep(0.01)
    return Response(status_code=500)


async def left(request: Request, seconds: float) -> None:
    """Until the caller hangs up, or the time is over."""
    deadline = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < deadline and not await request.is_disconnected():
        await asyncio.sleep(min(0.05, seconds))
