"""The last wall before the timeline: what is quoted of other systems' answers goes without secrets."""

from typing import Any, TypeVar

from bot.domain import commands as c
from bot.domain.changes import Risk, Verdict
from bot.domain.model import JsonValue, replace
from bot.redaction import redact

C = TypeVar("C", bound=c.Command)
QUOTING = frozenset({"finding", "problem"})
"""The texts in a verdict's evidence that may quote; all others are figures and names, which later steps compare."""


def without_secrets(command: C) -> C:
    """A command whose reason, finding, risks and verdict give no secret away."""
    clean: dict[str, Any] = {
        name: redact(text) for name in ("reason", "finding") if (text := getattr(command, name, ""))
    }
    if isinstance(command, c.Block):
        clean["risks"] = _risks(command.risks)
    if isinstance(command, c.Looked):
        clean["verdict"] = _verdict(command.verdict)
    return replace(command, **clean) if clean else command


def _verdict(verdict: Verdict) -> Verdict:
    evidence = {name: _evidence(name, value) for name, value in verdict.evidence.items()}
    told = {"finding": redact(verdict.finding), "evidence": evidence, "risks": _risks(verdict.risks)}
    return verdict.model_copy(update=told)


def _risks(risks: tuple[Risk, ...]) -> tuple[Risk, ...]:
    return tuple(risk.model_copy(update={"text": redact(risk.text)}) for risk in risks)


def _evidence(name: str, value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {key: _evidence(key, item) for key, item in value.items()}
    return redact(value) if name in QUOTING and isinstance(value, str) else value
