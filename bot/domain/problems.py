"""What is wrong in a file that a person wrote: where, what, and how to mend it."""

from collections.abc import Iterable
from typing import Literal

from bot.domain.model import Model


class Problem(Model):
    """One line of `dr check`. `line` and `column` count from 1; `path` is dotted, empty for the file itself."""

    file: str
    line: int = 1
    column: int = 1
    path: str = ""
    message: str
    fix: str
    level: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        level = "warning: " if self.level == "warning" else ""
        path = f"{self.path}: " if self.path else ""
        return f"{self.file}:{self.line}:{self.column}: {level}{path}{self.message} ({self.fix})"


class Unfit(ValueError):
    """A value that a person has to mend: `what` is wrong, and the `fix`, each without a full stop."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(f"{what} ({fix})")
        self.what = what
        self.fix = fix


def shown(value: object) -> str:
    """A foreign value, short enough for one line of an error."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


class ConfigurationError(Exception):
    """The files can't be used as they stand; `problems` says why, errors and warnings."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
