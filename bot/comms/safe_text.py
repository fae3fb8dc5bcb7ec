"""The text that goes out when a template can't be used: made without the template engine, so that it always works."""

from collections.abc import Iterable, Mapping

from bot.domain.model import JsonValue

HEADINGS = {"eta": "ETA", "follow_up": "Follow-up", "lessons": "Lessons learned"}


def safe_text(template: str, facts: Mapping[str, JsonValue], sections: Iterable[str], why: str) -> str:
    """Head, sections and the reason; it uses nothing but keys that facts.py always writes."""
    body = "\n".join(f"*{heading(name)}.* {facts.get(name, '')}" for name in sections)
    note = f"(This is the plain form: the template {template} can't be used: {why})"
    return "\n\n".join(filter(None, (f"*{safe_head(template, facts)}*\n{field(facts, 'title')}", body, note)))


def safe_head(template: str, facts: Mapping[str, JsonValue]) -> str:
    """Which incident this is about, and what the message is; also a subject."""
    drill = "DRILL · " if field(facts, "drill") else ""
    what = template.replace("_", " ")
    return f"{drill}{field(facts, 'id')} · {facts.get('severity', '')} · {field(facts, 'title', 'system')}: {what}"


def heading(section: str) -> str:
    """A section's name as it stands above its text."""
    return HEADINGS.get(section, section.replace("_", " ").capitalize())


def field(facts: Mapping[str, JsonValue], name: str, of: str = "incident") -> JsonValue:
    """A key of one of the mappings in the facts; empty where there is none."""
    inner = facts.get(of)
    return inner.get(name, "") if isinstance(inner, dict) else ""
