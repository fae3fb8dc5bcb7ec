"""What a rich_text block may hold."""

from collections.abc import Mapping

from bot.playground.workspace.block_rules import Rule, array, flag, integer, kinds, one_of, spec, string

STYLE = spec(
    bold=flag, italic=flag, strike=flag, code=flag, underline=flag, highlight=flag, client_highlight=flag, unlink=flag
)
INLINE: Mapping[str, Rule] = {
    "text": spec("text", text=string(40_000), style=STYLE),
    "link": spec("url", url=string(3000), text=string(40_000, 0), unsafe=flag, style=STYLE),
    "emoji": spec("name", name=string(255), unicode=string(255), style=STYLE, skin_tone=integer(1, 6)),
    "user": spec("user_id", user_id=string(20), style=STYLE),
    "usergroup": spec("usergroup_id", usergroup_id=string(20), style=STYLE),
    "channel": spec("channel_id", channel_id=string(20), style=STYLE),
    "broadcast": spec("range", range=one_of("here", "channel", "everyone"), style=STYLE),
    "color": spec("value", value=string(7), style=STYLE),
    "date": spec(
        "timestamp format",
        timestamp=integer(0, 10**10),
        format=string(200),
        url=string(3000),
        fallback=string(2000),
        style=STYLE,
    ),
}
INLINES = array(kinds(INLINE), 1000, 0)
BORDER = integer(0, 1)
RICH_TEXT: Mapping[str, Rule] = {
    "rich_text_section": spec("elements", elements=INLINES),
    "rich_text_preformatted": spec("elements", elements=INLINES, border=BORDER, language=string(50)),
    "rich_text_quote": spec("elements", elements=INLINES, border=BORDER),
    "rich_text_list": spec(
        "elements style",
        elements=array(kinds({"rich_text_section": spec("elements", elements=INLINES)}), 1000),
        style=one_of("bullet", "ordered"),
        indent=integer(0, 8),
        offset=integer(0, 10**6),
        border=BORDER,
    ),
}
