"""What each channel should show now: the surfaces, with the next update's draft when it is time for it."""

from collections.abc import Mapping
from datetime import datetime

from bot.domain.cadence import draft_moment, next_update
from bot.domain.incident import Incident
from bot.domain.postings import Posting
from bot.engine.desk import Desk
from bot.slack.showing import Paint
from bot.slack.surfaces import Links, Message, surfaces


def painter(desk: Desk) -> Paint:
    """Paints with the desk's recovery plan, templates and actions."""
    traits = desk.registry.traits

    def paint(
        incident: Incident, postings: Mapping[str, Posting], now: datetime, links: Links
    ) -> Mapping[str, Message]:
        drafted = _drafted(desk, incident, now)
        return surfaces(incident, postings, desk.plan, now, links, traits, desk.runbooks, drafted)

    return paint


def _drafted(desk: Desk, incident: Incident, now: datetime) -> str:
    begins, due = draft_moment(incident, desk.plan), next_update(incident)
    if begins is None or due is None or not begins <= now < due:
        return ""
    return desk.messages.update(incident, now)[0]
