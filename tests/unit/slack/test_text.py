"""Foreign text in mrkdwn and plain text: escaped in one place, cut with a word, never alive."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.slack.rich import Moment, exact, line, strong, timed
from bot.slack.text import (
    CUT,
    bold,
    code,
    cut,
    escape,
    fitted,
    head,
    link,
    moment,
    one_line,
    plain,
    safe,
    size,
    visible,
)
from tests.unit.slack.naughty import NAUGHTY
from tests.unit.slack.rules import check_mrkdwn

AT = datetime(2026, 11, 24, 3, 4, 5, tzinfo=UTC)
FEW = settings(max_examples=50, deadline=None)
ANY = st.one_of(st.sampled_from([text for text in NAUGHTY if len(text) < 5000]), st.text(max_size=200))


@FEW
@given(ANY)
def test_foreign_text_never_calls_anybody(text: str) -> None:
    """Escaped, in bold, as code, behind a link: nothing in it is alive."""
    for said in (escape(text), safe(text), bold(text), code(text), link("https://slack.test/x", text)):
        check_mrkdwn(said.replace("<https://slack.test/x|", "").removesuffix(">"))


@FEW
@given(ANY)
def test_nothing_unseen_stays_unseen(text: str) -> None:
    """What turns the reading round or takes no place is spelled out; the rest stays; twice is as once."""
    shown = visible(text)
    assert not any(ch in shown for ch in "\u202e\u2066\u200b\ufeff\xad\x00\x1b\r\u2028\ud800")
    assert visible(shown) == shown
    shown.encode()


def test_what_is_seen_stays_as_it_is() -> None:
    """Scripts of every kind, emoji with their selector, and tabs are people's own."""
    text = "Größe 日本語 مرحبا ❤️ a\tb"
    assert visible(text) == text


@FEW
@given(ANY, st.integers(20, 300))
def test_a_cut_keeps_the_bound_and_says_so(text: str, most: int) -> None:
    """Never longer than asked, and never silently shorter."""
    shown = visible(text)
    said = cut(text, most)
    assert size(said) <= most
    assert said == shown if size(shown) <= most else said.endswith(CUT)


def test_a_letter_is_not_cut_from_its_marks() -> None:
    """Neither an accent nor half of an emoji is left behind."""
    assert head("abe\u0301", 3) == "ab"
    assert head("ab\U0001f600", 3) == "ab"
    assert head("abc", 3) == "abc"


@FEW
@given(st.lists(st.sampled_from(["word ", "<!date^1^{time}|03:04 UTC>", "&amp;", "<@U0ALICE>"])), st.integers(30, 200))
def test_mrkdwn_is_cut_between_its_parts(parts: list[str], most: int) -> None:
    """No half of a mention, a moment or an escape is left."""
    said = fitted("".join(parts), most)
    assert len(said) <= most
    check_mrkdwn(said)


def test_styles_in_a_value_are_taken_off_but_words_stay() -> None:
    """A step's id reads as it is written; what would begin a style is replaced by a look-alike."""
    assert safe("promote_replica 2*3*4 a~b") == "promote_replica 2*3*4 a~b"
    for text in ("*bold*", "_it_", "~gone~", "`code`", "```"):
        assert not set("*_~`") & set(safe(text))


def test_code_never_ends_early() -> None:
    """A backtick in a value can't close the code that it stands in."""
    assert code("a`b`\nc <!here>") == "`a'b' c &lt;!here&gt;`"
    assert code("") == "` `"


def test_plain_text_is_one_line() -> None:
    """Labels and placeholders have no line breaks."""
    assert plain(" a\n\tb\x00 ", 20) == "a b<U+0000>"
    assert one_line("a\r\nb") == "a b"


def test_a_moment_is_shown_in_the_readers_zone() -> None:
    """With UTC for those who see plain text, and a date where it is far away."""
    seconds = int(AT.timestamp())
    assert moment(AT, AT) == f"<!date^{seconds}^{{time}}|03:04 UTC>"
    assert moment(AT, AT, seconds=True) == f"<!date^{seconds}^{{time_secs}}|03:04:05 UTC>"
    far = moment(AT, AT + timedelta(days=2))
    assert far == f"<!date^{seconds}^{{date_short_pretty}} {{time}}|24 Nov 03:04 UTC>"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("after 2026-11-24 03:01:12Z.", ["2026-11-24 03:01:12Z"]),
        ("2026-11-24T03:01:12Z, then 2026-11-25T03:01:12Z", ["2026-11-24T03:01:12Z", "2026-11-25T03:01:12Z"]),
        ("at 03:01:12Z, proven 03:09:31Z", ["03:01:12Z", "03:09:31Z"]),
        ("at 03:01Z", []),
        ("at 25:01:12Z", []),
        ("on 2026-11-24", []),
        ("2026-11-24 03:01:12", []),
        ("2026-11-24 03:01:12.5Z", []),
        ("2026-13-24 03:01:12Z", []),
        ("0001-01-01 00:00:00Z", []),
        ("s3://base/2026-11-24T03:01:12Z/wal", []),
        ("snap-2026-11-24T03:01:12Z", []),
    ],
)
def test_whole_moments_are_found_in_text(text: str, found: list[str]) -> None:
    """Date, time and Z, standing alone: that alone has one meaning. Nothing of the text is lost."""
    row = timed(line(text), AT)
    assert [piece.fallback for piece in row if isinstance(piece, Moment)] == found
    assert "".join(piece.fallback for piece in row) == text


def test_a_time_without_its_day_is_the_nearest() -> None:
    """Just before midnight is yesterday's where the night began today."""
    after_midnight = datetime(2026, 11, 24, 0, 4, tzinfo=UTC)
    found = [piece.at for piece in timed(line("23:58:00Z and 00:01:00Z"), after_midnight) if isinstance(piece, Moment)]
    assert found == [datetime(2026, 11, 23, 23, 58, tzinfo=UTC), datetime(2026, 11, 24, 0, 1, tzinfo=UTC)]


def test_a_value_is_no_moment() -> None:
    """Bold and code are read to the character."""
    row = line(exact("2026-11-24 03:01:12Z"), strong("2026-11-24 03:01:12Z"))
    assert timed(row, AT) == row
