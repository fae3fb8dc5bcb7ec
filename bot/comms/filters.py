"""The filters that templates may use. Each takes time and makes text in proportion to what it is given."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from time import thread_time
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Undefined, pass_context
from jinja2.runtime import Context

from bot.comms.failure import TemplateFailed
from bot.comms.words import clock, spell

LONGEST = 64 * 1024
UNSET = "a time that is not set"
WRITABLE = (str, int, float, Undefined)  # Undefined names what is missing, and raises
LONGEST_TIME = 0.25  # seconds of the thread's own, so that a busy machine does not spoil a good template
SPENT = "_spent"


class Spent:
    """How long a text may go on: seconds of this thread's processor time."""

    def __init__(self) -> None:
        self._until = thread_time() + LONGEST_TIME

    def check(self) -> None:
        """Raise TemplateFailed once the time is over."""
        if thread_time() > self._until:
            raise TemplateFailed(f"the template takes more than {LONGEST_TIME:g} s")


def duration(value: object) -> str:
    """A number of seconds as people say it; `unknown` where there is none."""
    if value is None:
        return "unknown"
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TemplateFailed(f"`duration` is for a number of seconds, not for {kind(value)}")
    return spell(timedelta(seconds=value))


def time(zone: ZoneInfo, context: Context, value: object) -> str:
    """A moment as a time of day where people are, with its date where it is further away."""
    if value is None:
        return UNSET
    if not isinstance(value, str):
        raise TemplateFailed(f"`time` is for a moment, not for {kind(value)}")
    return clock(_moment(value), _moment(context["now"]), zone)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise TemplateFailed("`time` is for a moment, such as update.next_due") from error


@pass_context
def join(context: Context, items: object, between: str = ", ") -> str:
    """The texts of a list in one."""
    if isinstance(items, str) or not isinstance(items, Iterable):
        raise TemplateFailed(f"`join` is for a list, not for {kind(items)}")
    context[SPENT].check()
    parts = [written(item) for item in items]
    if sum(map(len, parts)) + len(parts) * len(between) > LONGEST:
        raise TemplateFailed(f"`join` makes more than {LONGEST // 1024} kB")
    return between.join(parts)


def default(value: object, otherwise: object = "") -> object:
    """`otherwise` where a value is missing or empty."""
    return otherwise if isinstance(value, Undefined) or value in (None, "") else value


def written(value: object) -> str:
    """A value as it stands in a text: nothing for None; lists and mappings can't be written."""
    if value is None:
        return ""
    if isinstance(value, WRITABLE):
        return str(value)
    raise TemplateFailed(f"only texts and numbers can be written, not {kind(value)}; use a loop or `join`")


def kind(value: object) -> str:
    """What a value is, for people who write templates."""
    if isinstance(value, Undefined):
        str(value)  # raises, and names what is missing
    if isinstance(value, Mapping):
        return "a mapping"
    return "a text" if isinstance(value, str) else "a list" if isinstance(value, list | tuple) else "this"


def filters(zone: ZoneInfo) -> dict[str, Callable[..., Any]]:
    """Every filter by its name."""
    return {
        "duration": duration,
        "time": pass_context(partial(time, zone)),
        "join": join,
        "default": default,
        "upper": lambda value: written(value).upper(),
        "lower": lambda value: written(value).lower(),
        "capitalize": lambda value: written(value).capitalize(),
        "trim": lambda value: written(value).strip(),
        "length": len,
    }
