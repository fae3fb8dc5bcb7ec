"""What an incident's channel shows, as a pure function of its state: every message under its key, in posting order."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from bot.domain.decisions.world import Traits
from bot.domain.incident import Incident
from bot.domain.plan import RecoveryPlan
from bot.domain.postings import Posting
from bot.slack.surfaces.card import card
from bot.slack.surfaces.drafts import draft, draft_key
from bot.slack.surfaces.message import Message
from bot.slack.surfaces.milestones import is_turn, milestone
from bot.slack.surfaces.posts import BROADCAST, announcement, post, sent_to
from bot.slack.surfaces.runs import run_key, run_messages, title
from bot.slack.surfaces.scene import Links, Scene, step_key
from bot.slack.surfaces.steps import step_messages

__all__ = ["Links", "Message", "draft_key", "run_key", "step_key", "surfaces", "title"]

INITIAL = "initial_notification"


def surfaces(
    incident: Incident,
    postings: Mapping[str, Posting],
    plan: RecoveryPlan,
    now: datetime,
    links: Links,
    traits: Mapping[str, Traits] | None = None,
    runbooks: Collection[str] = (),
    drafted: str = "",
) -> dict[str, Message]:
    """Every message by its key. `postings` are what is posted once, in order, by the keys under which it is shown; `drafted`
    is the next update's text where it is time for its draft.

    Without the actions' `traits` nothing is offered to be undone; `runbooks` are the ids of those that can be started.
    """
    scene = Scene(incident, plan, now, links, traits or {}, runbooks)
    told = {key: milestone(scene, key, it) if is_turn(key) else post(key, it) for key, it in postings.items()}
    shown = {"card": card(scene)}
    if not incident.private:
        shown["announcement"] = announcement(scene)
    if INITIAL in told:
        shown[INITIAL] = told[INITIAL]
    for run in incident.runs.values():
        shown.update(run_messages(scene, run))
        for step in run.steps.values():
            shown.update(step_messages(scene, run, step))
    if drafted and (message := draft(scene, drafted)) is not None:
        shown[draft_key(incident.updates.number + 1)] = message
    shown.update(told)
    if not incident.private and not incident.drill:
        shown.update((f"{BROADCAST}{key}", replace(message, place="broadcasts")) for key, message in told.items())
    every = (sent_to(reader, key, it.text) for reader in incident.readers for key, it in postings.items())
    shown.update(filter(None, every))
    return shown
