"""What Slack asks of blocks: its own models, and the rules that they leave out. And what blocks say, as text."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from slack_sdk.models.blocks import Block

from bot.slack.surfaces import Message

Json = dict[str, Any]
LIVE = re.compile(r"<[@#!]|<https?:|<mailto:")
OURS = re.compile(r"<!date\^\d+\^[^<>|]+\|[^<>]*>|<@U0[A-Z]+>")
MOST_TOGETHER = 13_250
ENTITIES = ("&amp;", "&lt;", "&gt;")


def check_message(message: Message) -> None:
    """Fails where Slack would refuse the message, or where it would call or link anything that is not ours."""
    check_blocks(message.blocks)
    assert message.text.strip()
    assert len(message.text) <= 4000
    check_mrkdwn(message.text)
    pressed = [e for block in message.blocks if block["type"] == "actions" for e in block["elements"]]
    assert [e["value"] for e in pressed] == [control.id for control in message.controls]


def check_blocks(blocks: Sequence[Mapping[str, Any]], most: int = 50) -> None:
    """The blocks of one message."""
    assert 0 < len(blocks) <= most
    for block in blocks:
        _check_block(json.dumps(block, ensure_ascii=False))
    assert _together(list(blocks)) <= MOST_TOGETHER


@cache
def _check_block(text: str) -> None:
    """One block, each once: many messages have the same."""
    text.encode()
    block = json.loads(text)
    assert _parsed(block) == _pruned(block)
    _CHECKS[block["type"]](block)


def check_mrkdwn(text: str) -> None:
    """No mention, link or group but ours, and every other angle bracket and ampersand escaped."""
    rest = OURS.sub("", text)
    assert not LIVE.search(rest)
    assert "<" not in rest
    assert ">" not in rest
    assert not re.search(r"&(?!amp;|lt;|gt;)", rest)


def says(blocks: Sequence[Mapping[str, Any]]) -> str:
    """Everything that blocks show, without styles."""
    return "\n".join(_shown(block) for block in blocks)


def labels(blocks: Sequence[Mapping[str, Any]]) -> list[str]:
    """The labels of the buttons, in order."""
    return [e["text"]["text"] for b in blocks if b["type"] == "actions" for e in b["elements"]]


def _shown(block: Mapping[str, Any]) -> str:
    if block["type"] == "rich_text":
        return "\n".join("".join(_pieces(element)) for element in block["elements"])
    if block["type"] == "actions":
        return " ".join(f"[{label}]" for label in labels([block]))
    return str(block.get("text", {}).get("text", ""))


def _pieces(element: Mapping[str, Any]) -> Iterator[str]:
    if element["type"] == "rich_text_list":
        yield "\n".join("• " + "".join(_pieces(item)) for item in element["elements"])
        return
    for piece in element["elements"]:
        yield piece.get("text") or piece.get("fallback") or f"@{piece['user_id']}"


def _parsed(block: Json) -> Any:
    """What Slack's models make of a block; they raise where a limit is passed."""
    parse: Any = Block.parse
    return _pruned(parse(block).to_dict())


def _pruned(value: Any) -> Any:
    """Without what Slack's models fill in or leave out where it is as usual."""
    if isinstance(value, dict):
        return {k: _pruned(v) for k, v in value.items() if v is not None and k not in ("emoji", "verbatim")}
    return [_pruned(item) for item in value] if isinstance(value, list | tuple) else value


def _together(value: Any) -> int:
    """What Slack adds up over a message: the text, and something for each container."""
    if isinstance(value, list):
        return sum(map(_together, value))
    if not isinstance(value, dict):
        return 0
    container = 125 if str(value.get("type", "")).startswith(("rich_text", "section", "actions", "context")) else 0
    own = len(value["text"]) if isinstance(value.get("text"), str) else 0
    return container + own + sum(_together(inner) for inner in value.values())


def _length(text: str, most: int) -> None:
    assert 0 < len(text) <= most
    assert len(text.encode("utf-16-le")) // 2 <= most


def _text(text: Mapping[str, Any], most: int) -> None:
    _length(text["text"], most)
    if text["type"] == "mrkdwn":
        check_mrkdwn(text["text"])
        assert text["verbatim"] is True


def _section(block: Mapping[str, Any]) -> None:
    _text(block["text"], 3000)
    assert 0 < len(block.get("fields", "x")) <= 10
    for field in block.get("fields", ()):
        _text(field, 2000)
    if "accessory" in block:
        _button(block["accessory"])


def _context(block: Mapping[str, Any]) -> None:
    assert 0 < len(block["elements"]) <= 10
    for element in block["elements"]:
        _text(element, 2000)


def _actions(block: Mapping[str, Any]) -> None:
    assert 0 < len(block["elements"]) <= 25
    ids = [element["action_id"] for element in block["elements"]]
    assert len(ids) == len(set(ids))
    for element in block["elements"]:
        _button(element)


def _button(element: Mapping[str, Any]) -> None:
    _text(element["text"], 75)
    _length(element["value"], 2000)
    _length(element["action_id"], 255)
    assert element.get("style", "primary") in ("primary", "danger")
    if "url" in element:
        _length(element["url"], 3000)
    if "confirm" in element:
        confirm = element["confirm"]
        for name, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
            _text(confirm[name], most)


def _rich_text(block: Mapping[str, Any]) -> None:
    assert block["elements"]
    _length(_shown(block), 3000)
    for element in block["elements"]:
        rows = element["elements"] if element["type"] == "rich_text_list" else [element]
        assert rows
        for row in rows:
            assert row["elements"]
            for piece in row["elements"]:
                _piece(piece)


def _piece(piece: Mapping[str, Any]) -> None:
    if piece["type"] == "text":
        assert piece["text"]
    elif piece["type"] == "date":
        assert piece["fallback"]
        assert piece["timestamp"] >= 0
    elif piece["type"] == "link":
        assert piece["url"].startswith(("http://", "https://"))
        assert piece["url"] == piece["text"] or piece["url"].startswith("https://slack.test/")
    else:
        assert piece["type"] == "user"
        assert piece["user_id"].startswith("U0")


_CHECKS: Mapping[str, Callable[[Mapping[str, Any]], object]] = {
    "section": _section,
    "context": _context,
    "actions": _actions,
    "rich_text": _rich_text,
    "header": lambda block: _text(block["text"], 150),
    "divider": lambda block: None,
}
