"""The pictures of docs/states.md, drawn from the transition tables: `python -m bot.domain.pictures > docs/states.md`."""

import sys
from collections.abc import Iterator

from bot.domain.transitions import INCIDENT, MEANINGS, STEP, State, Table

OPENING = """\
# States

Made from the tables in `bot/domain/transitions.py` by `python -m bot.domain.pictures > docs/states.md`; a test compares
the two. A move that is not here is refused and changes nothing. The state of a run is derived from its steps and from
the operator's pause, so it has no table.
"""


def states_page() -> str:
    """The whole page, as Markdown with Mermaid diagrams."""
    parts = [OPENING, *_chapter("An incident", INCIDENT, "active"), *_chapter("A step", STEP, "not_started")]
    return "\n".join(parts)


def _chapter(title: str, table: Table[State], first: str) -> Iterator[str]:
    yield f"## {title}\n"
    yield "```mermaid\nstateDiagram-v2"
    yield f"    [*] --> {first}"
    for state, moves in table.items():
        for target in dict.fromkeys(moves.values()):
            triggers = [trigger for trigger, reached in moves.items() if reached is target]
            yield f"    {state.value} --> {target.value}: {', '.join(_plain(t) for t in triggers)}"
    yield "```\n"
    yield "| from | event | to | because |\n|---|---|---|---|"
    for state, moves in table.items():
        for trigger, target in moves.items():
            yield f"| {state.value} | {_plain(trigger)} | {target.value} | {MEANINGS[trigger]} |"
        if not moves:
            yield f"| {state.value} | | | It stays so. |"
    yield ""


def _plain(trigger: str) -> str:
    """A trigger without the colon, which Mermaid takes for the end of the edge."""
    name, _, outcome = trigger.partition(":")
    return f"{name} ({outcome.replace('_', ' ')})" if outcome else name


if __name__ == "__main__":
    sys.stdout.write(states_page())
