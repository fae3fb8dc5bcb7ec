"""What a person does with the app: commands, clicks, forms, shortcuts. Each waits for the app's acknowledgement."""

from bot.playground.workspace.answers import say_back, says_something
from bot.playground.workspace.blocks import checked_view, elements
from bot.playground.workspace.changes import HomeOpened
from bot.playground.workspace.core import Core
from bot.playground.workspace.delivery import Answer
from bot.playground.workspace.dispatch import Dispatch
from bot.playground.workspace.errors import SlackError
from bot.playground.workspace.outcomes import DONE, Outcome, failed_command, nothing_there, unanswered
from bot.playground.workspace.payloads import (
    closing,
    global_shortcut,
    message_action,
    message_click,
    slash_command,
    submission,
    suggestion,
    view_click,
)
from bot.playground.workspace.shapes import Json
from bot.playground.workspace.values import state_values, wrong_inputs
from bot.playground.workspace.views import View

TROUBLE = "We had some trouble connecting. Try again?"
CLICKED = ("text", "style", "confirm", "placeholder", "accessibility_label")


class Acts:
    """Lives on the server's loop."""

    def __init__(self, core: Core, dispatch: Dispatch) -> None:
        self._core = core
        self._dispatch = dispatch

    async def command(self, user: str, channel_id: str, line: str) -> Outcome:
        """KeyError: the person sees no such channel."""
        name, _, text = line.partition(" ")
        known = self._core.app.command(name)
        if known is None:
            return Outcome("unknown_command", f"{name} is not a valid command.")
        with self._core.changed:
            channel = self._core.state.seen(user, channel_id)
            payload = slash_command(self._core, user, channel, known, text.strip())
        answer = await self._dispatch.ask("slash_commands", payload)
        if not answer.ok:
            return failed_command(name, answer.error)
        return self._answered(user, channel_id, name, answer)

    def _answered(self, user: str, channel_id: str, name: str, answer: Answer) -> Outcome:
        if answer.body and says_something(answer.body):
            try:
                with self._core.changed:
                    say_back(self._core, user, channel_id, answer.body)
            except SlackError as error:
                return failed_command(name, error.code)
        return Outcome(body=answer.body)

    async def click(self, user: str, container: Json, action: Json, values: Json) -> Outcome:
        with self._core.changed:
            payload = self._click(user, container, action, values)
        if payload is None:
            return nothing_there("This message or form")
        answer = await self._dispatch.ask("interactive", payload)
        return Outcome(body=answer.body) if answer.ok else unanswered(answer)

    def _click(self, user: str, container: Json, action: Json, values: Json) -> Json | None:
        core = self._core
        if container.get("type") == "view":
            view = self._view(user, str(container.get("view_id")))
            found = view and place_of(action, view.body["blocks"])
            return view_click(core, user, view, described(action, found[1], core), values) if view and found else None
        try:
            channel, message = core.state.seen_message(user, str(container.get("channel")), str(container.get("ts")))
        except KeyError:
            return None
        found = place_of(action, message.all_blocks)
        if not found:
            return None
        block, element = found
        whole, attachment = described(action, element, core), message.attachment_of(block)
        return message_click(core, user, channel, message, attachment, whole, values)

    def _view(self, user: str, view_id: str) -> View | None:
        """An open modal of this person, or their Home."""
        home = self._core.views.home(user)
        views = [*self._core.views.stack(user), *([home] if home else [])]
        return next((it for it in views if it.id == view_id), None)

    async def submit(self, user: str, view_id: str, values: Json) -> Outcome:
        with self._core.changed:
            view = self._view(user, view_id)
            if view is None:
                return nothing_there("This form")
            state = state_values(view.body["blocks"], values)
            wrong = wrong_inputs(view.body["blocks"], state)
            payload = submission(self._core, view, state)
        if wrong:
            return Outcome(errors=wrong)
        answer = await self._dispatch.ask("interactive", payload)
        if not answer.ok:
            return Outcome(answer.error, TROUBLE)
        with self._core.changed:
            return self._responded(view, answer.body or {})

    def _responded(self, view: View, body: Json) -> Outcome:
        """Does what the response_action says; without one the view closes."""
        views = self._core.views
        try:
            match body.get("response_action"):
                case None:
                    views.close(view)
                case "clear":
                    views.clear(view.user)
                case "update":
                    views.update(view, checked_view(body.get("view"), "modal"))
                case "push":
                    views.push(view.user, checked_view(body.get("view"), "modal"))
                case "errors":
                    return refused(view, body)
                case other:
                    return Outcome("invalid_response_action", f"{TROUBLE} ({other})")
        except SlackError as error:
            return Outcome(error.code, TROUBLE)
        return Outcome(body=body)

    async def close(self, user: str, view_id: str, *, whole: bool = False) -> Outcome:
        """Close a view, or the whole stack; the app is told of those that ask for it."""
        core = self._core
        with core.changed:
            view = self._view(user, view_id)
            if view is None or view.type != "modal":
                return nothing_there("This form")
            whole = whole or bool(view.body.get("clear_on_close"))
            stack = core.views.stack(user)
            closed = [*stack] if whole else stack[stack.index(view) :]
            told = [closing(core, it, cleared=whole) for it in reversed(closed) if it.body.get("notify_on_close")]
            core.views.close(closed[0])
        for payload in told:
            await self._dispatch.ask("interactive", payload)
        return DONE

    async def shortcut(self, user: str, callback_id: str, channel_id: str = "", ts: str = "") -> Outcome:
        core = self._core
        known = next((it for it in core.app.shortcuts if it.callback_id == callback_id), None)
        with core.changed:
            try:
                place = core.state.seen_message(user, channel_id, ts)
            except KeyError:
                place = None
            if known is None or (known.type == "message" and not place):
                return nothing_there("This message or shortcut")
            if known.type == "message" and place:
                payload = message_action(core, user, *place, callback_id)
            else:
                payload = global_shortcut(core, user, callback_id)
        answer = await self._dispatch.ask("interactive", payload)
        return Outcome(body=answer.body) if answer.ok else unanswered(answer)

    def open_home(self, user: str, tab: str) -> str:
        """The direct messages with the app; the app is told that its Home was opened."""
        core = self._core
        with core.changed:
            channel = core.state.direct(user, core.app.user)
            view = core.views.home(user)
            shape = core.views.shape(view) if view else None
            core.state.tell(HomeOpened(user, tab, channel.id, shape))
            return channel.id

    async def suggest(self, user: str, container: Json, action: Json) -> Answer:
        """The options of an external select for what was typed. KeyError: the person sees no such message."""
        with self._core.changed:
            if container.get("type") == "message":
                self._core.state.seen_message(user, str(container.get("channel")), str(container.get("ts")))
            view = self._view(user, str(container.get("view_id", "")))
            payload = suggestion(self._core, user, container, action, view)
        return await self._dispatch.ask("interactive", payload)


