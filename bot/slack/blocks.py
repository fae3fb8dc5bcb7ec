"""Blocks, elements and views as Slack's JSON, within Slack's limits. Text comes here ready: see text.py and rich.py."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot.slack.controls import Control
from bot.slack.text import fitted, plain

Block = dict[str, Any]
"""Slack's own JSON, made here and read nowhere in the bot."""
Style = Literal["primary", "danger"]

MOST_BLOCKS = 50
MOST_VIEW_BLOCKS = 100
MOST_ELEMENTS = 25
MOST_CONTEXT = 10
MOST_OPTIONS = 100
LONGEST_HEADER = 150
LONGEST_SECTION = 3000
LONGEST_FIELD = 2000
LONGEST_BUTTON = 75
LONGEST_URL = 3000
LONGEST_LABEL = 2000
LONGEST_PLACEHOLDER = 150
LONGEST_TITLE = 24
LONGEST_METADATA = 3000
LONGEST_INPUT = 3000


@dataclass(frozen=True)
class Choice:
    """One option of a select or a check box. `value` comes back as it is: 150 characters at most."""

    label: str
    value: str
    description: str = ""

    def json(self) -> Block:
        assert 0 < len(self.value) <= 150, "a choice needs a value of 1 to 150 characters"
        option: Block = {"text": _plain(self.label, 75), "value": self.value}
        return {**option, "description": _plain(self.description, 75)} if self.description else option


def _plain(text: str, most: int) -> Block:
    return {"type": "plain_text", "text": plain(text, most) or "-", "emoji": False}


def _mrkdwn(text: str, most: int) -> Block:
    return {"type": "mrkdwn", "text": fitted(text, most) or " ", "verbatim": True}


# --- what is read -----------------------------------------------------------------------------------------------------


def header(text: str) -> Block:
    """A large line of plain text."""
    return {"type": "header", "text": _plain(text, LONGEST_HEADER)}


def section(text: str, accessory: Block | None = None) -> Block:
    """A paragraph of mrkdwn, maybe with an element at its right."""
    block: Block = {"type": "section", "text": _mrkdwn(text, LONGEST_SECTION)}
    return {**block, "accessory": accessory} if accessory else block


def context(*texts: str) -> Block:
    """Small print in mrkdwn."""
    assert 0 < len(texts) <= MOST_CONTEXT, "a context holds 1 to 10 texts"
    return {"type": "context", "elements": [_mrkdwn(text, LONGEST_FIELD) for text in texts]}


def divider() -> Block:
    """A line across."""
    return {"type": "divider"}


# --- what is pressed --------------------------------------------------------------------------------------------------


def actions(*elements: Block, block_id: str = "") -> Block:
    """Buttons in a row. Two with the same action_id are told apart by a number."""
    assert 0 < len(elements) <= MOST_ELEMENTS, "a row holds 1 to 25 elements"
    seen: dict[str, int] = {}
    shown = []
    for element in elements:
        id_ = element["action_id"]
        seen[id_] = seen.get(id_, 0) + 1
        shown.append({**element, "action_id": f"{id_}:{seen[id_]}"} if seen[id_] > 1 else element)
    return {"type": "actions", "elements": shown, **({"block_id": block_id} if block_id else {})}


def button(
    label: str, control: Control, *, style: Style | None = None, confirm: Block | None = None, url: str = ""
) -> Block:
    """A button that carries only its control's id; one with a `url` leads there as well."""
    made: Block = {
        "type": "button",
        "text": _plain(label, LONGEST_BUTTON),
        "action_id": control.action,
        "value": control.id,
    }
    if style:
        made["style"] = style
    if confirm:
        made["confirm"] = confirm
    if url:
        assert len(url) <= LONGEST_URL, "the URL of a button is too long"
        made["url"] = url
    return made


