"""Every action and check, by the name that runbooks use. To add one is one line here."""

from collections.abc import Mapping
from typing import Any

from bot.actions import (
    cloudwatch,
    elbv2,
    http_healthy,
    http_journey,
    http_performance,
    http_request,
    notify,
    route53,
    system_health,
)
from bot.actions.postgres import consistency, fence, integrity, promote, replica_fit
from bot.engine.ports import Action, Check

ACTIONS: Mapping[str, Action[Any, Any]] = {
    "cloudwatch.enable_alarms": cloudwatch.ACTION,
    "elbv2.weights": elbv2.ACTION,
    "http.request": http_request.ACTION,
    "notify.page": notify.PAGE_TEAM,
    "notify.template": notify.TEMPLATE,
    "postgres.fence": fence.ACTION,
    "postgres.promote": promote.ACTION,
    "route53.weights": route53.ACTION,
}

CHECKS: Mapping[str, Check[Any]] = {
    "http.healthy": http_healthy.CHECK,
    "http.journey": http_journey.CHECK,
    "http.performance": http_performance.CHECK,
    "postgres.consistency": consistency.CHECK,
    "postgres.integrity": integrity.CHECK,
    "postgres.replica_fit": replica_fit.CHECK,
    "system.health": system_health.CHECK,
}
