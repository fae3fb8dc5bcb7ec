"""Rich text: lines of pieces that say literally what they hold. No markup is read in them, so nothing needs escaping.

Whatever is too long for one block goes on in the next; nothing is ever cut here.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, groupby
from typing import Any, Literal, TypeVar

from bot.slack.text import head, safe, size, time_format, utc, visible

LONGEST_LINE = 2400  # characters; a longer one goes on in a line of its own
LONGEST_BLOCK = 2800  # Slack takes 3,000 in a section and says nothing of rich text
LONGEST_JSON = 9000
CONTAINER = 60
# A whole moment in UTC that stands alone: in a name or an address the same characters are no moment.
DAY = timedelta(days=1)
STAMP = re.compile(r"(?<![\w/:.+-])(?:(\d{4}-\d\d-\d\d)[T ])?(\d\d:\d\d:\d\d)Z(?![\w/:+-])")
URL = re.compile(r"https?://[^\s<>\"'`]{1,2000}[^\s<>\"'`.,;:!?)\]}*_~]")

T = TypeVar("T")
Element = dict[str, Any]
"""Slack's own JSON, made here and read nowhere in the bot."""


@dataclass(frozen=True)
class Words:
    """Literal text in at most one style."""

    text: str
    style: Literal["", "bold", "italic", "code"] = ""

    def element(self) -> Element:
        style = {"style": {self.style: True}} if self.style else {}
        return {"type": "text", "text": self.text, **style}

    @property
    def fallback(self) -> str:
        return self.text


@dataclass(frozen=True)
class Moment:
    """A moment in each reader's own zone, with its date where it lies far from `near`; `said` is how a text spells it."""

    at: datetime
    near: datetime
    seconds: bool = False
    bold: bool = False
    said: str = ""

    def element(self) -> Element:
        form = time_format(self.at, self.near, seconds=self.seconds)
        style = {"style": {"bold": True}} if self.bold else {}
        date = {"type": "date", "timestamp": int(self.at.timestamp()), "format": form, "fallback": self.fallback}
        return {**date, **style}

    @property
    def fallback(self) -> str:
        return self.said or utc(self.at, self.near, seconds=self.seconds)


@dataclass(frozen=True)
class Person:
    """A person as Slack calls them."""

    slack: str
    name: str

    def element(self) -> Element:
        return {"type": "user", "user_id": self.slack}

    @property
    def fallback(self) -> str:
        return self.name


@dataclass(frozen=True)
class Link:
    """A web address behind its own spelling or another."""

    url: str
    text: str
    bold: bool = False

    def element(self) -> Element:
        style = {"style": {"bold": True}} if self.bold else {}
        return {"type": "link", "url": self.url, "text": self.text, **style}

    @property
    def fallback(self) -> str:
        return self.text


Piece = Words | Moment | Person | Link
Line = tuple[Piece, ...]


@dataclass(frozen=True)
class Part:
    """A line of a paragraph, or an item of a list."""

    line: Line
    bullet: bool = False

    @property
    def size(self) -> int:
        return sum(size(piece.fallback) for piece in self.line) + 1

    @property
    def weight(self) -> int:
        """What it adds to a message, its own container included."""
        return weight(_section(self.line))


def strong(text: str) -> Words:
    """Bold."""
    return Words(visible(text), "bold")


def exact(text: str) -> Words:
    """A value to be read to the character, as code."""
    return Words(visible(text), "code")


def line(*pieces: Piece | str) -> Line:
    """A line of pieces; plain strings may be foreign."""
    made = (Words(visible(piece)) if isinstance(piece, str) else piece for piece in pieces)
    return tuple(piece for piece in made if piece.fallback)


def lines(text: str) -> tuple[Line, ...]:
    """Foreign text of several lines, with its web addresses as links that show where they lead."""
    return tuple(tuple(_linked(row)) for row in visible(text).strip("\n").split("\n"))


def timed(row: Line, near: datetime) -> Line:
    """A line in which `2026-11-22 15:35:30Z` and `15:35:30Z` are the reader's own time, so that no two zones stand beside
    each other. Bold and code stay as they are: they are values."""
    return tuple(chain.from_iterable(_timed(piece, near) for piece in row))


def joined(separator: str, parts: Iterable[Line]) -> Line:
    """The lines that are not empty, as one."""
    found: list[Piece] = []
    for part in filter(None, parts):
        found += [*([Words(separator)] if found else []), *part]
    return tuple(found)


