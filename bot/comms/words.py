"""Moments, lengths and lists as messages say them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

SECOND = timedelta(seconds=1)
UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
LONG = timedelta(minutes=10)  # from here on nobody asks for seconds
NEAR = timedelta(hours=12)  # further away a time of day alone would be misread


def spell(length: timedelta) -> str:
    """The two largest units: `8 min 19 s`, `43 min`, `1 h`, `2 d 3 h`."""
    if length < timedelta():
        return f"-{spell(-length)}"
    left = length // SECOND
    if length >= LONG:
        left -= left % 60
    first = next((place for place, (size, _) in enumerate(UNITS) if left >= size), len(UNITS) - 1)
    parts: list[str] = []
    for size, unit in UNITS[first : first + 2]:
        count, left = divmod(left, size)
        if count or not parts:
            parts.append(f"{count} {unit}")
    return " ".join(parts)


def roughly(length: timedelta) -> str:
    """Whole minutes, where it is a minute at least: `3 min`, `40 s`."""
    minutes = timedelta(minutes=1)
    return spell(length // minutes * minutes if length >= minutes else max(length, timedelta()))


def clock(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    """The time of day where people are, `03:34`; with its date where it is further away: `21 Nov 03:34`."""
    local = moment.astimezone(zone)
    return local.strftime("%H:%M") if abs(moment - now) < NEAR else f"{local.day} {local:%b %H:%M}"


def listed(items: Sequence[str], most: int = 5) -> str:
    """`a, b and c`; beyond `most` only how many more there are."""
    shown = [*items[:most], *([f"{len(items) - most} more"] if len(items) > most else [])]
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))


def sentence(text: str) -> str:
    """The text with a full stop, if it ends without any mark."""
    return text if not text or text[-1] in ".?!…:" else f"{text}."


def cut(text: str, longest: int = 300) -> str:
    """The beginning of a text, in one line."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"
