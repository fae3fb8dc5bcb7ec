"""Why a template could not be used."""

from bot.domain.errors import DRError


class TemplateFailed(DRError):
    """A template says what it may not, or fails while it is filled in; `line` counts from the first line of its text."""

    def __init__(self, reason: str, line: int | None = None, where: str = "") -> None:
        place = ", ".join(filter(None, (where, f"line {line}" if line else "")))
        super().__init__(f"{place}: {reason}" if place else reason)
        self.reason = reason
        self.line = line
