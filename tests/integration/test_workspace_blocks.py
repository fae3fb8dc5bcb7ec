"""The workspace refuses the blocks and views that Slack refuses, and takes the others."""

from typing import Any

import pytest
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.playground.workspace.block_kinds import Surface
from bot.playground.workspace.blocks import checked_blocks, checked_view, problems, view_problems
from bot.playground.workspace.errors import SlackError
from tests.workspace.forms import Json, actions, button, confirm, field, home, modal, mrkdwn, option, plain, section

LINK = "https://example.com/a.png"
OPTIONS = [option("a"), option("b")]
RICH: Json = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "bold", "style": {"bold": True}},
                {"type": "link", "url": LINK, "text": "link"},
                {"type": "user", "user_id": "U0BOB"},
                {"type": "emoji", "name": "eyes"},
                {"type": "date", "timestamp": 1763820000, "format": "{time}", "fallback": "now"},
            ],
        },
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "code"}], "border": 1},
        {
            "type": "rich_text_list",
            "style": "bullet",
            "indent": 0,
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]}],
        },
        {"type": "rich_text_quote", "elements": [{"type": "text", "text": "quote"}]},
    ],
}
SELECTS: list[Json] = [
    {"type": "static_select", "action_id": "a", "options": OPTIONS, "initial_option": OPTIONS[1], "confirm": confirm()},
    {"type": "static_select", "action_id": "b", "option_groups": [{"label": plain("G"), "options": OPTIONS}]},
    {"type": "users_select", "action_id": "c", "initial_user": "U0BOB"},
    {"type": "conversations_select", "action_id": "d", "default_to_current_conversation": True},
    {"type": "channels_select", "action_id": "e", "placeholder": plain("Where")},
    {"type": "external_select", "action_id": "f", "min_query_length": 0},
    {"type": "datepicker", "action_id": "g", "initial_date": "2026-11-22"},
    {"type": "timepicker", "action_id": "h", "initial_time": "09:30"},
    {"type": "overflow", "action_id": "i", "options": [option("x"), {**option("y"), "url": LINK}]},
    {"type": "checkboxes", "action_id": "j", "options": OPTIONS, "initial_options": [OPTIONS[0]]},
    {"type": "radio_buttons", "action_id": "k", "options": OPTIONS},
]
MULTI: list[Json] = [
    {"type": "multi_static_select", "action_id": "a", "options": OPTIONS, "max_selected_items": 2},
    {"type": "multi_users_select", "action_id": "b", "initial_users": ["U0BOB"]},
    {"type": "multi_conversations_select", "action_id": "c", "filter": {"include": ["public"]}},
    {"type": "multi_channels_select", "action_id": "d"},
]
TYPED: list[Json] = [
    field("a", multiline=True, max_length=3000, placeholder=plain("What"), initial_value="x"),
    field("b", "number_input", is_decimal_allowed=False, min_value="1"),
    field("c", "email_text_input"),
    field("d", "url_text_input"),
    field("e", "datetimepicker", initial_date_time=1763820000),
    field("f", "datepicker"),
    field("g", "checkboxes", options=OPTIONS, optional=True),
    field("h", "rich_text_input"),
    *[
        {"type": "input", "label": plain("L"), "element": {**it, "action_id": f"m{number}"}}
        for number, it in enumerate(MULTI)
    ],
]
VALID: dict[str, Json] = {
    "section": section("a"),
    "fields": {"type": "section", "fields": [mrkdwn("a")] * 10},
    "longest section": section("x" * 3000),
    "header": {"type": "header", "text": plain("x" * 150)},
    "divider": {"type": "divider", "block_id": "d"},
    "context": {
        "type": "context",
        "elements": [mrkdwn("a"), plain("b"), {"type": "image", "image_url": LINK, "alt_text": "c"}],
    },
    "image": {"type": "image", "image_url": LINK, "alt_text": "a", "title": plain("t")},
    "buttons": actions(button(style="danger", value="v", confirm=confirm(style="danger")), button("b", url=LINK)),
    "selects": actions(*SELECTS),
    "rich text": RICH,
    **{f"accessory {it['type']}": section(accessory=it) for it in [*SELECTS, *MULTI]},
}
LONG = {"type": "section", "text": mrkdwn("x" * 3001)}
WRONG: dict[str, list[Json]] = {
    "unknown block": [{"type": "carousel9"}],
    "no type": [{"text": "x"}],
    "bad button style": [actions(button(style="warning"))],
    "section without text": [{"type": "section"}],
    "section 3001": [LONG],
    "header 151": [{"type": "header", "text": plain("x" * 151)}],
    "button text 76": [actions(button(text="x" * 76))],
    "button value 2001": [actions(button(value="x" * 2001))],
    "action_id 256": [actions(button("x" * 256))],
    "block_id 256": [section(block_id="x" * 256)],
    "actions 26": [actions(*(button(f"b{number}") for number in range(26)))],
    "context 11": [{"type": "context", "elements": [mrkdwn("x")] * 11}],
    "fields 11": [{"type": "section", "fields": [mrkdwn("x")] * 11}],
    "options 101": [section(accessory={"type": "static_select", "options": [option(str(n)) for n in range(101)]})],
    "overflow 6": [section(accessory={"type": "overflow", "options": [option(str(n)) for n in range(6)]})],
    "header mrkdwn": [{"type": "header", "text": mrkdwn("x")}],
    "button mrkdwn": [actions({"type": "button", "action_id": "a", "text": mrkdwn("x")})],
    "input label mrkdwn": [field("a") | {"label": mrkdwn("x")}],
    "extra property": [section(color="red")],
    "text as bare string": [{"type": "section", "text": "x"}],
    "input in actions": [actions({"type": "plain_text_input", "action_id": "a"})],
    "empty text": [section("")],
    "empty option text": [section(accessory={"type": "overflow", "options": [{"text": plain(""), "value": "a"}]})],
    "51 blocks": [{"type": "divider"}] * 51,
    "empty actions": [actions()],
    "empty context": [{"type": "context", "elements": []}],
    "duplicate action_id": [actions(button("a"), button("a"))],
    "duplicate block_id": [section(block_id="a"), section(block_id="a")],
    "field 2001": [{"type": "section", "fields": [mrkdwn("x" * 2001)]}],
    "no options": [section(accessory={"type": "static_select", "options": []})],
    "option value 151": [section(accessory={"type": "static_select", "options": [option("x" * 151)]})],
    "option label 76": [section(accessory={"type": "static_select", "options": [option("a", "x" * 76)]})],
    "confirm without deny": [actions(button(confirm={key: it for key, it in confirm().items() if key != "deny"}))],
    "confirm text 301": [actions(button(confirm=confirm(text=plain("x" * 301))))],
    "foreign initial option": [
        section(accessory={"type": "static_select", "options": OPTIONS, "initial_option": option("z")})
    ],
    "options and groups": [
        section(
            accessory={
                "type": "static_select",
                "options": OPTIONS,
                "option_groups": [{"label": plain("G"), "options": OPTIONS}],
            }
        )
    ],
    "wrong date": [section(accessory={"type": "datepicker", "initial_date": "22.11.2026"})],
    "datetime in a section": [section(accessory={"type": "datetimepicker"})],
    "image without alt": [{"type": "image", "image_url": LINK}],
    "script link": [actions(button(url="javascript:alert(1)"))],
    "two focused": [
        field("a", focus_on_load=True),
        field("b", focus_on_load=True),
    ],
    "markdown 12001": [{"type": "markdown", "text": "x" * 12_001}],
    "markdown together": [{"type": "markdown", "text": "x" * 7_000}, {"type": "markdown", "text": "x" * 6_000}],
    "rich text element": [{"type": "rich_text", "elements": [{"type": "text", "text": "x"}]}],
    "header text null": [{"type": "header", "text": None}],
    "button text null": [actions(button() | {"text": None})],
    "section text null": [{"type": "section", "text": {"type": "mrkdwn", "text": None}}],
    "context elements null": [{"type": "context", "elements": None}],
    "actions elements null": [{"type": "actions", "elements": None}],
    "actions elements a number": [{"type": "actions", "elements": 5}],
    "input element null": [field("a") | {"element": None}],
    "markdown null": [{"type": "markdown", "text": None}],
    "groups a text": [section(accessory={"type": "static_select", "option_groups": "abc"})],
    "groups without options": [
        section(accessory={"type": "static_select", "option_groups": [{"label": plain("G"), "options": None}]})
    ],
    "initial options a number": [
        section(accessory={"type": "multi_static_select", "options": OPTIONS, "initial_options": 5})
    ],
}
WRONG_VIEWS: dict[str, Json] = {
    "title 25": modal(section(), title=plain("x" * 25)),
    "no title": {key: it for key, it in modal(section()).items() if key != "title"},
    "101 blocks": modal(*[{"type": "divider"}] * 101),
    "private_metadata 3001": modal(section(), private_metadata="x" * 3001),
    "callback_id 256": modal(section(), callback_id="x" * 256),
    "inputs without submit": {key: it for key, it in modal(field("a")).items() if key != "submit"},
    "markdown": modal({"type": "markdown", "text": "x"}),
    "unknown property": modal(section(), colour="red"),
    "no blocks": {"type": "modal", "title": plain("t")},
    "blocks null": modal() | {"blocks": None},
    "title null": modal(section(), title=None),
}


