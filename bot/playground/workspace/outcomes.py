"""How it went when a person did something."""

from dataclasses import dataclass, field

from bot.playground.workspace.delivery import Answer
from bot.playground.workspace.shapes import Json


@dataclass(frozen=True)
class Outcome:
    """`error` is Slack's code and `text` what the person sees; `errors` belong to a form's blocks."""

    error: str = ""
    text: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    body: Json | None = None

    @property
    def ok(self) -> bool:
        return not self.error and not self.errors

    def shape(self) -> Json:
        if self.errors:
            return {"ok": False, "errors": self.errors}
        return {"ok": False, "error": self.error, "text": self.text} if self.error else {"ok": True}


DONE = Outcome()


def unanswered(answer: Answer) -> Outcome:
    """A click or submission that the app did not acknowledge."""
    text = "The app did not respond in time." if answer.error == "operation_timeout" else "The app can't be reached."
    return Outcome(answer.error, text)


def failed_command(command: str, code: str) -> Outcome:
    return Outcome(code, f'{command} failed with the error "{code}"')


def nothing_there(what: str) -> Outcome:
    return Outcome("not_found", f"{what} is no longer there. Reload the page.")
