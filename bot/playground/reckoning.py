"""Adds up the night: from the bot's audit export, the customers' ledger, the cloud's record and the databases."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx

from bot.playground.cloud import CALLS
from bot.playground.cloud_calls import changing_calls
from bot.playground.estate import Estate
from bot.playground.outcome import Outcome
from bot.playground.room import Room
from bot.playground.rules import PROMOTE, bent_rules, plan_before
from bot.playground.seen import Event, Incident, events_in, of_type
from bot.playground.stage import Stage
from bot.playground.standing import standing
from bot.playground.timings import split
from bot.playground.traffic import acknowledgement

SWITCH = "switch_traffic"
FIRST_TIMELINE = 1  # of a new PostgreSQL server; each promotion adds one


@dataclass(frozen=True)
class Losses:
    """What customers were promised and did not get: orders that are lost, and the time without any."""

    orders: int
    length: timedelta
    outage: timedelta


def reckon(stage: Stage, room: Room, first: Incident, dark_at: datetime) -> Outcome:
    """Look at everything once more; `first` is how the incident was seen first. Raises DrFailed where the audit finds damage."""
    estate, dr = stage.estate, stage.dr
    witness = f"{first.id}:{first.seq}:{first.head}"
    with ThreadPoolExecutor() as together:
        verified = together.submit(dr.read, "audit", "verify", "--json", "--witness", witness)
        exported = together.submit(dr.read, "audit", "export")
        rows = int(json.loads(verified.result())["rows"])
        events = [it for it in events_in(exported.result()) if it.stream == first.id]
    stood = standing(stage.workspace, room.id, first.id)
    [declared] = of_type(events, "IncidentDeclared")
    switched_at = next(it.at for it in of_type(events, "StepCompleted") if it.step == SWITCH)
    lost = losses(estate, dark_at)
    later = {it.uuid for it in estate.ledger.acknowledged() if acknowledgement(it) > switched_at}
    missing = later & {it.uuid for it in estate.lost_orders()}
    return Outcome(
        incident=first.id,
        state=state_of(events),
        parts=split(events, datetime.fromisoformat(declared.data["since"])),
        rto=first.objectives.rto,
        rpo=first.objectives.rpo,
        quoted=quoted_loss(events),
        lost_orders=lost.orders,
        lost=lost.length,
        acknowledged=len(estate.ledger.acknowledged()),
        after_switch=len(later),
        missing_after_switch=len(missing),
        taken_in=where_orders_go(estate),
        outage=lost.outage,
        updates=len(of_type(events, "UpdatePosted")),
        late=most_late(events),
        every=first.updates.every or timedelta(),
        mails=len(estate.mail.messages),
        audited=rows,
        starts=len(of_type(events, "StepStarted")),
        calls=changing_calls(estate.directory / "logs" / CALLS),
        promotions=int(estate.east.server.value("SELECT timeline_id FROM pg_control_checkpoint()")) - FIRST_TIMELINE,
        messages=stood.messages,
        edits=stood.edits,
        misplaced=tuple(stood.wrong(events)),
        bent=tuple(bent_rules(events)),
    )


def most_late(events: Sequence[Event]) -> timedelta:
    """How late the latest of the automatic updates was posted."""
    posted = [it for it in of_type(events, "UpdatePosted") if it.data.get("due_at")]
    return max((it.at - datetime.fromisoformat(it.data["due_at"]) for it in posted), default=timedelta())


def state_of(events: Sequence[Event]) -> str:
    return "resolved" if of_type(events, "IncidentResolved") else "not resolved"


def quoted_loss(events: Sequence[Event]) -> timedelta | None:
    """What the plan said by which the promotion started."""
    for start in of_type(events, "StepStarted"):
        planned = plan_before(events, start) if start.step == PROMOTE else None
        for measurement in planned.plan.measurements if planned else ():
            if measurement.name == "data_loss" and measurement.value is not None:
                return timedelta(seconds=measurement.value)
    return None


def losses(estate: Estate, dark_at: datetime) -> Losses:
    """The lost orders, from the first of them to the last order acknowledged before the power was gone."""
    lost = [acknowledgement(order) for order in estate.lost_orders()]
    before = [at for order in estate.ledger.acknowledged() if (at := acknowledgement(order)) <= dark_at]
    length = max(before[-1], *lost) - min(lost) if lost else timedelta()
    after = [at for order in estate.ledger.acknowledged() if (at := acknowledgement(order)) > dark_at]
    outage = after[0] - before[-1] if after else timedelta()
    return Losses(len(lost), length, outage)


def where_orders_go(estate: Estate) -> str:
    """The region that serves a customer now."""
    answer = httpx.get(f"{estate.shop_url}/products", timeout=30, trust_env=False)
    return str(answer.json()["region"]) if answer.status_code == httpx.codes.OK else "no region"
