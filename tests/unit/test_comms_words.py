"""Words: lengths, times and lists as people say them; text cleaned of what forges or reorders."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.comms.clean import clean, one_line
from bot.comms.words import clock, listed, roughly, spell

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 22, 2, 34, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (48, "48 s"),
        (499, "8 min 19 s"),
        (600, "10 min"),
        (2580, "43 min"),
        (2609, "43 min"),
        (3600, "1 h"),
        (3660, "1 h 1 min"),
        (183_600, "2 d 3 h"),
        (-240, "-4 min"),
    ],
)
def test_lengths_are_spelled(seconds: int, text: str) -> None:
    """Two units at most, and seconds only while they matter."""
    assert spell(timedelta(seconds=seconds)) == text


def test_a_wait_is_told_in_minutes() -> None:
    """Nobody waits 3 min 12 s."""
    assert [roughly(timedelta(seconds=s)) for s in (192, 40, -5)] == ["3 min", "40 s", "0 s"]


def test_times_are_where_people_are() -> None:
    """The plan's zone, with a date from half a day on."""
    assert clock(NOW, NOW, BERLIN) == "03:34"
    assert clock(NOW - timedelta(hours=11), NOW, BERLIN) == "16:34"
    assert clock(NOW - timedelta(days=1), NOW, BERLIN) == "21 Nov 03:34"


def test_lists_read_as_speech() -> None:
    """With `and` before the last, and a count of what is left out."""
    assert [listed(list(s)) for s in ("", "a", "ab", "abc")] == ["", "a", "a and b", "a, b and c"]
    assert listed(list("abcdefg"), 3) == "a, b, c and 4 more"


def test_clean_text_keeps_words_and_lines() -> None:
    """NUL, escapes, bidi controls, lone surrogates and odd line ends go; letters of every script stay."""
    assert clean("a\x00b\x1b[31m\u202ec\u2066\ud800\r\nd\u2028e\x85f") == "ab[31mc\nd\ne\nf"
    assert clean("Größe 数据库 عربى\tok") == "Größe 数据库 عربى\tok"


def test_one_line_is_one_line() -> None:
    """Whatever comes in, no line break comes out, and at most 200 characters."""
    assert one_line("a\r\nBcc: x\u2028y\x0bz") == "a Bcc: x y z"
    assert len(one_line("x" * 10_000)) == 200
