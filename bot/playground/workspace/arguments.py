"""A request's arguments, whichever way they came: query, form or JSON, with JSON nested in form fields."""

from collections.abc import Mapping
from typing import Any

from bot.playground.workspace.errors import invalid_arguments
from bot.playground.workspace.incoming import read_json
from bot.playground.workspace.shapes import Json


class Arguments:
    """Typed reading; what is missing or unreadable is invalid_arguments."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = dict(raw)

    def __contains__(self, name: str) -> bool:
        return self.raw.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        value = self.raw.get(name)
        if value is None or value == "":
            if default is None:
                raise invalid_arguments(f"missing required field: {name}")
            return default
        if isinstance(value, bool | int | float):
            return str(value)
        if not isinstance(value, str):
            raise invalid_arguments(f"must be a string [json-pointer:/{name}]")
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.raw.get(name)
        return default if value is None else value in (True, 1, "1", "true", "True")

    def number(self, name: str, default: int) -> int:
        try:
            return int(self.raw.get(name) or default)
        except (TypeError, ValueError) as error:
            raise invalid_arguments(f"must be an integer [json-pointer:/{name}]") from error

    def listing(self, name: str) -> list[str]:
        """An array, or its items with commas between."""
        value = self.raw.get(name) or []
        if isinstance(value, str) and value.startswith("["):
            value = self.json(name)
        items = value.split(",") if isinstance(value, str) else value
        if not isinstance(items, list):
            raise invalid_arguments(f"must be an array [json-pointer:/{name}]")
        return [str(it).strip() for it in items if str(it).strip()]

    def json(self, name: str, refused: Exception | None = None) -> Any:
        """The value, or what its JSON text says; None where it is missing. Raises `refused` for broken JSON."""
        value = self.raw.get(name)
        if not isinstance(value, str):
            return value
        try:
            return read_json(value) if value else None
        except ValueError as error:
            raise refused or invalid_arguments(f"must be valid JSON [json-pointer:/{name}]") from error

    def mapping(self, name: str) -> Json:
        value = self.json(name)
        if not isinstance(value, dict):
            raise invalid_arguments(f"must provide an object [json-pointer:/{name}]")
        return value
