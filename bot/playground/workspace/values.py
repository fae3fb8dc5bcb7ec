"""What a form holds: Slack's state values, from what was entered and from what stood there at first."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.playground.workspace.blocks import elements
from bot.playground.workspace.shapes import Json

FIELDS: Mapping[str, str] = {
    "plain_text_input": "value",
    "number_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "rich_text_input": "rich_text_value",
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "multi_static_select": "selected_options",
    "multi_external_select": "selected_options",
    "checkboxes": "selected_options",
    "multi_users_select": "selected_users",
    "multi_conversations_select": "selected_conversations",
    "multi_channels_select": "selected_channels",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
}
ALWAYS_REQUIRED_TEXT = "Please complete this required field."


def initial_name(field: str) -> str:
    return "initial_value" if field.endswith("value") else field.replace("selected_", "initial_")


def empty(element: Json) -> Json:
    """The element's value before anybody touched it."""
    field = FIELDS[element["type"]]
    nothing: Any = [] if field.endswith("s") else None
    return {"type": element["type"], field: element.get(initial_name(field), nothing)}


def stateful(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Each block with an element that has a value, and that element."""
    for block in blocks:
        for element in elements(block):
            if element["type"] in FIELDS:
                yield block, element


def state_values(blocks: list[Json], given: Json) -> Json:
    """{block_id: {action_id: value}} of every element; what isn't given is as it was at first."""
    values: Json = {}
    for block, element in stateful(blocks):
        entered = given.get(block["block_id"], {}).get(element["action_id"])
        value = empty(element) if entered is None else {"type": element["type"], **entered}
        values.setdefault(block["block_id"], {})[element["action_id"]] = value
    return values


def wrong_inputs(blocks: list[Json], values: Json) -> dict[str, str]:
    """What Slack's client refuses before the app is asked: {block_id: text}."""
    wrong: dict[str, str] = {}
    for block in blocks:
        if block["type"] == "input":
            element = block["element"]
            value = values[block["block_id"]][element["action_id"]].get(FIELDS[element["type"]])
            text = refusal(element, value, optional=bool(block.get("optional")))
            if text:
                wrong[block["block_id"]] = text
    return wrong


def refusal(element: Json, value: Any, *, optional: bool) -> str:
    if value in (None, "", []):
        return "" if optional else ALWAYS_REQUIRED_TEXT
    match element["type"]:
        case "plain_text_input":
            return wrong_length(element, value)
        case "number_input":
            return wrong_number(element, value)
        case "email_text_input":
            return "" if re.fullmatch(r"[^@\s]+@[^@\s]+", value) else "Please enter a valid email address."
        case "url_text_input":
            return "" if re.fullmatch(r"https?://\S+", value) else "Please enter a valid URL."
    return ""


def wrong_length(element: Json, value: str) -> str:
    if len(value) < element.get("min_length", 0):
        return f"Must be at least {element['min_length']} characters."
    if len(value) > element.get("max_length", 3000):
        return f"Must be at most {element.get('max_length', 3000)} characters."
    return ""


def wrong_number(element: Json, value: str) -> str:
    pattern = r"-?\d+(\.\d+)?" if element["is_decimal_allowed"] else r"-?\d+"
    if not re.fullmatch(pattern, value):
        return "Please enter a number." if element["is_decimal_allowed"] else "Please enter a whole number."
    if float(value) < float(element.get("min_value", "-inf")):
        return f"Must be {element['min_value']} or more."
    if float(value) > float(element.get("max_value", "inf")):
        return f"Must be {element['max_value']} or less."
    return ""


def entered(element: Json, value: Any) -> Json:
    """A value as a person gives it (an option's value or label, a text, an id), as Slack's."""
    field = FIELDS[element["type"]]
    if field == "selected_option":
        return {"type": element["type"], field: None if value is None else option(element, value)}
    if field == "selected_options":
        return {"type": element["type"], field: [option(element, it) for it in value]}
    return {"type": element["type"], field: value}


def options(element: Json) -> list[Json]:
    groups = element.get("option_groups") or []
    return [*(element.get("options") or []), *(it for group in groups for it in group["options"])]


def option(element: Json, wanted: Any) -> Json:
    """Raises KeyError where there is no such option."""
    if isinstance(wanted, dict):
        return wanted
    for it in options(element):
        if wanted in (it["value"], it["text"]["text"]):
            return it
    raise KeyError(
        f"There is no option {wanted!r}. Choose one of: {', '.join(it['value'] for it in options(element))}."
    )
