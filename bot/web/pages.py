"""What the bot answers on the web: health, readiness, metrics."""

from collections.abc import Callable, Sequence

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.engine.desk import Desk
from bot.engine.parts import Part
from bot.engine.replica import Replica
from bot.web.health import PATIENCE_SECONDS, Health, as_json, has_failed, headless
from bot.web.metrics import registry_of

FRESH = {"Cache-Control": "no-store"}


def pages(
    replica: Replica,
    desk: Desk,
    slack: Callable[[], Part] = headless,
    more: Sequence[BaseRoute] = (),
    *,
    patience: float = PATIENCE_SECONDS,
) -> Starlette:
    """The application, with `more` routes of others; `patience` is that of its Health.

    Its functions are not async, so each request waits in a thread and none holds up another.
    """
    health = Health(replica, desk, slack, patience=patience)
    registry = registry_of(replica, desk)

    def healthz(_: Request) -> Response:
        parts = health.parts()
        return JSONResponse(as_json(parts), 503 if has_failed(parts) else 200, FRESH)

    def readyz(_: Request) -> Response:
        parts = health.vital()
        return JSONResponse(as_json(parts), 503 if has_failed(parts) else 200, FRESH)

    def metrics(_: Request) -> Response:
        return Response(generate_latest(registry), headers=FRESH, media_type=CONTENT_TYPE_LATEST)

    ours = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
    return Starlette(routes=[*ours, *more])
