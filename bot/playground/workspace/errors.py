"""How a method refuses: Slack's error code, and what goes with it in the answer."""

from typing import Any

from bot.playground.workspace.shapes import Json


class SlackError(Exception):
    """Becomes {"ok": false, "error": code, **details}, with status 200."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details

    def answer(self) -> Json:
        return {"ok": False, "error": self.code, **self.details}


class RateLimited(Exception):
    """Becomes status 429 with Retry-After, whole seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"retry after {retry_after} s")
        self.retry_after = retry_after


def invalid_arguments(*messages: str) -> SlackError:
    return SlackError("invalid_arguments", response_metadata={"messages": [f"[ERROR] {it}" for it in messages]})