def items(rows: Iterable[Line]) -> tuple[Part, ...]:
    """Lines as items of a list."""
    return tuple(Part(row, bullet=True) for row in rows)


def paragraph(*rows: Line) -> tuple[Part, ...]:
    """Lines below each other."""
    return tuple(map(Part, rows))


def rich_blocks(parts: Iterable[Part]) -> list[Element]:
    """Paragraphs and lists as rich text, in as many blocks as they need."""
    measured = ((part, part.size, part.weight) for part in chain.from_iterable(map(_short, parts)))
    return [_block(block) for block in _packed(measured, LONGEST_BLOCK)]


def fallback(row: Line, most: int = 300) -> str:
    """A line as mrkdwn without styles: for notifications, and where blocks are not shown."""
    return safe("".join(piece.fallback for piece in row), most)


def weight(value: object) -> int:
    """How much of a message's bound it takes: its JSON, and something for each container, which Slack counts too."""
    spelled = json.dumps(value, ensure_ascii=False)
    return len(spelled) + CONTAINER * spelled.count('"type": "rich_text')


def _linked(row: str) -> Iterator[Piece]:
    end = 0
    for found in URL.finditer(row):
        yield from line(row[end : found.start()])
        yield Link(found[0], found[0])
        end = found.end()
    yield from line(row[end:])


def _timed(piece: Piece, near: datetime) -> Iterator[Piece]:
    if not isinstance(piece, Words) or piece.style:
        yield piece
        return
    end = 0
    for found in STAMP.finditer(piece.text):
        at = _moment(found, near)
        if at is not None:
            yield from line(piece.text[end : found.start()])
            yield Moment(at, near, seconds=True, said=found[0])
            end = found.end()
    yield from line(piece.text[end:])


def _moment(found: re.Match[str], near: datetime) -> datetime | None:
    """None where there is no such day or hour, or Slack knows none so early. Without a day it is the nearest."""
    day = found[1] or near.astimezone(UTC).date().isoformat()
    try:
        at = datetime.fromisoformat(f"{day}T{found[2]}").replace(tzinfo=UTC)
    except ValueError:
        return None
    if not found[1]:
        at += round((near - at) / DAY) * DAY
    return at if at.year >= 1970 else None


def _block(parts: Sequence[Part]) -> Element:
    """One block: neighbours of a kind belong together."""
    elements: list[Element] = []
    for bullet, found in groupby(parts, key=lambda part: part.bullet):
        rows = [part.line for part in found]
        elements.append(_list(rows) if bullet else _section(joined_lines(rows)))
    return {"type": "rich_text", "elements": elements}


def joined_lines(rows: Iterable[Line]) -> Line:
    """Lines below each other as one, with line breaks; empty ones stay."""
    found: list[Piece] = []
    for at, row in enumerate(rows):
        found += [*([Words("\n")] if at else []), *row]
    return tuple(found)


def _section(row: Line) -> Element:
    return {"type": "rich_text_section", "elements": [piece.element() for piece in row] or [Words(" ").element()]}


def _list(rows: Iterable[Line]) -> Element:
    return {"type": "rich_text_list", "style": "bullet", "indent": 0, "elements": [_section(row) for row in rows]}


def _short(part: Part) -> Iterator[Part]:
    """A part as parts of bearable length, whole. What an item goes on with is no item of its own."""
    pieces = chain.from_iterable(map(_short_piece, part.line))
    measured = ((piece, size(piece.fallback), weight(piece.element())) for piece in pieces)
    rows = list(_packed(measured, LONGEST_LINE))
    yield from (Part(tuple(row), part.bullet and not at) for at, row in enumerate(rows or [[]]))


def _packed(measured: Iterable[tuple[T, int, int]], longest: int) -> Iterator[list[T]]:
    """Things with their sizes and weights in groups that are no longer and no heavier than allowed."""
    taken: list[T] = []
    length = heavy = 0
    for thing, size_, weight_ in measured:
        if taken and (length + size_ > longest or heavy + weight_ > LONGEST_JSON):
            yield taken
            taken, length, heavy = [], 0, 0
        taken.append(thing)
        length, heavy = length + size_, heavy + weight_
    if taken:
        yield taken


def _short_piece(piece: Piece) -> Iterator[Piece]:
    if not isinstance(piece, Words) or size(piece.text) < LONGEST_LINE:
        yield piece
        return
    left = piece.text
    while left:
        taken = head(left, LONGEST_LINE - 1)
        yield Words(taken, piece.style)
        left = left[len(taken) :]
