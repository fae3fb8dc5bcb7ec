"""What an incident's channel is called, and what stands above it."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.domain.incident import Incident
from bot.domain.model import replace
from bot.slack.place import LONGEST_NAME, Places, channel_name, names
from tests.unit.builders import Story, recovery_plan


class Calls:
    """A Slack that notes what it is asked."""

    def __init__(self) -> None:
        self.topics: list[str] = []

    def call(self, _method: str, **arguments: Any) -> None:
        self.topics.append(arguments["topic"])


def an_incident(*, drill: bool) -> Incident:
    incident = Story().declare().incident
    return replace(incident, drill=drill)


def topic_of(incident: Incident) -> str:
    chat, desk = Calls(), SimpleNamespace(plan=recovery_plan())
    places = Places(cast(Any, desk), cast(Any, chat), cast(Any, None))
    _, work = next(iter(places.furnishing(incident, "C0INC", None)))
    work()
    return chat.topics[0]


def test_a_drill_s_channel_says_so_first() -> None:
    plan = recovery_plan()
    in_earnest = channel_name(an_incident(drill=False), plan)
    assert not in_earnest.startswith("drill-")
    assert channel_name(an_incident(drill=True), plan) == f"drill-{in_earnest}"


@pytest.mark.parametrize("drill", [False, True])
def test_every_name_fits(drill: bool) -> None:
    plan = recovery_plan()
    channels = plan.channels.model_copy(update={"name": "x" * 100})
    found = list(names(an_incident(drill=drill), plan.model_copy(update={"channels": channels})))
    assert all(len(name) <= LONGEST_NAME for name in found)
    assert len(set(found)) == len(found)


def test_a_drill_s_topic_says_so_first() -> None:
    in_earnest = topic_of(an_incident(drill=False))
    assert in_earnest.startswith("INC-")
    assert topic_of(an_incident(drill=True)) == f"DRILL · {in_earnest}"