def confirm(title: str, text: str, yes: str, no: str = "Go back", *, style: Style = "primary") -> Block:
    """The question that a button asks before it counts; all in plain text."""
    return {
        "title": _plain(title, 100),
        "text": _plain(text, 300),
        "confirm": _plain(yes, 30),
        "deny": _plain(no, 30),
        "style": style,
    }


# --- what is filled in ------------------------------------------------------------------------------------------------


def field(label: str, element: Block, block_id: str, *, hint: str = "", optional: bool = False) -> Block:
    """One labelled input; what it holds comes back under its block_id and the element's action_id."""
    made: Block = {
        "type": "input",
        "block_id": block_id,
        "label": _plain(label, LONGEST_LABEL),
        "element": element,
        "optional": optional,
    }
    return {**made, "hint": _plain(hint, LONGEST_LABEL)} if hint else made


def text_input(
    action_id: str, *, initial: str = "", lines: bool = False, most: int = LONGEST_INPUT, least: int = 0, hint: str = ""
) -> Block:
    """A text of one line, or of several. `hint` stands in it while it is empty."""
    made: Block = {"type": "plain_text_input", "action_id": action_id, "multiline": lines, "max_length": most}
    if initial:
        made["initial_value"] = initial[:most]
    if least:
        made["min_length"] = least
    return _hinted(made, hint)


def select(action_id: str, choices: Sequence[Choice], *, initial: str = "", hint: str = "") -> Block:
    """One of up to 100 choices; `initial` is the value of the one that is chosen at first."""
    return _hinted(_chooser("static_select", action_id, choices, initial), hint)


def _chooser(kind: str, action_id: str, choices: Sequence[Choice], initial: str) -> Block:
    options = [choice.json() for choice in choices[:MOST_OPTIONS]]
    assert options, "there is nothing to choose from"
    made: Block = {"type": kind, "action_id": action_id, "options": options}
    chosen = next((option for option in options if option["value"] == initial), None)
    return {**made, "initial_option": chosen} if chosen else made


def radio_buttons(action_id: str, choices: Sequence[Choice], *, initial: str = "") -> Block:
    """One of up to 10 choices, all of them seen."""
    return _chooser("radio_buttons", action_id, choices[:10], initial)


def checkboxes(action_id: str, choices: Sequence[Choice], *, initial: Iterable[str] = ()) -> Block:
    """Any of up to 10 choices."""
    chosen = set(initial)
    made = _chooser("checkboxes", action_id, choices[:10], "")
    marked = [option for option in made["options"] if option["value"] in chosen]
    return {**made, "initial_options": marked} if marked else made


def users_select(action_id: str, *, initial: str = "", hint: str = "") -> Block:
    """A person of the workspace."""
    made: Block = {"type": "users_select", "action_id": action_id}
    return _hinted({**made, "initial_user": initial} if initial else made, hint)


def _hinted(element: Block, hint: str) -> Block:
    return {**element, "placeholder": _plain(hint, LONGEST_PLACEHOLDER)} if hint else element


# --- views ------------------------------------------------------------------------------------------------------------


def modal(
    title: str,
    blocks: Sequence[Block],
    *,
    callback_id: str,
    submit: str = "",
    close: str = "Go back",
    metadata: str = "",
) -> Block:
    """A modal; one with inputs needs `submit`, the word that says what it does."""
    assert submit or not any(block["type"] == "input" for block in blocks), "inputs need a submit button"
    assert len(metadata) <= LONGEST_METADATA, "the modal's metadata is too long"
    made: Block = {
        "type": "modal",
        "callback_id": callback_id,
        "title": _plain(title, LONGEST_TITLE),
        "close": _plain(close, LONGEST_TITLE),
        "blocks": list(blocks[:MOST_VIEW_BLOCKS]),
        "private_metadata": metadata,
    }
    return {**made, "submit": _plain(submit, LONGEST_TITLE)} if submit else made


def home(blocks: Sequence[Block]) -> Block:
    """The app's home tab."""
    return {"type": "home", "blocks": list(blocks[:MOST_VIEW_BLOCKS])}
