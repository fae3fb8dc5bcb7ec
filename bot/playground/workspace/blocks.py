"""Whether Slack would take these blocks or this view: each part's limits, and the rules that hold between the parts."""

import json
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from bot.playground.workspace.block_kinds import BLOCKS, VIEWS, Surface
from bot.playground.workspace.block_rules import Found, array, repeated
from bot.playground.workspace.errors import SlackError, invalid_arguments
from bot.playground.workspace.shapes import Json

MOST: Mapping[Surface, int] = {"message": 50, "modal": 100, "home": 100}
MARKDOWN_TOGETHER = 12_000
VIEW_BYTES = 250_000
# Not documented. Seen by others: one markdown block of 13,297 characters passes, and each further container costs 125.
MESSAGE_TOGETHER, CONTAINER = 13_250, 125
CONTAINERS = frozenset({"rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"})


def checked_blocks(blocks: Any) -> list[Json]:
    """A message's blocks with their ids filled in; raises SlackError invalid_blocks or msg_blocks_too_long."""
    if not isinstance(blocks, list) or not all(isinstance(it, dict) for it in blocks):
        raise SlackError("invalid_blocks_format")
    wrong = [f"[ERROR] {it}" for it in problems(blocks, "message")]
    if wrong:
        raise SlackError("invalid_blocks", errors=[it[8:] for it in wrong], response_metadata={"messages": wrong})
    if sum(weights(blocks)) > MESSAGE_TOGETHER + CONTAINER:
        raise SlackError("msg_blocks_too_long")
    return filled_in(blocks)


def checked_view(view: Any, kind: Surface) -> Json:
    """A view with its ids filled in; raises SlackError invalid_arguments or view_too_large."""
    if not isinstance(view, dict):
        raise invalid_arguments("must provide an object [json-pointer:/view]")
    if view.get("type") != kind:
        raise invalid_arguments(f"must be {kind} [json-pointer:/view/type]")
    wrong = [*view_problems(view, kind)]
    if wrong:
        raise invalid_arguments(*wrong)
    if len(json.dumps(view).encode()) > VIEW_BYTES:
        raise SlackError("view_too_large")
    return view | {"blocks": filled_in(view["blocks"])}


def problems(blocks: list[Json], surface: Surface, at: str = "/blocks") -> list[str]:
    """What is wrong, in Slack's words; nothing where all is well."""
    found = Found()
    array(BLOCKS[surface], MOST[surface], 0)(blocks, at, found)
    if not found.messages:
        for rule in (distinct_ids, one_focus, markdown_together):
            found.messages += rule(blocks)
    return found.messages


def view_problems(view: Json, kind: Surface) -> Iterator[str]:
    found = Found()
    VIEWS[kind](view, "/view", found)
    yield from found.messages
    blocks = view.get("blocks")
    if isinstance(blocks, list):
        yield from problems(blocks, kind, "/view/blocks")
        has_input = any(isinstance(it, dict) and it.get("type") == "input" for it in blocks)
        if kind == "modal" and has_input and not view.get("submit"):
            yield "missing required field: submit, as there are input blocks [json-pointer:/view]"
    elif blocks is not None:
        yield "must be an array [json-pointer:/view/blocks]"


def distinct_ids(blocks: list[Json]) -> list[str]:
    ids = [it["block_id"] for it in blocks if it.get("block_id")]
    return [f"`block_id` {it!r} already exists [json-pointer:/blocks]" for it in repeated(ids)]


def one_focus(blocks: list[Json]) -> list[str]:
    focused = [it for block in blocks for it in elements(block) if it.get("focus_on_load")]
    return ["only one element may have focus_on_load [json-pointer:/blocks]"] if len(focused) > 1 else []


def markdown_together(blocks: list[Json]) -> list[str]:
    length = sum(len(it["text"]) for it in blocks if it["type"] == "markdown")
    return ["markdown blocks: no more than 12000 characters together"] if length > MARKDOWN_TOGETHER else []


def weights(part: Any) -> Iterator[int]:
    """The characters that are shown, and 125 for each container."""
    if isinstance(part, list):
        for item in part:
            yield from weights(item)
    elif isinstance(part, dict):
        if "block_id" in part or part.get("type") in BLOCK_TYPES or part.get("type") in CONTAINERS:
            yield CONTAINER
        for name, value in part.items():
            if name == "text" and isinstance(value, str):
                yield len(value)
            else:
                yield from weights(value)


BLOCK_TYPES = frozenset(["section", "header", "divider", "context", "actions", "input", "rich_text", "markdown"])


def elements(block: Json) -> list[Json]:
    """The block's elements that may have an action_id."""
    if block["type"] == "section":
        return [block["accessory"]] if block.get("accessory") else []
    if block["type"] == "input":
        return [block["element"]]
    return list(block["elements"]) if block["type"] == "actions" else []


def filled_in(blocks: list[Json]) -> list[Json]:
    """A copy, with every id and default that Slack adds, and without what is null."""
    copy: list[Json] = without_nulls(blocks)
    for block in copy:
        if not block.get("block_id"):
            block["block_id"] = secrets.token_urlsafe(4)[:5]
        for element in elements(block):
            if element["type"] != "image" and not element.get("action_id"):
                element["action_id"] = secrets.token_urlsafe(4)[:5]
        fill_texts(block)
    return copy


def without_nulls(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: without_nulls(value) for name, value in part.items() if value is not None}
    return [without_nulls(it) for it in part] if isinstance(part, list) else part


def fill_texts(part: Any) -> None:
    if isinstance(part, list):
        for item in part:
            fill_texts(item)
    elif isinstance(part, dict):
        if isinstance(part.get("text"), str) and part.get("type") == "plain_text":
            part.setdefault("emoji", True)
        elif isinstance(part.get("text"), str) and part.get("type") == "mrkdwn":
            part.setdefault("verbatim", False)
        for value in part.values():
            fill_texts(value)
