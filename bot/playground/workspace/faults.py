"""What a test, or the demo's panel, lets go wrong between the app and the workspace."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Literal

from bot.playground.workspace.shapes import Json

FaultKind = Literal["latency", "close", "reset", "hang", "status", "rate_limited", "html", "cut_json", "empty", "error"]
KINDS: tuple[FaultKind, ...] = (
    "latency", "close", "reset", "hang", "status", "rate_limited", "html", "cut_json", "empty", "error",
)  # fmt: skip


@dataclass
class Fault:
    """One rule. It meets the requests of `method` (a pattern: chat.*, response_url, link), `times` of them or all.

    applied: whether the request takes effect first (the answer alone is lost).
    seconds: how long latency lasts, or a hang before the connection closes.
    status, retry_after, error: what is answered. skip: so many requests pass before.
    """

    kind: FaultKind
    method: str = "*"
    times: int | None = None
    applied: bool = False
    seconds: float = 0.0
    status: int = 500
    retry_after: str = "1"
    error: str = "internal_error"
    skip: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"There is no fault {self.kind!r}. Choose one of: {', '.join(KINDS)}.")

    def meets(self, method: str) -> bool:
        """Whether it happens to this request; counts it."""
        if not fnmatchcase(method, self.method) or self.times == 0:
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


class Faults:
    """The rules, in the order in which they were added, and the switches.

    away: every request of the app and every socket is reset, the page goes on.
    ghosts: connections opened from now on are counted and pinged, but get nothing.
    phantoms: connections that Slack counts though nobody holds them; envelopes sent there are lost.
    """

    def __init__(self) -> None:
        self.rules: list[Fault] = []
        self.ghosts = False
        self.phantoms = 0
        self.when_away: Callable[[], None] | None = None
        self._away = False

    @property
    def away(self) -> bool:
        return self._away

    @away.setter
    def away(self, away: bool) -> None:
        self._away = away
        if away and self.when_away is not None:
            self.when_away()

    def add(self, kind: FaultKind, method: str = "*", **options: object) -> Fault:
        """Switch a rule on; its options are those of Fault."""
        fault = Fault(kind, method, **options)  # type: ignore[arg-type]
        self.rules.append(fault)
        return fault

    def clear(self) -> None:
        """Switch everything off."""
        self.rules.clear()
        self.away, self.ghosts, self.phantoms = False, False, 0

    def take(self, method: str) -> Iterator[Fault]:
        """What happens to this request: latencies, then at most one other fault."""
        other = False
        for rule in list(self.rules):
            if rule.kind == "latency" and rule.meets(method):
                yield rule
            elif rule.kind != "latency" and not other and rule.meets(method):
                other = True
                yield rule

    def shape(self) -> Json:
        rules = [asdict(it) for it in self.rules]
        return {"away": self.away, "ghosts": self.ghosts, "phantoms": self.phantoms, "rules": rules}

    def set(self, wanted: Json) -> None:
        """Set what is named: {"away": true, "rules": [{"kind": "latency", "seconds": 2}]}. Raises ValueError, TypeError."""
        rules = [Fault(**it) for it in wanted["rules"]] if "rules" in wanted else self.rules
        self.away = bool(wanted.get("away", self.away))
        self.ghosts = bool(wanted.get("ghosts", self.ghosts))
        self.phantoms = int(wanted.get("phantoms", self.phantoms))
        self.rules = rules
