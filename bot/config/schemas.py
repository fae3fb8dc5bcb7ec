"""JSON Schemas of what people write, for completion in editors."""

from typing import Any

from pydantic import BaseModel

from bot.domain.plan import RecoveryPlan
from bot.domain.runbook import Runbook
from bot.domain.template import Template

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MODELS: dict[str, type[BaseModel]] = {"plan": RecoveryPlan, "runbook": Runbook, "template": Template}


def schemas() -> dict[str, dict[str, Any]]:
    """A schema for each format, by name; the template's is that of its front matter."""
    found = {name: {"$schema": DIALECT, **model.model_json_schema(by_alias=True)} for name, model in MODELS.items()}
    front = found["template"]
    front["properties"].pop("body")
    front["required"].remove("body")
    return found