def refused(view: View, body: Json) -> Outcome:
    """The errors of a form; they must belong to its input blocks."""
    errors = body.get("errors")
    inputs = {it["block_id"] for it in view.body["blocks"] if it["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not inputs.issuperset(errors):
        return Outcome("invalid_errors", TROUBLE)
    return Outcome(errors={str(block): str(text) for block, text in errors.items()})


def place_of(action: Json, blocks: list[Json]) -> tuple[Json, Json] | None:
    """The block and the element that the person used; None where it is gone.

    The message may have been edited since: the element is known by its action_id, of several the one in the same block
    or with the same value.
    """

    def likeness(found: tuple[Json, Json]) -> tuple[bool, bool]:
        block, element = found
        return block["block_id"] == action.get("block_id"), element.get("value") == action.get("value")

    every = ((block, element) for block in blocks for element in elements(block) if element["type"] != "image")
    here = [(block, element) for block, element in every if element["action_id"] == action.get("action_id")]
    return max(here, key=likeness) if here else None


def described(action: Json, element: Json, core: Core) -> Json:
    """The action as the app gets it: with the element's own parts, and the value that the person saw."""
    own = {name: element[name] for name in CLICKED if name in element}
    seen = {"value": action.get("value", element["value"])} if "value" in element else {}
    return action | own | seen | {"type": element["type"], "action_ts": core.clock.ts()}
