"""Which sections the bot can write itself, and a text's sections from what people wrote and what it drafts. Pure."""

from collections.abc import Callable, Iterable, Mapping

from bot.comms import closing_draft, opening_draft, update_draft
from bot.comms.clean import clean
from bot.comms.view import View

SECTIONS: Mapping[str, Callable[[View], str]] = {
    "current_status": update_draft.current_status,
    "progress": update_draft.progress,
    "challenges": update_draft.challenges,
    "eta": update_draft.eta,
    "description": opening_draft.description,
    "assessment": opening_draft.assessment,
    "actions": opening_draft.actions,
    "next_steps": opening_draft.next_steps,
    "resolution": closing_draft.resolution,
    "impact": closing_draft.impact,
    "follow_up": closing_draft.follow_up,
    "lessons": closing_draft.lessons,
}
STANDARD: Mapping[str, tuple[str, ...]] = {  # what goes out even where a template's file is missing
    "status_update": ("current_status", "progress", "challenges", "eta"),
    "initial_notification": ("description", "assessment", "actions", "next_steps"),
    "resolution": ("resolution", "impact", "follow_up", "lessons"),
    "page": ("description", "assessment", "next_steps"),
    "glass_broken": ("who", "step", "target", "reason"),
    "cancellation": ("who", "reason"),
}
UNWRITTEN = "Nobody has written this yet."


def sections(view: View, required: Iterable[str], written: Mapping[str, str]) -> dict[str, str]:
    """Every required section: a person's words where there are any, else the bot's draft."""
    return {name: clean(written.get(name, "")).strip() or _draft(view, name) for name in required}


def _draft(view: View, name: str) -> str:
    draft = SECTIONS.get(name)
    return draft(view) if draft else UNWRITTEN
