"""How a part of Block Kit is checked: small rules that say what is wrong, with the place as a JSON pointer."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class Found:
    """What is wrong, in Slack's words."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def say(self, at: str, text: str) -> None:
        self.messages.append(f"{text} [json-pointer:{at}]")


Rule = Callable[[Any, str, Found], None]


@dataclass(frozen=True)
class Spec:
    """An object's fields: the rule of each, and which must be there; null is as good as nothing."""

    fields: Mapping[str, Rule]
    required: frozenset[str] = frozenset()

    def __call__(self, value: Any, at: str, found: Found) -> None:
        if not isinstance(value, dict):
            found.say(at, "must provide an object")
            return
        for name in sorted(it for it in self.required if value.get(it) is None):
            found.say(at, f"missing required field: {name}")
        for name, part in value.items():
            if name == "type" and "type" not in self.fields:
                continue
            rule = self.fields.get(name)
            if rule is None:
                found.say(at, f"invalid additional property: {name}")
            elif part is not None:
                rule(part, f"{at}/{name}", found)


def spec(required: str = "", /, **fields: Rule) -> Spec:
    """required: names with spaces between."""
    return Spec(fields, frozenset(required.split()))


def kinds(known: Mapping[str, Rule]) -> Rule:
    """An object whose `type` chooses the rule."""

    def check(value: Any, at: str, found: Found) -> None:
        if not isinstance(value, dict):
            found.say(at, "must provide an object")
        elif "type" not in value:
            found.say(at, "missing required field: type")
        elif not isinstance(value["type"], str) or value["type"] not in known:
            found.say(f"{at}/type", f"unsupported type: {value['type']}")
        else:
            known[value["type"]](value, at, found)

    return check


def string(most: int, least: int = 1, pattern: str = "", what: str = "") -> Rule:
    def check(value: Any, at: str, found: Found) -> None:
        if not isinstance(value, str):
            found.say(at, "must be a string")
        elif len(value) > most:
            found.say(at, f"must be less than {most + 1} characters")
        elif len(value) < least:
            found.say(at, f"must be more than {least - 1} characters")
        elif pattern and not re.fullmatch(pattern, value):
            found.say(at, f"must be a valid {what}")

    return check


def text(most: int, *allowed: str) -> Rule:
    """A text object of one of these types, plain_text alone unless said."""
    types = allowed or ("plain_text",)

    def check(value: Any, at: str, found: Found) -> None:
        if not isinstance(value, dict):
            found.say(at, "must provide an object")
            return
        kind = value.get("type")
        if kind not in types:
            found.say(f"{at}/type", f"must be one of: {', '.join(types)}" if kind else "missing required field: type")
        extra = {"emoji": flag} if kind == "plain_text" else {"verbatim": flag}
        spec("text", text=string(most), **extra)(value, at, found)

    return check


MRKDWN = ("mrkdwn", "plain_text")


def flag(value: Any, at: str, found: Found) -> None:
    if not isinstance(value, bool):
        found.say(at, "must be a boolean")


def integer(least: int, most: int) -> Rule:
    def check(value: Any, at: str, found: Found) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            found.say(at, "must be an integer")
        elif not least <= value <= most:
            found.say(at, f"must be between {least} and {most}")

    return check


def one_of(*allowed: str) -> Rule:
    def check(value: Any, at: str, found: Found) -> None:
        if value not in allowed:
            found.say(at, f"must be one of: {', '.join(allowed)}")

    return check


def array(rule: Rule, most: int, least: int = 1) -> Rule:
    def check(value: Any, at: str, found: Found) -> None:
        if not isinstance(value, list):
            found.say(at, "must be an array")
            return
        if len(value) > most:
            found.say(at, f"no more than {most} items allowed")
        if len(value) < least:
            found.say(at, f"no fewer than {least} items allowed")
        for index, item in enumerate(value):
            rule(item, f"{at}/{index}", found)

    return check


def both(first: Rule, then: Rule) -> Rule:
    """The second may rely on what the first has checked."""

    def check(value: Any, at: str, found: Found) -> None:
        before = len(found.messages)
        first(value, at, found)
        if len(found.messages) == before:
            then(value, at, found)

    return check


def anything(value: Any, at: str, found: Found) -> None:
    """Whatever is there is right."""


def repeated(values: Sequence[Any]) -> list[Any]:
    """The values that stand there more than once."""
    return [value for index, value in enumerate(values) if value in values[:index]]
