"""Where text goes: what people read to stdout, or to stderr where --json keeps stdout for one JSON document alone."""

import json
import sys
from collections.abc import Iterable

import typer
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

PIPED_WIDTH = 120


def console(*, stderr: bool = False) -> Console:
    """A console without markup, emoji codes or guesses about colour; wide where no terminal says how wide."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PIPED_WIDTH
    return Console(file=stream, highlight=False, markup=False, emoji=False, width=width)


class Output:
    """The two voices of one command."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.people = console(stderr=as_json)

    def say(self, *lines: str) -> None:
        """Sentences, one a line, never broken by us."""
        for line in lines:
            self.people.print(Text(plain(line)), soft_wrap=True)

    def show(self, *blocks: RenderableType) -> None:
        """Tables and cards."""
        for block in blocks:
            self.people.print(block)

    def data(self, value: object) -> None:
        """The one JSON document, where it is asked for."""
        if self.as_json:
            typer.echo(json.dumps(value, ensure_ascii=False, indent=2))

    def answer(self, value: object, *lines: str) -> None:
        """The document, or else the sentences."""
        if self.as_json:
            self.data(value)
        else:
            self.say(*lines)


def plain(text: str) -> str:
    """Foreign text with everything that a terminal might obey, or that reads backwards, made visible."""
    return "".join(ch if ch.isprintable() or ch == "\n" else _escaped(ch) for ch in text)


def _escaped(ch: str) -> str:
    return ch.encode("unicode_escape").decode("ascii") if not "\ud800" <= ch <= "\udfff" else f"\\u{ord(ch):04x}"


def text(content: str, style: str = "") -> Text:
    """Foreign text for a table or card."""
    return Text(plain(content), style=style)


def value_text(value: object) -> str:
    """A JSON value in one line that can be wrapped."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def numbered(position: int, *lines: Text) -> Table:
    """Lines behind a number; what has to wrap stays behind it."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    grid.add_row(f"{position:>4}", Text("\n").join(lines))
    return grid


def joined(parts: Iterable[Text], separator: str = "  ") -> Text:
    """The parts that are not empty, in one line."""
    return Text(separator).join(part for part in parts if part.plain)
