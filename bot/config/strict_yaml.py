"""A strict reader over PyYAML's events. It never makes an object from a tag, follows no alias and stops at its caps.

Refused are duplicate keys, anchors, aliases, merge keys, tags, directives, a second document, keys that aren't text and
empty values. Everything but what breaks the structure is collected, so that a person sees all of it at once.
"""

from dataclasses import dataclass
from typing import Any

import yaml

from bot.config.document import Document, Loc, Mark
from bot.config.scalars import read_plain
from bot.config.text import HIDDEN_IN_VALUE
from bot.domain.model import JsonValue
from bot.domain.problems import Problem

# libyaml, which PyYAML's wheels bring, reads thirty times as fast as Python does; where it is missing, Python reads.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_DEPTH = 32
MAX_NODES = 20_000
MAX_PROBLEMS = 100


class _Stop(Exception):
    """The rest of the file can't be read with any sense."""


@dataclass
class _Open:
    """A mapping or list that is being read; `key` is set while a mapping waits for the value."""

    loc: Loc
    part: dict[str, JsonValue] | list[JsonValue]
    key: str | None = None
    is_duplicate: bool = False

    @property
    def wants_key(self) -> bool:
        return isinstance(self.part, dict) and self.key is None


def read_document(text: str, file: str, first_line: int = 1, loader: Any = LOADER) -> Document:
    """The one document of a text, with its problems. `first_line` is where it begins in its file."""
    reader = _Reader(Document(file), first_line)
    try:
        for event in yaml.parse(text, Loader=loader):
            reader.take(event)
    except _Stop:
        pass
    except yaml.MarkedYAMLError as error:
        reader.syntax(error, text)
    except (yaml.YAMLError, ValueError, OverflowError):
        # In Python, a character escape beyond Unicode comes as a bare ValueError.
        reader.say(reader.mark(None), "this is not valid YAML", "look at its escapes: \\x, \\u, \\U")
    if reader.nodes == 0 and not reader.document.problems:
        reader.say(reader.mark(None), "the file is empty", "start from the example of the documentation")
    return reader.document


class _Reader:
    def __init__(self, document: Document, first_line: int) -> None:
        self.document = document
        self.nodes = 0
        self._first_line = first_line
        self._documents = 0
        self._open: list[_Open] = []

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self._document(event)
        elif isinstance(event, yaml.NodeEvent):
            self._node(event)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._open.pop()

    def say(self, mark: Mark, message: str, fix: str, loc: Loc = ()) -> None:
        path = ".".join(str(step) for step in loc)
        self.document.problems.append(
            Problem(file=self.document.file, line=mark.line, column=mark.column, path=path, message=message, fix=fix)
        )
        self.document.broken.add(loc)
        if len(self.document.problems) >= MAX_PROBLEMS:
            raise _Stop

    def syntax(self, error: yaml.MarkedYAMLError, text: str) -> None:
        mark = error.problem_mark or error.context_mark
        line = text.split("\n")[mark.line] if mark and mark.line <= text.count("\n") else ""
        try:
            what = error.problem or error.context or ""
            self.say(self.mark(mark), f"this is not valid YAML: {what}", _syntax_fix(what, line))
        except _Stop:
            return

    def mark(self, mark: Any) -> Mark:
        """A mark of PyYAML (pure or libyaml's), or None, as a place in the file."""
        return Mark(mark.line + self._first_line, mark.column + 1) if mark else Mark(self._first_line, 1)

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            self.say(
                self.mark(event.start_mark),
                "a second document begins here",
                "keep one document in a file: remove the ---",
            )
            raise _Stop
        if event.version or event.tags:
            self.say(self.mark(event.start_mark), "the file has a % directive", "remove it")

    def _node(self, event: yaml.NodeEvent) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.say(self.mark(event.start_mark), f"the file has more than {MAX_NODES} values", "split it")
            raise _Stop
        top = self._open[-1] if self._open else None
        if top and top.wants_key:
            self._key(top, event)
        else:
            self._value(event)

    def _key(self, top: _Open, event: yaml.NodeEvent) -> None:
        if not isinstance(event, yaml.ScalarEvent):
            self.say(self.mark(event.start_mark), "a key must be a text", "write one name before the colon", top.loc)
            raise _Stop
        assert isinstance(top.part, dict)
        top.key = key = event.value
        loc = (*top.loc, key)
        top.is_duplicate = key in top.part
        self._judge_key(top, event, loc)
        if not top.is_duplicate:
            self.document.keys[loc] = self.mark(event.start_mark)

    def _judge_key(self, top: _Open, event: yaml.ScalarEvent, loc: Loc) -> None:
        if top.is_duplicate:
            first = self.document.keys[loc].line
            here = self.mark(event.start_mark).line
            self.say(
                self.mark(event.start_mark),
                f"the key stands twice, in line {first} and in line {here}",
                "keep one",
                loc,
            )
        if event.value == "<<" and not event.style:
            self.say(self.mark(event.start_mark), "merge keys (<<) are not read", "write the keys out", loc)
        self._judge(event, loc)

    def _value(self, event: yaml.NodeEvent) -> None:
        top = self._open[-1] if self._open else None
        loc = _place(top)
        mark = self.mark(event.start_mark)
        if top is None or not top.is_duplicate:
            self.document.values[loc] = mark
        self._judge(event, loc)
        part = self._part(event, loc)
        self._put(top, part)
        if isinstance(part, dict | list):
            if len(self._open) >= MAX_DEPTH:
                self.say(
                    self.mark(event.start_mark), f"the file is nested more than {MAX_DEPTH} deep", "flatten it", loc
                )
                raise _Stop
            self._open.append(_Open(loc, part))

    def _judge(self, event: yaml.NodeEvent, loc: Loc) -> None:
        if event.anchor:
            self.say(
                self.mark(event.start_mark), "anchors (&) and aliases (*) are not read", "write the value out", loc
            )
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
            self.say(self.mark(event.start_mark), "tags (!) are not read", "write the value without its tag", loc)
        if isinstance(event, yaml.ScalarEvent) and HIDDEN_IN_VALUE.search(event.value):
            self.say(self.mark(event.start_mark), "the text holds a character that can't be seen", "remove it", loc)

    def _part(self, event: yaml.NodeEvent, loc: Loc) -> JsonValue:
        if isinstance(event, yaml.MappingStartEvent):
            return {}
        if isinstance(event, yaml.SequenceStartEvent):
            return []
        if not isinstance(event, yaml.ScalarEvent):
            return None
        if event.style:
            return event.value
        if event.value == "" and event.tag is None and not event.anchor:
            self.say(self.mark(event.start_mark), "the value is missing", "write one, or remove the key", loc)
        return read_plain(event.value)

    def _put(self, top: _Open | None, part: JsonValue) -> None:
        if top is None:
            self.document.value = part
        elif isinstance(top.part, list):
            top.part.append(part)
        elif top.key is not None:
            # Of two values under one key neither is trusted; the first stays only to hold the place.
            top.part.setdefault(top.key, part)
            top.key = None


def _place(top: _Open | None) -> Loc:
    if top is None:
        return ()
    if isinstance(top.part, list):
        return (*top.loc, len(top.part))
    return (*top.loc, top.key or "")


def _syntax_fix(what: str, line: str) -> str:
    if "escape" in what:
        return "put the text in single quotes, which know no escapes"
    if "\t" in line[: len(line) - len(line.lstrip())] or line.startswith("\t"):
        return "indent with spaces, not with tabs"
    if "${" in line:
        return 'put look-ups in quotes: "${system.id}"'
    return "look at the indentation, and put texts that hold : # [ ] { } in quotes"
