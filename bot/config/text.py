"""Bytes of a file to text that shows what it is: UTF-8, no characters that hide, turn or end what a reviewer reads."""

import re
from pathlib import Path

from bot.config.document import START, Mark
from bot.domain.problems import ConfigurationError, Problem

MAX_BYTES = 500_000
BOM = "\ufeff"
HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]"
)
HIDDEN_IN_VALUE = re.compile(f"{HIDDEN.pattern}|[\r\ud800-\udfff]")
"""A value may hold these only through an escape, which is no better."""


def read_text(path: Path) -> str:
    """The text of a file; raises `ConfigurationError`."""
    name = str(path)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise _refused(name, "there is no such file", "create it, or name another one") from error
    except OSError as error:
        raise _refused(name, f"the file can't be read: {error.strerror}", "mend its place or its rights") from error
    if len(content) > MAX_BYTES:
        raise _refused(
            name, f"the file is larger than {MAX_BYTES // 1000} kB", "split it, or leave out what is not needed"
        )
    return _checked(name, _decoded(name, content))


def mark_of(text: str, offset: int) -> Mark:
    """The place of a character."""
    line = text.count("\n", 0, offset)
    return Mark(line + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1)


def _decoded(name: str, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start].decode()
        raise _refused(name, "the file is not UTF-8", "save it as UTF-8", mark_of(before, len(before))) from error


def _checked(name: str, text: str) -> str:
    if text.startswith(BOM):
        raise _refused(name, "the file begins with a byte order mark", "save it as UTF-8 without BOM")
    hidden = HIDDEN.search(text)
    if hidden:
        what = f"the character U+{ord(hidden[0]):04X} can't be seen"
        raise _refused(name, what, "remove it", mark_of(text, hidden.start()))
    return text


def _refused(file: str, message: str, fix: str, mark: Mark = START) -> ConfigurationError:
    return ConfigurationError([Problem(file=file, line=mark.line, column=mark.column, message=message, fix=fix)])
