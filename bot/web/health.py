"""How the bot is, part by part, and never later than within a second, whatever hangs."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import asdict

from bot.domain.errors import DRError
from bot.engine.desk import Desk
from bot.engine.parts import OK, Part
from bot.engine.ports import NotDelivered
from bot.engine.replica import Replica
from bot.redaction import redact
from bot.store import leases
from bot.web.look import Look, until

PATIENCE_SECONDS = 0.8
CHANNEL_SECONDS = 30.0  # a channel is looked at so often at most: it costs others something
HEADLESS = "There are no Slack credentials; everything goes on by the dr command."


def headless() -> Part:
    """Slack where there is none."""
    return Part("headless", HEADLESS)


class Health:
    """Looks at the database, the engine, Slack and every notification channel.

    `slack` answers at once; the database and the channels have `patience` seconds together.
    """

    def __init__(
        self, replica: Replica, desk: Desk, slack: Callable[[], Part] = headless, *, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._replica = replica
        self._slack = slack
        self._patience = patience
        self._database = Look(desk.executors)
        self._channels = {name: Look(check, keep=CHANNEL_SECONDS) for name, check in desk.messages.checks().items()}
        self._known: dict[str, Part] = {}

    def vital(self) -> dict[str, Part]:
        """What must be ok for the bot to take work."""
        return self._vital(time.monotonic() + self._patience)

    def parts(self) -> dict[str, Part]:
        """Every part."""
        deadline = time.monotonic() + self._patience
        begun = {name: look.begin() for name, look in self._channels.items()}
        vital = self._vital(deadline)
        channels = {name: self._channel(name, answer, deadline) for name, answer in begun.items()}
        return {**vital, **channels, "slack": self._told(self._slack())}

    def _vital(self, deadline: float) -> dict[str, Part]:
        return {"database": self._asked(self._database.begin(), deadline), "engine": self._engine()}

    def _asked(self, answer: Future[list[leases.Replica]], deadline: float) -> Part:
        try:
            answer.result(timeout=until(deadline))
        except TimeoutError:
            return Part("failed", f"The database has not answered within {self._patience:g} s.")
        except DRError as trouble:
            return Part("failed", redact(str(trouble)))
        return OK

    def _engine(self) -> Part:
        trouble = self._replica.trouble()
        if trouble:
            return Part("failed", redact(trouble))
        beside = self._replica.pulse.trouble()
        return Part("degraded", redact(beside)) if beside else OK

    @staticmethod
    def _told(part: Part) -> Part:
        return Part(part.state, redact(part.reason))

    def _channel(self, name: str, answer: Future[None], deadline: float) -> Part:
        """As found now; while a look goes on, as found last."""
        try:
            answer.result(timeout=until(deadline))
        except TimeoutError:
            return self._known.get(name, Part("unknown", "It has not answered yet."))
        except NotDelivered as trouble:
            self._known[name] = Part("failed", redact(str(trouble)))
        else:
            self._known[name] = OK
        return self._known[name]


def has_failed(parts: Mapping[str, Part]) -> bool:
    """Whether a restart might help: Slack or a channel that fails would fail after it too."""
    return any(parts[name].state == "failed" for name in ("database", "engine"))


def as_json(parts: Mapping[str, Part]) -> dict[str, object]:
    """`status` of the whole (ok, degraded, failed), then each part with its state and reason."""
    fine = all(part.state in ("ok", "headless") for part in parts.values())
    status = "failed" if has_failed(parts) else "ok" if fine else "degraded"
    return {"status": status, **{name: asdict(part) for name, part in parts.items()}}
