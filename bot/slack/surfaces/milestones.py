"""The turns that an incident takes, each posted once with the chain's head, so that the record can't be quietly rewritten.

A resolution says more, by its template: bot.slack.surfaces.posts.
"""

from collections.abc import Mapping

from bot.comms.words import roughly, spell
from bot.domain.objectives import recovery_clock
from bot.domain.transitions import IncidentState
from bot.slack.rich import Line, fallback, line, lines, paragraph, strong
from bot.slack.surfaces.card import DRILL_SIGN, SIGNS
from bot.slack.surfaces.message import Body, Message, single
from bot.slack.surfaces.scene import Scene
from bot.slack.text import cut

LONGEST_REASON = 2000
TURNS: Mapping[str, tuple[IncidentState, str]] = {
    "mitigated": (IncidentState.MITIGATED, "is mitigated"),
    "closed": (IncidentState.CLOSED, "is closed"),
    "canceled": (IncidentState.CANCELED, "is canceled"),
    "reopened": (IncidentState.ACTIVE, "is active again"),
}


def milestones(scene: Scene, texts: Mapping[str, str]) -> dict[str, Message]:
    """Those among the texts that went out. A mitigation that was recorded with the resolution is told by that."""
    found = {key: text for key, text in texts.items() if is_turn(key)}
    return {key: _milestone(scene, key, text) for key, text in found.items() if _resolution_with(key) not in texts}


def is_turn(key: str) -> bool:
    """Whether it is the key of such a message: `mitigated/41`."""
    return key.partition("/")[0] in TURNS


def _resolution_with(key: str) -> str:
    kind, _, seq = key.partition("/")
    return f"resolution/{int(seq) + 1}" if kind == "mitigated" else ""


def _milestone(scene: Scene, key: str, reason: str) -> Message:
    incident, kind = scene.incident, key.partition("/")[0]
    state, word = TURNS[kind]
    sign = DRILL_SIGN if incident.drill else SIGNS[state]
    drill = f" · {scene.drill}" if incident.drill else ""
    heading = line(f"{sign} ", strong(f"{incident.id} {word}"), _took(scene) if kind == "mitigated" else "", drill)
    said = lines(cut(reason, LONGEST_REASON)) if reason else ()
    body = Body(heading, fallback(heading), (paragraph(*said, *_meaning(kind), scene.chain_head),))
    return single(body, fixed=True)


def _took(scene: Scene) -> str:
    """Empty where the clock runs again by the time it is posted."""
    clock = recovery_clock(scene.incident, scene.now)
    return f" after {roughly(clock.elapsed)} (objective {spell(scene.incident.rto)})" if clock.stopped else ""


def _meaning(kind: str) -> tuple[Line, ...]:
    return (line("Users are served again. The recovery clock has stopped."),) if kind == "mitigated" else ()
