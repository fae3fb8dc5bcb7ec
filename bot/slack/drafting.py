"""The drafts that people see before they go out: which parts there are, and which of them somebody has changed."""

from collections.abc import Mapping

from bot.comms.drafts import STANDARD, sections
from bot.comms.view import View
from bot.domain.cadence import missed_updates, next_update
from bot.domain.incident import Incident
from bot.domain.model import replace, sha256
from bot.slack import blocks as b
from bot.slack.blocks import Block
from bot.slack.front import Speaker
from bot.slack.requests import Form

PRINT = 12  # letters of a fingerprint
PREFIX = "section:"
LABELS: Mapping[str, str] = {"eta": "ETA"}


def update_draft(speaker: Speaker, incident: Incident, written: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The next status update as it would go out now: its text and its sections."""
    words = {**incident.updates.draft, **written}
    before = replace(incident, updates=replace(incident.updates, draft=words))
    now, due, every = speaker.now(), next_update(incident), incident.updates.every
    missed = missed_updates(due, every, now) if due and every else 0
    return speaker.front.desk.messages.update(before, now, missed)


def resolution_draft(speaker: Speaker, incident: Incident) -> dict[str, str]:
    """The sections of the resolution as the bot would write them now."""
    return sections(View(incident, speaker.plan, speaker.now()), STANDARD["resolution"], {})


def inputs(drafted: Mapping[str, str]) -> list[Block]:
    """One text for each section, with its draft in it."""
    return [
        b.field(label(name), b.text_input("text", initial=text, lines=True), f"{PREFIX}{name}", optional=True)
        for name, text in drafted.items()
    ]


def label(name: str) -> str:
    """A section's name for people."""
    return LABELS.get(name, name.replace("_", " ").capitalize())


def fingerprints(drafted: Mapping[str, str]) -> dict[str, str]:
    """What the drafts were, to know later which of them somebody has changed."""
    return {name: fingerprint(text) for name, text in drafted.items()}


def fingerprint(text: str) -> str:
    return sha256(" ".join(text.split()))[:PRINT]


def written(form: Form, drafts: Mapping[str, str]) -> dict[str, str]:
    """The sections that differ from their drafts; an emptied one is left to the bot."""
    texts = {name: form.text(f"{PREFIX}{name}").strip() for name in drafts}
    return {name: text for name, text in texts.items() if text and fingerprint(text) != drafts[name]}
