"""The turns that an incident takes, each posted once with the chain's head, so that the record can't be quietly rewritten.

It says what the event says, whenever it is posted. A resolution says more, by its template: bot.slack.surfaces.posts.
"""

from collections.abc import Mapping

from bot.comms.words import roughly, spell
from bot.domain.postings import Posting
from bot.domain.transitions import IncidentState
from bot.slack.rich import Line, fallback, line, lines, paragraph, strong
from bot.slack.surfaces.card import DRILL_SIGN, SIGNS
from bot.slack.surfaces.message import Body, Message, single
from bot.slack.surfaces.scene import Scene, chain_head
from bot.slack.text import cut

LONGEST_REASON = 2000
TURNS: Mapping[str, IncidentState] = {
    "mitigated": IncidentState.MITIGATED,
    "closed": IncidentState.CLOSED,
    "canceled": IncidentState.CANCELED,
    "reopened": IncidentState.ACTIVE,
}


def is_turn(key: str) -> bool:
    """Whether it is the key of such a message: `mitigated/41`."""
    return key.partition("/")[0] in TURNS


def milestone(scene: Scene, key: str, turn: Posting) -> Message:
    """`INC-7 mitigated at 03:44, after 40 min (objective 1 h)`, with the reason that was given."""
    incident, word = scene.incident, key.partition("/")[0]
    sign = DRILL_SIGN if incident.drill else SIGNS[TURNS[word]]
    drill = f" · {scene.drill}" if incident.drill else ""
    mitigated = word == "mitigated"
    after = f", after {roughly(turn.at - incident.since)} (objective {spell(incident.rto)})" if mitigated else ""
    heading = line(f"{sign} ", strong(f"{incident.id} {word}"), " at ", scene.at(turn.at), after, drill)
    served: tuple[Line, ...] = (line("Users are served again."),) if mitigated and not incident.drill else ()
    reason = lines(cut(turn.text, LONGEST_REASON)) if turn.text else ()
    return single(Body(heading, fallback(heading), (paragraph(*served, *reason, chain_head(turn)),)), fixed=True)
