"""The interactive elements of Block Kit with their limits, and where each may stand."""

from typing import Any

from bot.playground.workspace.block_rules import (
    MRKDWN,
    Found,
    Rule,
    Spec,
    anything,
    array,
    both,
    flag,
    integer,
    one_of,
    spec,
    string,
    text,
)

ID = string(255)
URL = string(3000, pattern=r"(https?|mailto|slack):.+", what="url")
USER = string(20, pattern=r"[UW][A-Z0-9]+", what="user id")
CHANNEL = string(20, pattern=r"[CDG][A-Z0-9]+", what="conversation id")
DATE = string(10, pattern=r"\d{4}-\d\d-\d\d", what="date")
TIME = string(5, pattern=r"([01]\d|2[0-3]):[0-5]\d", what="time")

CONFIRM = spec(
    "title text confirm deny",
    title=text(100),
    text=text(300, *MRKDWN),
    confirm=text(30),
    deny=text(30),
    style=one_of("primary", "danger"),
)
OPTION = spec("text value", text=text(75), value=string(150), description=text(75))
RICH_OPTION = spec("text value", text=text(75, *MRKDWN), value=string(150), description=text(75, *MRKDWN))
OVERFLOW_OPTION = spec("text value", text=text(75), value=string(150), description=text(75), url=URL)
OPTION_GROUP = spec("label options", label=text(75), options=array(OPTION, 100))
FILTER = spec(
    include=array(one_of("im", "mpim", "private", "public"), 4),
    exclude_external_shared_channels=flag,
    exclude_bot_users=flag,
)
TRIGGERS = spec(trigger_actions_on=array(one_of("on_enter_pressed", "on_character_entered"), 2))


def element(required: str = "", /, **fields: Rule) -> Rule:
    return Spec({"action_id": ID, **fields}, frozenset(required.split()))


def initial_among_options(value: Any, at: str, found: Found) -> None:
    """An initial option must be one of the options, exactly; and a select has options or groups, not both."""
    groups = value.get("option_groups") or []
    if bool(value.get("options")) == bool(groups):
        found.say(at, "must have exactly one of: options, option_groups")
    options = [*(value.get("options") or [])] + [it for group in groups for it in (group.get("options") or [])]
    initial = value.get("initial_options") or [value[name] for name in ("initial_option",) if value.get(name)]
    for option in initial:
        if option not in options:
            found.say(at, "initial option must match one of the options")


def chosen(required: str = "", /, **fields: Rule) -> Rule:
    """An element with options."""
    return both(element(required, **fields), initial_among_options)


def select(**fields: Rule) -> Rule:
    return element(placeholder=text(150), confirm=CONFIRM, focus_on_load=flag, **fields)


def static_select(**fields: Rule) -> Rule:
    options = {"options": array(OPTION, 100), "option_groups": array(OPTION_GROUP, 100)}
    return both(select(**options, **fields), initial_among_options)


MOST = integer(1, 100)
WRITTEN: dict[str, Rule] = {"placeholder": text(150), "focus_on_load": flag, "dispatch_action_config": TRIGGERS}
SINGLE_SELECTS: dict[str, Rule] = {
    "static_select": static_select(initial_option=OPTION),
    "external_select": select(initial_option=OPTION, min_query_length=integer(0, 100)),
    "users_select": select(initial_user=USER),
    "conversations_select": select(
        initial_conversation=CHANNEL, default_to_current_conversation=flag, response_url_enabled=flag, filter=FILTER
    ),
    "channels_select": select(initial_channel=CHANNEL, response_url_enabled=flag),
}
MULTI_SELECTS: dict[str, Rule] = {
    "multi_static_select": static_select(initial_options=array(OPTION, 100), max_selected_items=MOST),
    "multi_external_select": select(
        initial_options=array(OPTION, 100), max_selected_items=MOST, min_query_length=integer(0, 100)
    ),
    "multi_users_select": select(initial_users=array(USER, 100), max_selected_items=MOST),
    "multi_conversations_select": select(
        initial_conversations=array(CHANNEL, 100),
        default_to_current_conversation=flag,
        max_selected_items=MOST,
        filter=FILTER,
    ),
    "multi_channels_select": select(initial_channels=array(CHANNEL, 100), max_selected_items=MOST),
}
PICKERS: dict[str, Rule] = {
    "datepicker": element(initial_date=DATE, placeholder=text(150), confirm=CONFIRM, focus_on_load=flag),
    "timepicker": element(
        initial_time=TIME, placeholder=text(150), confirm=CONFIRM, focus_on_load=flag, timezone=string(100)
    ),
}
DATETIME: dict[str, Rule] = {
    "datetimepicker": element(initial_date_time=integer(10**9, 10**10 - 1), confirm=CONFIRM, focus_on_load=flag)
}
CHOICES: dict[str, Rule] = {
    "checkboxes": chosen(
        "options",
        options=array(RICH_OPTION, 10),
        initial_options=array(RICH_OPTION, 10),
        confirm=CONFIRM,
        focus_on_load=flag,
    ),
    "radio_buttons": chosen(
        "options", options=array(RICH_OPTION, 10), initial_option=RICH_OPTION, confirm=CONFIRM, focus_on_load=flag
    ),
}
BUTTONS: dict[str, Rule] = {
    "button": element(
        "text",
        text=text(75),
        value=string(2000, 0),
        url=URL,
        style=one_of("primary", "danger"),
        confirm=CONFIRM,
        accessibility_label=string(75),
    ),
    "overflow": element("options", options=array(OVERFLOW_OPTION, 5), confirm=CONFIRM),
}
IMAGE: dict[str, Rule] = {
    "image": spec("alt_text image_url", alt_text=string(2000), image_url=URL),
}
TYPED: dict[str, Rule] = {
    "plain_text_input": element(
        initial_value=string(3000, 0),
        multiline=flag,
        min_length=integer(0, 3000),
        max_length=integer(1, 3000),
        **WRITTEN,
    ),
    "number_input": element(
        "is_decimal_allowed",
        is_decimal_allowed=flag,
        initial_value=string(40, pattern=r"-?\d+(\.\d+)?", what="number"),
        min_value=string(40, pattern=r"-?\d+(\.\d+)?", what="number"),
        max_value=string(40, pattern=r"-?\d+(\.\d+)?", what="number"),
        **WRITTEN,
    ),
    "email_text_input": element(initial_value=string(3000, 0), **WRITTEN),
    "url_text_input": element(initial_value=string(3000, 0), **WRITTEN),
    "rich_text_input": element(initial_value=anything, **WRITTEN),
    "file_input": element(filetypes=array(string(20), 100), max_files=integer(1, 10)),
}

ACCESSORIES: dict[str, Rule] = {**BUTTONS, **SINGLE_SELECTS, **MULTI_SELECTS, **PICKERS, **CHOICES, **IMAGE}
ACTIONS: dict[str, Rule] = {**BUTTONS, **SINGLE_SELECTS, **PICKERS, **DATETIME, **CHOICES}
INPUTS: dict[str, Rule] = {**TYPED, **SINGLE_SELECTS, **MULTI_SELECTS, **PICKERS, **DATETIME, **CHOICES}
