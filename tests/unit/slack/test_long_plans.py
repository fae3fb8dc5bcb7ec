"""A plan too long for one message spans several; who presses Approve has the whole of it above."""

import pytest

from bot.domain.changes import Change
from bot.slack.surfaces import Message
from tests.unit.builders import Story, action, underway
from tests.unit.slack.painting import body_text, in_slack, painted, whole_plan
from tests.unit.slack.rules import labels, says


@pytest.fixture(scope="module")
def long() -> dict[str, Message]:
    """The messages of a plan with two hundred changes."""
    return {key: message for key, message in painted(with_changes(200)).items() if key.startswith("step/")}


def with_changes(count: int) -> Story:
    story = underway(action("dns"), plan=in_slack())
    changes = (
        Change(resource=f"record-{n}.example.com", what="weight", before=f"old-{n}-", after=f"new-{n}-" * 10)
        for n in range(count)
    )
    story.show("dns", whole_plan(changes=tuple(changes)))
    return story


def test_two_hundred_changes_span_several_messages(long: dict[str, Message]) -> None:
    """All of them are shown, in order, and each part says which it is."""
    keys = list(long)
    assert keys[:2] == ["step/R1/dns", "step/R1/dns/2"]
    assert len(keys) > 2
    text = "\n".join(says(long[key].blocks) for key in keys)
    places = [text.index(f"new-{n}-") for n in range(200)]
    assert places == sorted(places)
    for n, key in enumerate(keys, start=1):
        assert f"part {n} of {len(keys)}" in says(long[key].blocks)


def test_the_buttons_stand_below_the_last_part_alone(long: dict[str, Message]) -> None:
    """Every other part says where they are, and leads there."""
    shown = list(long.values())
    for message in shown[:-1]:
        assert labels(message.blocks) == []
        assert message.controls == ()
        assert "The buttons stand below its last part." in says(message.blocks)
    assert labels(shown[-1].blocks) == ["Approve promote customers-east", "Decline…"]


def test_a_shorter_plan_needs_fewer_messages(long: dict[str, Message]) -> None:
    """What is no longer there is taken away by whoever compares."""
    assert len(long) > 2
    assert list(painted(with_changes(3))) == ["card", "announcement", "run/R1", "step/R1/dns"]


def test_one_value_of_any_length_is_whole() -> None:
    """A single change longer than a message goes on in the next."""
    story = underway(action("dns"), plan=in_slack())
    policy = "".join(f"{n:06d}" for n in range(6000))
    story.show("dns", whole_plan(changes=(Change(resource="policy", what="", before="", after=policy),)))
    assert policy in body_text(story, "dns").replace("\n", "")


def test_a_plan_of_a_thousand_parameters_is_painted_at_once() -> None:
    """Length costs messages, not minutes."""
    story = underway(action("dns"), plan=in_slack())
    story.show("dns", whole_plan(parameters={"tags": {f"key-{n}": f"value-{n}" for n in range(1000)}}))
    text = body_text(story, "dns").replace("\n", "")
    assert all(f"key-{n} value-{n}" in text for n in range(1000))
