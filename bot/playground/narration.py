"""How the story is told: the time, who does what, the command as it was typed and what it showed."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from shlex import join

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

WIDTH = 100
MARGIN = 10  # the time of day and two blanks
BAR = Text("│ ", style="bright_black")


class Narrator:
    """Tells what happens, each line with its time in UTC. `names` is person -> name."""

    def __init__(self, console: Console, names: Mapping[str, str]) -> None:
        self._console = console
        self._names = names

    @property
    def width(self) -> int:
        """What is left for the output of a command."""
        return self._console.width - MARGIN - len(BAR)

    def clock(self, at: datetime) -> str:
        return f"{at.astimezone(UTC):%H:%M:%S}"

    def name(self, person: str) -> str:
        return self._names.get(person, person)

    def scene(self, title: str) -> None:
        """A new part of the story."""
        self._console.print()
        self._console.print(Rule(Text(title, style="bold"), align="left", style="bright_black"))

    def says(self, text: str | Text, at: datetime | None = None) -> None:
        """One sentence, with the time at which it was so."""
        self._line(Text(self.clock(at or datetime.now(UTC)), style="bright_black"), text)

    def goes_on(self, text: str | Text) -> None:
        """One more sentence at the same moment."""
        self._line(Text(), text)

    def fails(self, reason: str) -> None:
        self.says(Text.assemble(("The story failed: ", "bold red"), reason))

    def deed(self, person: str, deed: str, words: Sequence[str]) -> None:
        """What a person does now, and the command for it."""
        self._console.print()
        self.says(Text.assemble((self.name(person), "bold"), f" {deed}"))
        self.goes_on(Text.assemble(("$ ", "bright_black"), (f"dr {join(words)}", "cyan")))

    def act(self, person: str, deed: str, what: Text, where: str) -> None:
        """What a person does in the chat now, what they type or press, and where."""
        self._console.print()
        self.says(Text.assemble((self.name(person), "bold"), f" {deed}"))
        self.goes_on(Text.assemble(what, (where, "bright_black")))

    def fills_in(self, title: str, written: Sequence[tuple[str, str]], submit: str) -> None:
        """A form: what somebody wrote in it, and the button below it."""
        rows = [Text.assemble((f"{question} ", "bright_black"), answer) for question, answer in written]
        for row in (Text(title, style="bold"), *rows, Text(f"[{submit}]", style="cyan")):
            self.goes_on(Text.assemble(BAR, row))

    def quotes(self, shown: Text) -> str:
        """What somebody or something said, word for word; the same without its colours."""
        for line in shown.wrap(self._console, self.width):
            self.goes_on(Text.assemble(BAR, line))
        return shown.plain

    def shows(self, block: RenderableType) -> None:
        self._console.print(Padding(block, (1, 0, 0, 2)))

    @contextmanager
    def waiting(self, why: str) -> Iterator[None]:
        """Something turns where a person looks on; elsewhere nothing is said."""
        if not self._console.is_terminal:
            yield
            return
        with self._console.status(Text(why, style="bright_black"), spinner_style="bright_black"):
            yield

    def keep(self, file: Path) -> None:
        """Write everything that was told: as .svg, .html, or text."""
        if file.suffix == ".svg":
            self._console.save_svg(str(file), title="dr demo --story", clear=False)
        elif file.suffix == ".html":
            self._console.save_html(str(file), clear=False)
        else:
            self._console.save_text(str(file), clear=False)

    def _line(self, margin: Text, text: str | Text) -> None:
        content = Text(text) if isinstance(text, str) else text
        for line in content.wrap(self._console, self._console.width - MARGIN):
            line.rstrip()
            margin.pad_right(MARGIN - len(margin))
            self._console.print(Text.assemble(margin, line))
            margin = Text()


def new_console(*, record: bool) -> Console:
    """A terminal's own width up to 100 columns; 100 where there is none."""
    console = Console(highlight=False, markup=False, emoji=False, record=record)
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    return console
