"""JSON as Slack writes it. What it means is in the modules that make it; here only its Python type."""

import secrets
from typing import Any

Json = dict[str, Any]

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def new_id(kind: str) -> str:
    """A new id such as C7K2…; kind is its first letter or letters."""
    return kind + "".join(secrets.choice(ALPHABET) for _ in range(9))
