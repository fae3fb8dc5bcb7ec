"""Blocks and views that the workspace's tests send."""

from typing import Any

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def section(text: str = "Text", **more: Any) -> Json:
    return {"type": "section", "text": mrkdwn(text), **more}


def button(action_id: str = "go", text: str = "Go", **more: Any) -> Json:
    return {"type": "button", "action_id": action_id, "text": plain(text), **more}


def actions(*elements: Json, **more: Any) -> Json:
    return {"type": "actions", "elements": list(elements), **more}


def option(value: str, text: str = "") -> Json:
    return {"text": plain(text or value), "value": value}


def confirm(**more: Any) -> Json:
    return {"title": plain("Sure?"), "text": plain("It happens."), "confirm": plain("Yes"), "deny": plain("No"), **more}


def field(action_id: str, element: str = "plain_text_input", *, block_id: str = "", **more: Any) -> Json:
    """An input block; its block_id is the action_id with _block unless given. `optional` belongs to the block."""
    block: Json = {"type": "input", "block_id": block_id or f"{action_id}_block", "label": plain(action_id)}
    if "optional" in more:
        block["optional"] = more.pop("optional")
    return block | {"element": {"type": element, "action_id": action_id, **more}}


def modal(*blocks: Json, **more: Any) -> Json:
    view: Json = {"type": "modal", "title": plain("Declare"), "submit": plain("Declare"), "callback_id": "declare"}
    return view | {"blocks": list(blocks)} | more


def home(*blocks: Json) -> Json:
    return {"type": "home", "blocks": list(blocks)}
