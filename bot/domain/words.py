"""Moments, lengths and people as people read and type them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.durations import format_duration, parse_duration
from bot.domain.errors import Refused
from bot.domain.plan import RecoveryPlan
from bot.domain.problems import Unfit

MINUTE = timedelta(minutes=1)
NEAR = timedelta(hours=12)  # further away a time of day alone would be misread
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def either(names: Iterable[str]) -> str:
    """`Carol Chen, Dave Diaz or Erin Evans`; empty for nobody."""
    *most, last = list(names) or [""]
    return f"{', '.join(most)} or {last}" if most else last


@dataclass(frozen=True)
class Words:
    """Says things as people of this recovery plan read them, at a moment."""

    plan: RecoveryPlan
    now: datetime

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.plan.timezone)

    def clock(self, at: datetime, *, seconds: bool = False) -> str:
        """`03:34`, or with its date where it is further away: `21 Nov 03:34`."""
        local = at.astimezone(self.zone)
        time = local.strftime("%H:%M:%S" if seconds else "%H:%M")
        return time if abs(at - self.now) < NEAR else f"{local.day} {local:%b} {time}"

    def since(self, at: datetime) -> str:
        """How long ago, roughly: `3m`, `40s`."""
        return brief(max(self.now - at, timedelta()))

    def name(self, person: str | None) -> str:
        """A person's name."""
        known = self.plan.people.get(person or "")
        return known.name if known else person or "nobody"

    def names(self, people: Iterable[str]) -> str:
        """People's names."""
        return ", ".join(map(self.name, people)) or "nobody"

    def moment(self, text: str) -> datetime:
        """A moment in the past as people give it: `10m` ago, `03:01`, or RFC 3339; raises Refused."""
        text = text.strip()
        try:
            return self.now - parse_duration(text)
        except Unfit:
            pass
        try:
            return self._time_of_day(text) if len(text) <= len("03:01:12") else self._date_and_time(text)
        except ValueError:
            reason = f"{text!r} is no moment."
            raise Refused(reason, "Write it like 10m (ago), 03:01 or 2026-11-24T03:01:00Z.") from None

    def _time_of_day(self, text: str) -> datetime:
        """The last time that the clock showed this."""
        local = self.now.astimezone(self.zone)
        time = datetime.strptime(text, "%H:%M:%S" if text.count(":") == 2 else "%H:%M").replace(tzinfo=self.zone)
        at = local.replace(hour=time.hour, minute=time.minute, second=time.second, microsecond=0)
        return (at if at <= local else at - timedelta(days=1)).astimezone(UTC)

    def _date_and_time(self, text: str) -> datetime:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=self.zone)).astimezone(UTC)


def brief(length: timedelta) -> str:
    """Whole minutes from a minute on: `9m`, `1h 3m`, `40s`."""
    if length < timedelta():
        return f"-{brief(-length)}"
    return format_duration(length // MINUTE * MINUTE if length >= MINUTE else length)


def length_of(text: str) -> timedelta:
    """A length that a person typed; raises Refused."""
    try:
        return parse_duration(text.strip())
    except Unfit as unfit:
        raise Refused(f"{unfit.what}.", f"{unfit.fix}.".capitalize()) from None


def number(count: int) -> str:
    """Small numbers in words."""
    return NUMBERS[count] if 0 <= count < len(NUMBERS) else str(count)


def spaced(digest: str) -> str:
    """The beginning of a digest as people read it aloud: `7f3a 91c2`."""
    return f"{digest[:4]} {digest[4:8]}".strip()
