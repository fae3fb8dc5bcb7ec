"""What settles, skips or accepts a risk counts only from whom Slack vouches for at this moment."""

from collections.abc import Iterator

import pytest

from bot.domain import commands as c
from bot.slack.identity import NOW_SECONDS
from tests.integration.slack.test_clicks import press_body, value_of
from tests.integration.slack.world import BOB, CAROL, SlackWorld


@pytest.fixture
def doubtful(world: SlackWorld) -> Iterator[int]:
    """An incident whose step nobody knows the outcome of."""
    number = world.troubled("lost")
    assert world.press(CAROL, "step/R1/flip", "approve", number).ok
    world.wait("flip", "in_doubt", number=number)
    yield number
    world.workspace.faults.clear()
    world.workspace.person(BOB).deleted = False
    world.front.members.check_now(BOB)
    settled = {"outcome": "not_happened", "reason": "I looked."}
    world.lab.give(world.incident(number), c.Settle, "dave", run="R1", step="flip", **settled)
    world.wait("flip", "failed", number=number)


def settle(world: SlackWorld, number: int) -> None:
    button = value_of(world.with_button("step/R1/flip", "settle_not_happened", number), "settle_not_happened")
    world.send(press_body(world, BOB, number, button, "settle_not_happened", at=f"{number}.1"))


def test_a_deactivated_account_settles_nothing(world: SlackWorld, doubtful: int) -> None:
    """The press of a person of the plan whose account was closed a moment ago is refused, and they are told."""
    world.workspace.person(BOB).deleted = True
    settle(world, doubtful)
    world.heard(BOB, "This account is deactivated.", world.channel(doubtful))
    assert "StepSettled" not in world.types(doubtful)


def test_without_slacks_word_the_way_on_is_said(
    world: SlackWorld, doubtful: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While Slack does not say who somebody is, nothing final is recorded; dr takes it, signed."""
    monkeypatch.setattr(world.front.members, "at_once", NOW_SECONDS)
    world.workspace.faults.add("hang", "users.info", seconds=3.0)
    settle(world, doubtful)
    world.heard(BOB, "say it with dr, which signs it", world.channel(doubtful))
    assert "StepSettled" not in world.types(doubtful)
