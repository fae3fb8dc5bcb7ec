"""The messages that go out word for word, and the announcement of an incident to those outside its channel."""

import re
from collections.abc import Iterator
from itertools import dropwhile
from operator import not_

from bot.comms.words import roughly, spell
from bot.domain.incident import Reader
from bot.domain.model import replace
from bot.domain.objectives import recovery_clock
from bot.domain.postings import Posting
from bot.domain.transitions import IncidentState
from bot.slack.rich import Line, Words, fallback, joined, line, lines, paragraph, strong
from bot.slack.surfaces.card import SIGNS, sign
from bot.slack.surfaces.card_buttons import announcement_buttons
from bot.slack.surfaces.message import Body, Message, single
from bot.slack.surfaces.scene import Scene, chain_head
from bot.slack.text import cut, one_line

LONGEST_TEXT = 7500
BROADCAST, DIRECT = "broadcast/", "direct/"  # how the keys begin of what is posted word for word elsewhere
BOLD = re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])")  # the one style that templates use


def post(key: str, posting: Posting) -> Message:
    """A text as it stands in the timeline, posted once."""
    said = posting.text.strip() or key.replace("_", " ")
    if key.startswith("resolution"):
        return word_for_word(said, chain_head(posting), before=f"{SIGNS[IncidentState.RESOLVED]} ")
    return word_for_word(said)


def word_for_word(text: str, *below: Line, before: str = "") -> Message:
    """A text from a template, as it is, with a sign before and more lines below it."""
    whole = cut(text.strip() or "-", LONGEST_TEXT)
    first, *rest = (_styled(row) for row in lines(whole))
    chunks = [paragraph(*some) for some in (tuple(dropwhile(not_, rest)), below) if some]
    return single(Body((*line(before), *first), fallback(line(one_line(whole))), tuple(chunks)), fixed=True)


def _styled(row: Line) -> Line:
    """A line with its *bold* parts bold; everything else in it stays as it is."""
    found: Line = ()
    for piece in row:
        found += tuple(_bold(piece.text)) if isinstance(piece, Words) else (piece,)
    return found


def _bold(text: str) -> Iterator[Words]:
    for at, part in enumerate(BOLD.split(text)):
        if part:
            yield Words(part, "bold" if at % 2 else "")


def sent_to(reader: Reader, key: str, text: str) -> tuple[str, Message] | None:
    """An update or a resolution that came after an account subscribed, as a direct message."""
    kind, _, number = key.partition("/")
    after = {"update": reader.updates, "resolution": reader.seq}.get(kind)
    if after is None or int(number) <= after:
        return None
    return f"{DIRECT}{reader.account}/{key}", replace(word_for_word(text), place="direct", to=reader.account)


def announcement(scene: Scene) -> Message:
    """What the organisation sees of an incident, edited in place as it goes on."""
    incident = scene.incident
    title = (line(": ", cut(one_line(incident.title), 300)),) if incident.title else ()
    drill = (strong(f"{scene.drill} · "),) if incident.drill else ()
    heading = line(f"{sign(incident)} ", *drill, strong(scene.title), *(piece for row in title for piece in row))
    text = fallback(joined(" · ", (line(scene.drill), line(scene.title), line(one_line(incident.title)))))
    body = Body(heading, text, (paragraph(*_told(scene)),), announcement_buttons(scene))
    return single(body, place="announcements")


def _told(scene: Scene) -> Iterator[Line]:
    incident = scene.incident
    clock = recovery_clock(incident, scene.now)
    yield line("Declared by ", scene.declarer, " at ", scene.at(incident.declared_at), ".")
    if incident.state is IncidentState.ACTIVE:
        yield line("Recovery objective: back by ", scene.at(clock.deadline, bold=True), ".")
    if incident.mitigated_at is not None:
        verdict = "beyond" if clock.elapsed > incident.rto else "within"
        took = f"after {roughly(clock.elapsed)}, {verdict} the objective of {spell(incident.rto)}."
        yield line("Users are served again since ", scene.at(incident.mitigated_at), f", {took}")
    if incident.resolved_at is not None:
        yield line(strong("Resolved"), " at ", scene.at(incident.resolved_at), ".")
    if incident.ended_at is not None:
        word = "Canceled" if incident.state is IncidentState.CANCELED else "Closed"
        yield line(strong(word), " at ", scene.at(incident.ended_at), ".")
