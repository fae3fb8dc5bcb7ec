"""Where the time of a recovery went, from its timeline.

detect: from the beginning to the declare. Afterwards each moment counts once, for the first that goes on:
execute: the bot plans or carries out a change. verify: it proves a change, or checks. approve: a plan waits for people.
decide: people assess, take a risk, or do something by hand. After the last change all that is left counts as verify.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from bot.playground.seen import Event, Planned, of_type

PARTS = ("detect", "decide", "approve", "execute", "verify")
FIRST_COUNTS = ("execute", "verify", "approve", "decide")
ENDS = frozenset({"StepCompleted", "StepSkipped", "StepCanceled"})
IN_PEOPLES_HANDS = frozenset({"StepBlocked", "StepFailed", "StepInDoubt"})


def split(events: Sequence[Event], since: datetime) -> dict[str, timedelta]:
    """Each part's share of the time from `since` to mitigated; their sum is the whole."""
    [declared] = of_type(events, "IncidentDeclared")
    [mitigated] = of_type(events, "IncidentMitigated")
    parts = dict.fromkeys(PARTS, timedelta())
    parts["detect"] = declared.at - since
    activities = Activities(kinds(events))
    changed = last_change(events)
    for event, following in pairwise(it for it in events if it.at <= mitigated.at):
        activities.take(event)
        if event.seq >= declared.seq and event.seq < mitigated.seq:
            parts[activities.now(after_last_change=event.seq >= changed)] += following.at - event.at
    return parts


class Activities:
    """What goes on in each step. `kinds` is step -> manual, action or check."""

    def __init__(self, kinds: Mapping[str, str]) -> None:
        self._kinds = kinds
        self._going_on: dict[str, str] = {}
        self._planned: dict[str, Planned] = {}
        self._approved: dict[str, set[str]] = {}

    def now(self, *, after_last_change: bool) -> str:
        going_on = set(self._going_on.values())
        found = next((part for part in FIRST_COUNTS if part in going_on), "decide")
        return "verify" if after_last_change and found == "decide" else found

    def take(self, event: Event) -> None:
        if event.type in ENDS:
            self._going_on.pop(event.step, None)
            return
        activity = self._after(event)
        if activity:
            self._going_on[event.step] = activity

    def _after(self, event: Event) -> str | None:
        at_work = {"manual": "decide", "action": "execute", "check": "verify"}.get(self._kinds.get(event.step, ""), "")
        if event.type in IN_PEOPLES_HANDS or event.data.get("waits_for_start"):
            return "decide"
        if event.type == "StepPlanned":
            return self._shown(event)
        if event.type == "ApprovalGiven":
            return self._given(event)
        return {"StepReady": at_work, "StepStarted": at_work, "StepApplied": "verify"}.get(event.type)

    def _shown(self, event: Event) -> str:
        planned = Planned.model_validate(event.data)
        self._planned[event.step] = planned
        self._approved[event.step] = set()
        return "approve" if planned.rule else "execute"

    def _given(self, event: Event) -> str:
        planned, people = self._planned[event.step], self._approved[event.step]
        people.add(str(event.data["person"]))
        return "execute" if planned.rule and len(people) >= planned.rule.required else "approve"


def kinds(events: Iterable[Event]) -> dict[str, str]:
    """Step -> manual, action or check, as the runbooks that were started have it."""
    return {
        str(step["id"]): "manual" if step.get("manual") else "action" if step.get("action") else "check"
        for event in of_type(events, "RunStarted")
        for step in event.data["runbook"]["steps"]
    }


def last_change(events: Sequence[Event]) -> int:
    """The sequence number of the event that completed the last step which needed approvals."""
    gated = {it.step for it in of_type(events, "StepPlanned") if Planned.model_validate(it.data).rule}
    return max((it.seq for it in of_type(events, "StepCompleted") if it.step in gated), default=len(events))
