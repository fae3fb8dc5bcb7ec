"""The estate's control over HTTP: what is where, break it, count what was lost."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import psycopg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.playground.estate import Estate
from bot.playground.region import Region
from bot.playground.traffic import Order, Outage

BREAKS = ("power", "isolate")


class Control:
    """GET /status, POST /break?how=power|isolate, GET /loss."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/status", self.status, methods=["GET"]),
                Route("/break", self.break_, methods=["POST"]),
                Route("/loss", self.loss, methods=["GET"]),
            ]
        )

    def status(self, _: Request) -> Response:
        estate = self._estate
        regions = {region.name: self._region(region) for region in (estate.west, estate.east)}
        return JSONResponse({"regions": regions, "weights": asdict(estate.watch.weights), "orders": self._orders()})

    def break_(self, request: Request) -> Response:
        how = request.query_params.get("how", "power")
        if how not in BREAKS:
            return JSONResponse({"error": f"how is one of {', '.join(BREAKS)}"}, 422)
        cut_at = datetime.now(UTC)
        if how == "isolate":
            self._estate.isolate()
            return JSONResponse({"how": how, "replication_lost_at": cut_at.isoformat()})
        self._estate.lose_primary()
        lost_at = datetime.now(UTC).isoformat()
        return JSONResponse({"how": how, "replication_lost_at": cut_at.isoformat(), "power_lost_at": lost_at})

    def loss(self, _: Request) -> Response:
        try:
            lost = self._estate.lost_orders()
        except psycopg.OperationalError:
            return JSONResponse({"error": "the recovery region's database does not answer; try again"}, 503)
        acknowledged = len(self._estate.ledger.acknowledged())
        orders = [order_json(order) for order in lost]
        return JSONResponse({"acknowledged": acknowledged, "lost": len(lost), "orders": orders})

    def _region(self, region: Region) -> dict[str, Any]:
        return {
            "region": region.aws_region,
            "database": region.database_state(),
            "shop": "up" if region.shop.running else "down",
            "instance": self._estate.hypervisor.states.get(region.name, "unknown"),
            "powered": region.powered,
        }

    def _orders(self) -> dict[str, Any]:
        ledger, now = self._estate.ledger, datetime.now(UTC)
        orders, acknowledged = ledger.orders(), ledger.acknowledged()
        return {
            "acknowledged": len(acknowledged),
            "refused": len(orders) - len(acknowledged),
            "last": order_json(orders[-1]) if orders else None,
            "last_acknowledged": order_json(acknowledged[-1]) if acknowledged else None,
            "outages": [outage_json(outage, now) for outage in ledger.outages(now)],
        }


def order_json(order: Order) -> dict[str, Any]:
    return {
        "uuid": str(order.uuid),
        "sent_at": order.sent_at.isoformat(),
        "acknowledged_at": order.acknowledged_at.isoformat() if order.acknowledged_at else None,
        "error": order.error,
    }


def outage_json(outage: Outage, now: datetime) -> dict[str, Any]:
    """`seconds` up to now while it has not ended."""
    return {
        "started_at": outage.started_at.isoformat(),
        "ended_at": outage.ended_at.isoformat() if outage.ended_at else None,
        "seconds": round(outage.length(now).total_seconds(), 3),
    }
