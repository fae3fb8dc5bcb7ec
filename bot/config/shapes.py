"""What a model says of itself, looked up by place: which keys it takes, and an example of the right form."""

from functools import cache
from typing import Any

from pydantic import BaseModel

from bot.config.document import Loc


class Shape:
    """The JSON Schema of a model, walked along the places of its errors."""

    def __init__(self, model: type[BaseModel]) -> None:
        self._schema = model.model_json_schema(by_alias=True)
        self._definitions: dict[str, Any] = self._schema.get("$defs", {})

    def keys(self, loc: Loc) -> tuple[str, ...]:
        """The keys that the mapping at `loc` takes."""
        return tuple(key for part in self._at(loc) for key in part.get("properties", {}))

    def required(self, loc: Loc) -> tuple[str, ...]:
        """The keys that the mapping at `loc` must have."""
        return tuple(key for part in self._at(loc) for key in part.get("required", ()))

    def example(self, loc: Loc) -> str:
        """One right value of the text at `loc`, empty if none is known."""
        return next((str(example) for part in self._at(loc) for example in part.get("examples", ())), "")

    def _at(self, loc: Loc) -> list[dict[str, Any]]:
        parts = self._open(self._schema)
        for step in loc:
            parts = [opened for part in parts for inner in _below(part, step) for opened in self._open(inner)]
        return parts

    def _open(self, part: dict[str, Any]) -> list[dict[str, Any]]:
        """A part with its references followed and its alternatives side by side."""
        name = part.get("$ref", "").removeprefix("#/$defs/")
        if name:
            return self._open(self._definitions[name]) + ([part] if "examples" in part else [])
        alternatives = [*part.get("anyOf", ()), *part.get("oneOf", ()), *part.get("allOf", ())]
        return [part, *(opened for inner in alternatives for opened in self._open(inner))]


@cache
def shape_of(model: type[BaseModel]) -> Shape:
    """The shape of a model, made once."""
    return Shape(model)


def _below(part: dict[str, Any], step: str | int) -> list[dict[str, Any]]:
    inner = part.get("items") if isinstance(step, int) else part.get("properties", {}).get(step)
    if inner is None and isinstance(step, str):
        inner = part.get("additionalProperties")
        inner = next(iter(part.get("patternProperties", {}).values()), None) if not isinstance(inner, dict) else inner
    return [inner] if isinstance(inner, dict) else []
