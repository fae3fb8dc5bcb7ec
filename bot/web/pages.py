"""What the bot answers on the web: health, readiness, metrics."""

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.engine.desk import Desk
from bot.engine.replica import Replica
from bot.web.health import Health, as_json, has_failed
from bot.web.metrics import registry_of

FRESH = {"Cache-Control": "no-store"}


def pages(replica: Replica, desk: Desk) -> Starlette:
    """The application; its functions are not async, so each request waits in a thread and none holds up another."""
    health = Health(replica, desk)
    registry = registry_of(replica, desk)

    def healthz(_: Request) -> Response:
        parts = health.parts()
        return JSONResponse(as_json(parts), 503 if has_failed(parts) else 200, FRESH)

    def readyz(_: Request) -> Response:
        parts = health.vital()
        return JSONResponse(as_json(parts), 503 if has_failed(parts) else 200, FRESH)

    def metrics(_: Request) -> Response:
        return Response(generate_latest(registry), headers=FRESH, media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)])
