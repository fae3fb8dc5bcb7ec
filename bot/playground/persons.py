"""People at the chat: they type, click and fill in forms, and what each does is told with what came of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import unescape

from rich.text import Text

from bot.playground.narration import Narrator
from bot.playground.room import BUTTON, Post, buttons, called, mentioned
from bot.playground.shown import shown
from bot.playground.workspace.outcomes import Outcome
from bot.playground.workspace.shapes import Json
from bot.playground.workspace.workspace import Workspace

PATIENCE = 20.0  # seconds until an answer that does not come counts as none
SEEN_WITHIN, TRIES = 5.0, 5
Look = Callable[[str, str], None]
"""Told that a person (by name) sees something new: `form`, `answer`."""


class StoryFailed(Exception):
    """The night did not end as it must; the text says why in one line."""


class Gone(Exception):
    """The button is no longer there."""


def account(person: str) -> str:
    """alice's id in the chat."""
    return f"U0{person.upper()}"


def nobody_looks(_: str, __: str) -> None:
    """Without a photographer."""


@dataclass
class Persons:
    """What they do in the page, done as the page does it."""

    workspace: Workspace
    narrator: Narrator
    look: Look = nobody_looks

    def types(self, person: str, channel: str, line: str, told: str) -> None:
        """A command that opens a form, or whose answer is not waited for."""
        self.narrator.act(person, told, Text(line, style="cyan"), f" in {called(self.workspace, channel)}")
        self._done(self.workspace.command(account(person), channel, line), line)

    def asks(self, person: str, channel: str, line: str, told: str, *, answers: int = 1) -> list[str]:
        """A command, and the answers that this person alone sees: as text, and told."""
        before = len(self.workspace.ephemeral(channel, account(person)))
        self.types(person, channel, line, told)
        found = self._until(
            lambda: self.workspace.ephemeral(channel, account(person))[before:], answers, f"no answer to {line}"
        )
        self.look(person, "answer")
        return [self.quotes(it) for it in found]

    def quotes(self, message: Json) -> str:
        """What stands in a message, told; the same as text."""
        return self.narrator.quotes(shown(message, lambda id: called(self.workspace, id)))

    def clicks(self, person: str, post: Post, verb: str, told: str) -> None:
        self._tells(person, post, verb, told)
        self._click(person, post, verb)

    def click_together(self, people: Sequence[str], post: Post, verb: str, told: str) -> None:
        """Several people press the same button at the same moment."""
        for person in people:
            self._tells(person, post, verb, told)
        self.workspace.at_once([lambda it=person: self._click(it, post, verb) for person in people])  # type: ignore[misc]

    def form(self, person: str, before: Json | None = None) -> Json:
        """The form that opens for a person, or the one that the form of `before` becomes."""
        user, old = account(person), before["hash"] if before else None
        opened = self._until(
            lambda: [it for it in self.workspace.views(user) if it["hash"] != old], 1, "no form was opened"
        )
        self.look(person, "form")
        return opened[-1]

    def submits(self, person: str, view: Json, values: Mapping[str, str]) -> None:
        """Fill a form in and send it; what is drafted there and not given stays."""
        said = {**drafted(view), **values}
        written = [(unescape(asked(view, block)), value) for block, value in said.items()]
        self.narrator.fills_in(unescape(view["title"]["text"]), written, unescape(view["submit"]["text"]))
        self._insist(lambda: self.workspace.submit(account(person), view, values), view["title"]["text"])

    def _tells(self, person: str, post: Post, verb: str, told: str) -> None:
        self.narrator.act(person, told, Text(f"[{post.buttons[verb]}]", style="cyan"), f" below {post.title}")

    def _click(self, person: str, post: Post, verb: str) -> None:
        user, button = account(person), f"{BUTTON}{verb}"
        forms = self.workspace.views(user)

        def comes_of_it() -> bool:
            return self.workspace.views(user) != forms or not self._is_asked(user, post, button)

        try:
            self._insist(lambda: self.workspace.click(user, post.ts, button), post.title, comes_of_it)
        except KeyError as error:
            raise Gone(post.title) from error

    def _is_asked(self, user: str, post: Post, button: str) -> bool:
        """Whether a message still has the button, and still names whom it named."""
        blocks = self.workspace.message(post.ts)["blocks"]
        named = user not in post.asked or user in mentioned(blocks)
        return named and any(it["action_id"] == button for it in buttons(blocks))

    def _insist(self, act: Callable[[], Outcome], what: str, comes_of_it: Callable[[], bool] = lambda: True) -> None:
        """Does it again where nothing comes of it, as anybody would who is told that it may not be recorded.

        What does not come even so is missed by whoever waits for it.
        """
        for _ in range(TRIES):
            outcome = act()
            try:
                if outcome.ok and self.workspace.until(comes_of_it, SEEN_WITHIN):
                    return
            except TimeoutError:
                continue
        self._done(outcome, what)

    def _done(self, outcome: Outcome, what: str) -> None:
        if not outcome.ok:
            raise StoryFailed(f"{what}: {outcome.text or outcome.errors}")

    def _until(self, look: Callable[[], list[Json]], count: int, otherwise: str) -> list[Json]:
        try:
            self.workspace.until(lambda: len(look()) >= count, PATIENCE)
        except TimeoutError as error:
            raise StoryFailed(otherwise) from error
        return look()


def drafted(view: Json) -> dict[str, str]:
    """What stands in a form's text fields already, by block."""
    inputs = (it for it in view["blocks"] if it["type"] == "input")
    return {it["block_id"]: text for it in inputs if (text := it["element"].get("initial_value"))}


def asked(view: Json, block: str) -> str:
    """What an input of a form asks for."""
    label: str = next(it["label"]["text"] for it in view["blocks"] if it["block_id"] == block)
    return label
