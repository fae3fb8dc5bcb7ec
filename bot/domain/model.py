"""What every value of the domain shares: frozen, strict about its keys, one canonical JSON."""

import hashlib
import json
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, JsonValue

__all__ = ["JsonValue", "Model", "canonical", "replace", "sha256"]


class Model(BaseModel):
    """A frozen value; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)


def canonical(value: object) -> str:
    """JSON text with one spelling: sorted keys, no spaces, UTF-8 characters as they are; NaN is refused."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def sha256(text: str) -> str:
    """The hex digest of a text's UTF-8 bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


if TYPE_CHECKING:
    from dataclasses import replace
else:

    def replace(value: Any, /, **changes: Any) -> Any:
        """`dataclasses.replace` for frozen dataclasses without slots, over ten times as fast: folds live on it."""
        copy = object.__new__(type(value))
        object.__setattr__(copy, "__dict__", {**value.__dict__, **changes})
        return copy
