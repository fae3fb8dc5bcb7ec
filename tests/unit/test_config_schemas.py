"""The JSON Schemas that editors complete from."""

from typing import Any

import pytest

from bot.config import schemas


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return schemas()


def test_there_is_a_schema_for_each_format(found: dict[str, Any]) -> None:
    """Plan, runbook and template, the latter without the body, which isn't YAML."""
    assert set(found) == {"plan", "runbook", "template"}
    assert "body" not in found["template"]["properties"]


def test_unknown_keys_are_marked_while_people_type(found: dict[str, Any]) -> None:
    """Every mapping with fixed keys is closed, and says what it is for."""
    for schema in found.values():
        for part in (schema, *schema.get("$defs", {}).values()):
            if "properties" in part:
                assert part["additionalProperties"] is False
                assert part["description"]


def test_keys_are_the_ones_that_people_write(found: dict[str, Any]) -> None:
    """`with`, `for`, `from` and `class` stand under their own names."""
    assert "for" in found["runbook"]["properties"]
    assert "with" in found["runbook"]["$defs"]["Step"]["properties"]
    assert "from" in found["plan"]["$defs"]["EnvSecret"]["properties"]
    assert not [name for name in _names(found) if name.endswith("_")]


def test_durations_show_their_form(found: dict[str, Any]) -> None:
    """A duration has a pattern and examples, so that an editor can tell `5` from `5m`."""
    rto = found["plan"]["$defs"]["Objectives"]["properties"]["rto"]
    assert "30m" in rto["examples"]
    assert rto["pattern"]


def _names(part: Any) -> list[str]:
    if isinstance(part, list):
        return [name for item in part for name in _names(item)]
    if not isinstance(part, dict):
        return []
    return [*part.get("properties", {}), *(name for item in part.values() for name in _names(item))]