@pytest.mark.parametrize("name", VALID)
def test_every_kind_of_block_is_taken(name: str) -> None:
    """Blocks at their limits and elements in their places have no problem, and Slack's own models agree."""
    block = VALID[name]
    assert problems([block], "message") == []
    assert all(it is not None and it.to_dict() for it in Block.parse_all([block]))


@pytest.mark.parametrize("block", TYPED, ids=lambda it: str(it["element"]["type"]))
def test_every_kind_of_input_is_taken(block: Json) -> None:
    """In a modal with a submit button."""
    assert [*view_problems(modal(block), "modal")] == []


@pytest.mark.parametrize("name", WRONG)
def test_wrong_blocks_are_refused_with_their_place(name: str) -> None:
    """Each mistake is invalid_blocks with a message that ends in a JSON pointer."""
    with pytest.raises(SlackError) as refused:
        checked_blocks(WRONG[name])
    assert refused.value.code == "invalid_blocks"
    assert all(it.startswith("[ERROR] ") for it in refused.value.details["response_metadata"]["messages"])


@pytest.mark.parametrize("name", WRONG_VIEWS)
def test_wrong_views_are_refused(name: str) -> None:
    """Each mistake is invalid_arguments."""
    with pytest.raises(SlackError) as refused:
        checked_view(WRONG_VIEWS[name], "modal")
    assert refused.value.code == "invalid_arguments"


