"""The builders of blocks, inputs and views: within Slack's limits whatever they are given."""

from typing import Any

import pytest
from slack_sdk.models.blocks import InputBlock
from slack_sdk.models.views import View

from bot.slack.blocks import (
    Block,
    Choice,
    actions,
    button,
    checkboxes,
    confirm,
    context,
    divider,
    field,
    header,
    home,
    modal,
    radio_buttons,
    section,
    select,
    text_input,
    users_select,
)
from bot.slack.controls import Control
from bot.slack.text import safe
from tests.unit.slack.naughty import NAUGHTY
from tests.unit.slack.rules import check_blocks

CONTROL = Control("done", "INC-7", "R1", "assess")


@pytest.mark.parametrize("text", NAUGHTY, ids=range(len(NAUGHTY)))
def test_builders_keep_every_limit(text: str) -> None:
    """Labels are cut, and an empty one is not sent."""
    sure = confirm(text, text, text, text)
    pressed = button(text, CONTROL, confirm=sure, style="danger")
    said = safe(text, 5000)
    check_blocks([header(text), section(said, pressed), context(said), divider(), actions(pressed)])


@pytest.mark.parametrize("text", NAUGHTY, ids=range(len(NAUGHTY)))
def test_inputs_keep_every_limit(text: str) -> None:
    """Slack's own models take each kind of input, whatever its labels say."""
    choices = [Choice(text, "one", text), Choice("other", "two")]
    elements: list[Block] = [
        text_input("a", initial=text, lines=True, hint=text),
        select("a", choices, initial="two", hint=text),
        radio_buttons("a", choices, initial="one"),
        checkboxes("a", choices, initial=["two"]),
        users_select("a", initial="U0ALICE", hint=text),
    ]
    for element in elements:
        block = field(text, element, "where", hint=text, optional=True)
        assert InputBlock(**block).to_dict()["element"]["type"] == element["type"]


def test_what_is_chosen_at_first_is_one_of_the_choices() -> None:
    """Slack refuses an initial option that differs from its choice in anything."""
    choices = [Choice("One", "one", "the first"), Choice("Two", "two")]
    made = select("a", choices, initial="one")
    assert made["initial_option"] in made["options"]
    assert "initial_option" not in select("a", choices, initial="three")
    assert checkboxes("a", choices, initial=["two"])["initial_options"] == [made["options"][1]]


def test_more_than_a_hundred_choices_are_not_sent() -> None:
    """Slack takes a hundred."""
    assert len(select("a", [Choice(str(n), str(n)) for n in range(300)])["options"]) == 100


def test_a_modal_with_inputs_needs_a_word_to_submit_it() -> None:
    """Slack refuses it otherwise, so it is not built."""
    blocks = [field("Title", text_input("a"), "title")]
    with pytest.raises(AssertionError):
        modal("Declare", blocks, callback_id="declare")
    made = modal("Declare an incident of this system", blocks, callback_id="declare", submit="Declare", metadata="{}")
    View(**made).to_dict()
    assert len(made["title"]["text"]) <= 24


def test_a_home_tab_takes_a_hundred_blocks() -> None:
    """The rest is left out."""
    assert len(home([divider()] * 150)["blocks"]) == 100


def test_two_buttons_of_a_kind_are_told_apart() -> None:
    """In one row every action_id is there once; the values say what each means."""
    other = Control("done", "INC-7", "R2", "assess")
    row: dict[str, Any] = actions(button("R1", CONTROL), button("R2", other))
    assert [e["action_id"] for e in row["elements"]] == ["control:done", "control:done:2"]
    check_blocks([row])
