"""What an incident's channel shows, as a pure function of its state: every message under its key, in posting order."""

from collections.abc import Collection, Mapping
from datetime import datetime

from bot.domain.decisions.world import Traits
from bot.domain.incident import Incident
from bot.domain.plan import RecoveryPlan
from bot.slack.surfaces.card import card
from bot.slack.surfaces.drafts import draft, draft_key
from bot.slack.surfaces.message import Message
from bot.slack.surfaces.posts import announcement, post, sent_to
from bot.slack.surfaces.runs import run_key, run_messages, title
from bot.slack.surfaces.scene import Links, Scene, step_key
from bot.slack.surfaces.steps import step_messages

__all__ = ["Links", "Message", "draft_key", "run_key", "step_key", "surfaces", "title"]

INITIAL = "initial_notification"


def surfaces(
    incident: Incident,
    timeline_texts: Mapping[str, str],
    plan: RecoveryPlan,
    now: datetime,
    links: Links,
    traits: Mapping[str, Traits] | None = None,
    runbooks: Collection[str] = (),
) -> dict[str, Message]:
    """Every message by its key. `timeline_texts` are the texts that went out, by the keys under which they are shown, and
    the draft of the next update where it is time for it.

    Without the actions' `traits` nothing is offered to be undone; `runbooks` are the ids of those that can be started.
    """
    scene = Scene(incident, plan, now, links, traits or {}, runbooks)
    texts = dict(timeline_texts)
    shown = {"card": card(scene)}
    if not incident.private:
        shown["announcement"] = announcement(scene)
    if INITIAL in texts:
        shown[INITIAL] = post(scene, INITIAL, texts.pop(INITIAL))
    for run in incident.runs.values():
        shown.update(run_messages(scene, run))
        for step in run.steps.values():
            shown.update(step_messages(scene, run, step))
    drafted = draft(scene, texts.pop(key)) if (key := draft_key(incident.updates.number + 1)) in texts else None
    if drafted is not None:
        shown[key] = drafted
    shown.update((key, post(scene, key, text)) for key, text in texts.items())
    every = (sent_to(reader, key, text) for reader in incident.readers for key, text in texts.items())
    shown.update(filter(None, every))
    return shown
