"""The blocks of Block Kit with their limits, and which surface may have which."""

from collections.abc import Mapping
from typing import Any, Literal

from bot.playground.workspace.block_elements import ACCESSORIES, ACTIONS, ID, IMAGE, INPUTS, URL
from bot.playground.workspace.block_rules import (
    MRKDWN,
    Found,
    Rule,
    Spec,
    anything,
    array,
    both,
    flag,
    integer,
    kinds,
    one_of,
    repeated,
    spec,
    string,
    text,
)
from bot.playground.workspace.rich_text import RICH_TEXT
from bot.playground.workspace.shapes import Json

Surface = Literal["message", "modal", "home"]


def block(required: str = "", /, **fields: Rule) -> Rule:
    return Spec({"block_id": ID, **fields}, frozenset(required.split()))


def says_something(value: Any, at: str, found: Found) -> None:
    if not value.get("text") and not value.get("fields"):
        found.say(at, "must have one of: text, fields")


def own_action_ids(value: Any, at: str, found: Found) -> None:
    for action_id in repeated(action_ids(value)):
        found.say(at, f"`action_id` {action_id!r} already exists in this block")


def action_ids(value: Json) -> list[str]:
    parts = value.get("elements") or []
    return [it["action_id"] for it in parts if isinstance(it, dict) and it.get("action_id")]


CONTEXT: Mapping[str, Rule] = {
    **IMAGE,
    **{
        kind: spec("text", text=string(3000), **{extra: flag})
        for kind, extra in (("mrkdwn", "verbatim"), ("plain_text", "emoji"))
    },
}
EVERYWHERE: Mapping[str, Rule] = {
    "section": both(
        block(
            text=text(3000, *MRKDWN),
            fields=array(text(2000, *MRKDWN), 10),
            accessory=kinds(ACCESSORIES),
            expand=flag,
        ),
        says_something,
    ),
    "header": block("text", text=text(150), level=integer(1, 4)),
    "divider": block(),
    "context": block("elements", elements=array(kinds(CONTEXT), 10)),
    "actions": both(block("elements", elements=array(kinds(ACTIONS), 25)), own_action_ids),
    "image": block("image_url alt_text", image_url=URL, alt_text=string(2000), title=text(2000)),
    "rich_text": block("elements", elements=array(kinds(RICH_TEXT), 1000)),
    "input": block(
        "label element",
        label=text(2000),
        element=kinds(INPUTS),
        hint=text(2000),
        optional=flag,
        dispatch_action=flag,
    ),
}
BLOCKS: Mapping[Surface, Rule] = {
    "message": kinds({**EVERYWHERE, "markdown": block("text", text=string(12_000))}),
    "modal": kinds(EVERYWHERE),
    "home": kinds(EVERYWHERE),
}
VIEW_FIELDS: Mapping[str, Rule] = {
    "type": one_of("modal", "home"),
    "blocks": anything,
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
}
VIEWS: Mapping[str, Rule] = {
    "home": Spec(VIEW_FIELDS, frozenset({"blocks"})),
    "modal": Spec(
        {
            **VIEW_FIELDS,
            "title": text(24),
            "submit": text(24),
            "close": text(24),
            "clear_on_close": flag,
            "notify_on_close": flag,
            "submit_disabled": flag,
        },
        frozenset({"blocks", "title"}),
    ),
}
