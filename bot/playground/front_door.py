"""What a customer's browser reaches: DNS and load balancer in one, as their weights in the cloud say."""

import random
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import httpx
from botocore.exceptions import BotoCoreError, ClientError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.playground.aws import EAST, SHOP_NAME, Account
from bot.playground.cloud import Clients

MAINTENANCE = Path(__file__).with_name("maintenance.html")
EVERY = 0.25
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
NOT_FORWARDED = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "content-encoding", "date", "server"}
)

Destination = Literal["west", "east", "maintenance"]


@dataclass(frozen=True)
class Weights:
    """The weights as the cloud has them now."""

    dns: Mapping[str, int] = field(default_factory=dict)
    load_balancer: Mapping[str, int] = field(default_factory=dict)


def drawn(weights: Mapping[str, int], chance: random.Random) -> str | None:
    """One name, by weight. If all are 0 all are equally likely, as Route 53 has it; None if there is none."""
    if not weights:
        return None
    shares = list(weights.values()) if any(weights.values()) else [1] * len(weights)
    return chance.choices(list(weights), shares)[0]


def destination(weights: Weights, chance: random.Random) -> Destination | None:
    """Where a request goes. The primary region has no load balancer to pass."""
    region = drawn(weights.dns, chance)
    if region == "west":
        return "west"
    if region == "east" and any(weights.load_balancer.values()):
        return "east" if drawn(weights.load_balancer, chance) == "shop" else "maintenance"
    return None


class WeightWatch:
    """Reads the weights a few times a second. While the cloud does not answer the last ones stand, as names do."""

    def __init__(self, clients: Clients, account: Account) -> None:
        self._clients = clients
        self._account = account
        self._closing = threading.Event()
        self.weights = self._read()
        self._thread = threading.Thread(target=self._watch, name="weights", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join(timeout=3)

    def _watch(self) -> None:
        while not self._closing.wait(EVERY):
            try:
                self.weights = self._read()
            except (BotoCoreError, ClientError):
                continue

    def _read(self) -> Weights:
        return Weights(self._read_dns(), self._read_load_balancer())

    def _read_dns(self) -> dict[str, int]:
        route53 = self._clients.get("route53", EAST)
        answer = route53.list_resource_record_sets(
            HostedZoneId=self._account.zone, StartRecordName=SHOP_NAME, StartRecordType="A"
        )
        mine = [it for it in answer["ResourceRecordSets"] if it["Name"].rstrip(".") == SHOP_NAME and it["Type"] == "A"]
        return {it["SetIdentifier"]: int(it["Weight"]) for it in mine}

    def _read_load_balancer(self) -> dict[str, int]:
        balancer = self._account.load_balancer
        answer = self._clients.get("elbv2", EAST).describe_listeners(ListenerArns=[balancer.listener])
        [action] = answer["Listeners"][0]["DefaultActions"]
        names = {arn: name for name, arn in balancer.groups.items()}
        groups = action.get("ForwardConfig", {}).get("TargetGroups", [])
        return {names[it["TargetGroupArn"]]: int(it.get("Weight", 1)) for it in groups}


class FrontDoor:
    """Passes each request on to the shop that the weights name. `shops` is region -> where its shop is at the moment."""

    def __init__(self, watch: WeightWatch, shops: Mapping[str, Callable[[], str]]) -> None:
        self._watch = watch
        self._shops = shops
        self._chance = random.Random()
        self._client = httpx.AsyncClient(timeout=httpx.Timeout(5, connect=0.5), trust_env=False)

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self.answer, methods=METHODS)], lifespan=self._open)

    @asynccontextmanager
    async def _open(self, _: Starlette) -> AsyncIterator[None]:
        """Its connections to the shops end with it."""
        async with self._client:
            yield

    async def answer(self, request: Request) -> Response:
        where = destination(self._watch.weights, self._chance)
        if where is None:
            return PlainTextResponse("no region takes requests for this name\n", 502)
        if where == "maintenance":
            return HTMLResponse(MAINTENANCE.read_text(), 503, {"Retry-After": "5"})
        return await self._pass_on(request, self._shops[where]())

    async def _pass_on(self, request: Request, shop: str) -> Response:
        url = f"{shop}{request.url.path}" + (f"?{request.url.query}" if request.url.query else "")
        headers = {name: value for name, value in request.headers.items() if name not in NOT_FORWARDED}
        try:
            answer = await self._client.request(request.method, url, headers=headers, content=await request.body())
        except httpx.TimeoutException:
            return PlainTextResponse("the region did not answer in time\n", 504)
        except httpx.TransportError:
            return PlainTextResponse("the region does not answer\n", 502)
        kept = {name: value for name, value in answer.headers.items() if name not in NOT_FORWARDED}
        return Response(answer.content, answer.status_code, kept)