def test_a_home_takes_100_blocks_and_no_title() -> None:
    """The Home has other limits than a message, and fewer fields than a modal."""
    assert [*view_problems(home(*[{"type": "divider"}] * 100), "home")] == []
    assert [*view_problems(home() | {"title": plain("t")}, "home")] != []


@pytest.mark.parametrize("surface", ["message", "modal", "home"])
def test_markdown_belongs_to_messages(surface: Surface) -> None:
    """No view may have it."""
    assert (problems([{"type": "markdown", "text": "x"}], surface) == []) == (surface == "message")


def test_a_view_may_have_250_kilobytes() -> None:
    """Above that it is too large, whatever its parts."""
    big = section(accessory={"type": "static_select", "options": [option("x" * 150, "y" * 75)] * 1})
    groups = [{"label": plain("G"), "options": [option(f"{n:0150d}", "y" * 75) for n in range(100)]}] * 10
    huge = section(accessory={"type": "static_select", "option_groups": groups})
    assert checked_view(modal(big), "modal")["blocks"]
    with pytest.raises(SlackError, match="view_too_large"):
        checked_view(modal(huge, huge), "modal")


def test_missing_ids_are_filled_in() -> None:
    """Every block gets a block_id, every element an action_id; what was given stays."""
    first, second = checked_blocks([actions(button("own"), {"type": "button", "text": plain("x")}), section("a")])
    assert first["elements"][0]["action_id"] == "own"
    assert first["elements"][1]["action_id"]
    assert first["block_id"] != second["block_id"]
    assert second["text"] == {"type": "mrkdwn", "text": "a", "verbatim": False}


def test_the_view_models_of_slack_agree_on_a_whole_form() -> None:
    """A modal with every input passes both."""
    form: dict[str, Any] = modal(*(it | {"block_id": f"b{number}"} for number, it in enumerate(TYPED)))
    assert [*view_problems(form, "modal")] == []
    assert len(View(**form).to_dict()["blocks"]) == len(TYPED)


def test_a_home_without_blocks_is_refused() -> None:
    """Null counts as missing there too."""
    with pytest.raises(SlackError, match="invalid_arguments"):
        checked_view(home() | {"blocks": None}, "home")


def test_null_in_an_optional_field_is_as_if_it_were_not_there() -> None:
    """It is taken, and neither the page nor a form's check gets to see it."""
    block = field("a", min_length=None, initial_value=None) | {"hint": None}
    assert checked_blocks([section(accessory=None), block])[1] == block_without_nulls(block)


def block_without_nulls(block: Json) -> Json:
    element = {"type": "plain_text_input", "action_id": "a"}
    shown = {key: it for key, it in block.items() if it is not None}
    return shown | {"label": {"type": "plain_text", "text": "a", "emoji": True}, "element": element}
