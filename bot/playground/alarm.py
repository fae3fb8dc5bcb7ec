"""The shop's own monitoring: an alarm in the on-call channel when orders fail, and word when they are taken again."""

from datetime import datetime, timedelta

from bot.playground.aws import EAST, WEST
from bot.playground.estate import Estate
from bot.playground.stage import ALARM
from bot.playground.traffic import Outage
from bot.playground.workspace.messages import Message
from bot.playground.workspace.workspace import Workspace

ONCALL = "C0ONCALL"
AFTER = timedelta(seconds=4)


class Alarm:
    """Told once for each outage that lasts."""

    def __init__(self, estate: Estate, workspace: Workspace) -> None:
        self._estate = estate
        self._workspace = workspace
        self._raised: datetime | None = None

    def look(self, now: datetime) -> None:
        """To be called every second or so."""
        lasting = [it for it in self._estate.ledger.outages(now) if it.length(now) > AFTER]
        if not lasting:
            return
        newest = lasting[-1]
        if newest.ended_at is None and self._raised != newest.started_at:
            self._raised = newest.started_at
            self._say(alarm(newest))
        elif newest.ended_at is not None and self._raised == newest.started_at:
            self._raised = None
            self._say(
                f"The shop takes orders again since {moment(newest.ended_at)}, in {serving_region(self._estate)}."
            )

    def _say(self, text: str) -> None:
        workspace = self._workspace
        with workspace.core.changed:
            message = Message(workspace.clock.ts(), ALARM.id, text, bot="B0ALARM")
            workspace.core.state.post(workspace.channel(ONCALL), message)


def alarm(outage: Outage) -> str:
    return (
        f"*The shop takes no orders* since {moment(outage.started_at)}. Its database in {WEST} does not answer.\n"
        "Whoever is on call, declare an incident: `/dr declare`"
    )


def moment(at: datetime) -> str:
    return f"<!date^{at.timestamp():.0f}^{{time_secs}}|{at:%H:%M:%S} UTC>"


def serving_region(estate: Estate) -> str:
    """Where the names lead customers."""
    return WEST if estate.watch.weights.dns.get("west", 0) else EAST
