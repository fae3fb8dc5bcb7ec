"""What an incident's channel shows, as a pure function of its state: every message under its key, in posting order."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from bot.domain.decisions.world import Traits
from bot.domain.incident import Incident
from bot.domain.plan import RecoveryPlan
from bot.slack.surfaces.card import card
from bot.slack.surfaces.drafts import draft, draft_key
from bot.slack.surfaces.message import Message
from bot.slack.surfaces.milestones import is_turn, milestones
from bot.slack.surfaces.posts import announcement, broadcast_key, post, sent_to
from bot.slack.surfaces.runs import run_key, run_messages, title
from bot.slack.surfaces.scene import Links, Scene, step_key
from bot.slack.surfaces.steps import step_messages

__all__ = ["Links", "Message", "broadcast_key", "draft_key", "run_key", "step_key", "surfaces", "title"]

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
    drafted = draft(scene, texts.pop(key)) if (key := draft_key(incident.updates.number + 1)) in texts else None
    told = _told(scene, texts)
    shown = {"card": card(scene)}
    if not incident.private:
        shown["announcement"] = announcement(scene)
    if INITIAL in told:
        shown[INITIAL] = told[INITIAL]
    for run in incident.runs.values():
        shown.update(run_messages(scene, run))
        for step in run.steps.values():
            shown.update(step_messages(scene, run, step))
    if drafted is not None:
        shown[key] = drafted
    shown.update(told)
    if not incident.private and not incident.drill:
        shown.update((broadcast_key(key), replace(message, place="broadcasts")) for key, message in told.items())
    every = (sent_to(reader, key, text) for reader in incident.readers for key, text in texts.items())
    shown.update(filter(None, every))
    return shown


def _told(scene: Scene, texts: Mapping[str, str]) -> dict[str, Message]:
    """What is posted once, in the order of the timeline."""
    turns = milestones(scene, texts)
    said = {key: post(scene, key, text) for key, text in texts.items() if not is_turn(key)}
    return {key: found for key in texts if (found := turns.get(key) or said.get(key)) is not None}
