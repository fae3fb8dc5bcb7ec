"""Blocks and views of every kind."""

from typing import Any

from bot.playground.workspace.installed import InstalledApp, Shortcut, SlashCommand, Subcommand

Json = dict[str, Any]

APP = InstalledApp(
    commands=(SlashCommand("/dr", "Run a recovery", "declare | status | note", should_escape=True),),
    shortcuts=(
        Shortcut("message", "add_to_timeline", "Add to the incident's timeline"),
        Shortcut("global", "declare", "Declare an incident"),
    ),
    subcommands=(
        Subcommand("declare", "[SEVERITY SYSTEM TITLE]", "Declare an incident"),
        Subcommand("status", "", "Where it stands"),
        Subcommand("note", "TEXT", "Add to the timeline"),
    ),
)


def text(words: str) -> Json:
    return {"type": "plain_text", "text": words, "emoji": True}


def mrkdwn(words: str) -> Json:
    return {"type": "mrkdwn", "text": words}


def option(value: str, words: str, note: str = "") -> Json:
    return {"text": text(words), "value": value} | ({"description": text(note)} if note else {})


def section(words: str, **more: Any) -> Json:
    return {"type": "section", "text": mrkdwn(words), **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def button(action: str, words: str, **more: Any) -> Json:
    return {"type": "button", "action_id": action, "text": text(words), **more}


SEVERITIES = [option("sev1", "SEV1", "All hands"), option("sev2", "SEV2"), option("sev3", "SEV3")]
RICH = [
    {
        "type": "rich_text_section",
        "elements": [
            {"type": "text", "text": "Rich "},
            {"type": "text", "text": "bold", "style": {"bold": True}},
            {"type": "emoji", "name": "fire"},
            {"type": "user", "user_id": "U0BOB"},
            {"type": "link", "url": "https://example.com/rich", "text": "a rich link"},
        ],
    },
    {
        "type": "rich_text_list",
        "style": "bullet",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "first entry"}]}],
    },
    {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "SELECT 1;"}]},
    {"type": "rich_text_quote", "elements": [{"type": "text", "text": "quoted words"}]},
]

EVERY_BLOCK: list[Json] = [
    {"type": "header", "text": text("Header words :fire:")},
    section(
        "*bold* _italic_ ~struck~ `code` <https://example.com/a?b=1&amp;c=2|a link> <@U0BOB> <#C0OPS> <!here> "
        "<!subteam^S0DRTEAM> <!date^1763820000^{date_num} {time}|fallback> :white_check_mark: 1 &lt; 2\n&gt; quoted"
    ),
    {"type": "section", "fields": [mrkdwn("*Data loss*\nat most 5 min"), mrkdwn("*Objective*\n1 h")]},
    section(
        "Choose",
        accessory={
            "type": "static_select",
            "action_id": "severity",
            "placeholder": text("Severity"),
            "options": SEVERITIES,
        },
    ),
    {"type": "divider"},
    actions(
        button("go", "Go", style="primary", value="v1"),
        button("stop", "Stop", style="danger"),
        {"type": "overflow", "action_id": "more", "options": [option("a", "First"), option("b", "Second")]},
        {"type": "users_select", "action_id": "who", "placeholder": text("Somebody")},
        {"type": "datepicker", "action_id": "day", "initial_date": "2026-11-22"},
    ),
    {
        "type": "context",
        "elements": [
            mrkdwn("context *words*"),
            {"type": "image", "image_url": "https://example.com/x.png", "alt_text": "far picture"},
        ],
    },
    {
        "type": "image",
        "image_url": "https://example.com/y.png",
        "alt_text": "picture of elsewhere",
        "title": text("Picture title"),
    },
    {"type": "rich_text", "elements": RICH},
    {
        "type": "markdown",
        "text": "## Markdown heading\nSome **strong** [md link](https://example.com/md)\n\n- point\n\n"
        "```\ncode block\n```",
    },
]

INPUTS: dict[str, Json] = {
    "Title": {"type": "plain_text_input"},
    "What do you see?": {"type": "plain_text_input", "multiline": True},
    "Severity": {"type": "static_select", "options": SEVERITIES},
    "Systems": {
        "type": "multi_static_select",
        "options": [option("db", "Customer Database"), option("shop", "Shop"), option("mail", "Mail")],
    },
    "Person": {"type": "users_select"},
    "People": {"type": "multi_users_select"},
    "Channel": {"type": "channels_select"},
    "Conversations": {"type": "multi_conversations_select"},
    "Number": {"type": "number_input", "is_decimal_allowed": False},
    "Email": {"type": "email_text_input"},
    "Address": {"type": "url_text_input"},
    "Day": {"type": "datepicker"},
    "Time": {"type": "timepicker"},
    "Since when?": {"type": "datetimepicker"},
    "Options": {"type": "checkboxes", "options": [option("drill", "Drill"), option("private", "Private")]},
    "Kind": {"type": "radio_buttons", "options": [option("real", "Real"), option("test", "Test")]},
    "Runbook": {"type": "external_select", "min_query_length": 0},
}


def input_block(label: str, element: Json, **more: Any) -> Json:
    return {
        "type": "input",
        "block_id": label,
        "label": text(label),
        "element": {**element, "action_id": "value"},
        **more,
    }


def modal(*blocks: Json, title: str = "A form", **more: Any) -> Json:
    return {
        "type": "modal",
        "callback_id": "form",
        "title": text(title),
        "submit": text("Declare"),
        "close": text("Cancel"),
        "blocks": list(blocks),
        **more,
    }


def every_input() -> Json:
    required = {"Title", "Severity"}
    return modal(
        *(input_block(label, element, optional=label not in required) for label, element in INPUTS.items()),
        title="Every input",
    )


def declare_form() -> Json:
    """As the bot's own: title, system, severity, options."""
    return modal(
        input_block("Title", {"type": "plain_text_input"}, hint=text("What is broken, in a few words")),
        input_block("System", {"type": "static_select", "options": INPUTS["Systems"]["options"]}),
        input_block("Severity", {"type": "static_select", "options": SEVERITIES, "initial_option": SEVERITIES[0]}),
        input_block("Options", INPUTS["Options"], optional=True),
        title="Declare an incident",
    )
