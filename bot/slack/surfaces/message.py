"""A message that an incident's channel shows, and how a body of any length becomes one message or several."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.slack.blocks import Block, Style, actions, button
from bot.slack.controls import Control
from bot.slack.rich import Line, Link, Part, joined, line, paragraph, rich_blocks, weight

MOST_BLOCKS = 45  # of the 50 that Slack takes
ROW = "buttons"  # the row's block_id: whoever presses while the message is edited has pressed in the same row
HEAVIEST = 12_000  # characters of JSON in one message: Slack refuses somewhere above 13,000
Place = Literal["incident", "announcements", "broadcasts", "direct"]


@dataclass(frozen=True)
class Message:
    """What is shown under one key. A `fixed` one is posted once and never edited. `text` stands where blocks don't.

    `to` is the account that a direct one goes to.
    """

    blocks: tuple[Block, ...]
    text: str
    controls: tuple[Control, ...] = ()
    place: Place = "incident"
    fixed: bool = False
    pin: bool = False
    to: str = ""


@dataclass(frozen=True)
class Press:
    """A button and what it means."""

    label: str
    control: Control
    style: Style | None = None
    confirm: Block | None = None
    url: str = ""

    @property
    def block(self) -> Block:
        return button(self.label, self.control, style=self.style, confirm=self.confirm, url=self.url)


@dataclass(frozen=True)
class Body:
    """A heading, chunks of text that may span messages, and the buttons below the last of them."""

    heading: Line
    text: str
    chunks: tuple[tuple[Part, ...], ...] = ()
    presses: tuple[Press, ...] = ()


def single(body: Body, *, place: Place = "incident", fixed: bool = False, pin: bool = False) -> Message:
    """A body that is known to be short, as one message."""
    blocks = [block for chunk in (paragraph(body.heading), *body.chunks) for block in rich_blocks(chunk)]
    return Message((*blocks, *_row(body)), body.text, _controls(body), place, fixed, pin)


def spread(key: str, body: Body, to: Callable[[str], str | None]) -> Iterator[tuple[str, Message]]:
    """The messages of a body, whole, each with its key. Only the last one has buttons: who presses has seen it all.

    `to` says where a message is shown by now, so that the parts can lead to each other.
    """
    pages = _pages(body)
    keys = [key, *(f"{key}/{number}" for number in range(2, len(pages) + 1))]
    for at, blocks in enumerate(pages):
        last = at == len(pages) - 1
        place = f"part {at + 1} of {len(pages)}" if len(pages) > 1 else ""
        heading = rich_blocks(paragraph(joined(" · ", (body.heading, line(place)))))
        below = _row(body) if last else _onward(keys[at + 1], bool(body.presses), to)
        yield keys[at], Message((*heading, *blocks, *below), body.text, _controls(body) if last else ())


def _pages(body: Body) -> list[list[Block]]:
    fixed = weight(rich_blocks(paragraph(body.heading))) + weight(_row(body)) + 300
    pages: list[list[Block]] = [[]]
    for block in (block for chunk in body.chunks for block in rich_blocks(chunk)):
        page = pages[-1]
        if page and (len(page) == MOST_BLOCKS or fixed + weight(page) + weight(block) > HEAVIEST):
            pages.append([])
        pages[-1].append(block)
    return pages


def _onward(next_key: str, pressed: bool, to: Callable[[str], str | None]) -> list[Block]:
    link = to(next_key)
    where = "The buttons stand below its last part." if pressed else ""
    return rich_blocks(paragraph(line("It goes on in the next part. ", where, *linked("Open it.", link))))


def linked(text: str, url: str | None) -> Line:
    """A link of ours, where there is one already."""
    return line(" ", Link(url, text)) if url else ()


def _row(body: Body) -> Sequence[Block]:
    return [actions(*(press.block for press in body.presses), block_id=ROW)] if body.presses else []


def _controls(body: Body) -> tuple[Control, ...]:
    return tuple(press.control for press in body.presses)
