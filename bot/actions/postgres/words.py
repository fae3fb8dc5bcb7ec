"""Moments and lengths of time as plans say them."""

import math
from datetime import UTC, datetime, timedelta

from bot.domain.durations import seconds_of

UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def length(duration: timedelta) -> str:
    """The two largest units, rounded up so that "at most" stays true: `8 min 19 s`, `48 s`, `1 h`."""
    seconds = max(0, math.ceil(seconds_of(duration)))
    first = next((index for index, (size, _) in enumerate(UNITS) if seconds >= size), len(UNITS) - 1)
    parts = UNITS[first : first + 2]
    smallest = parts[-1][0]
    if seconds % smallest:
        return length(timedelta(seconds=math.ceil(seconds / smallest) * smallest))
    counts = [
        (seconds // parts[0][0], parts[0][1]),
        *((seconds % parts[0][0] // size, unit) for size, unit in parts[1:]),
    ]
    return " ".join(f"{count} {unit}" for count, unit in counts if count) or "0 s"


def clock(moment: datetime, now: datetime) -> str:
    """The time of day in UTC, with its date where that is not today's: `03:01:12Z`."""
    same_day = moment.astimezone(UTC).date() == now.astimezone(UTC).date()
    return moment.astimezone(UTC).strftime("%H:%M:%SZ") if same_day else date_and_clock(moment)


def date_and_clock(moment: datetime) -> str:
    """What reads the same on every day, as texts that are hashed must: `2026-11-03 03:01:12Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
