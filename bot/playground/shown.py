"""A message of the chat as text for a terminal: what stands there, word for word, with its buttons in brackets."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import unescape

from rich.style import Style
from rich.text import Text

from bot.playground.workspace.shapes import Json

SIGNS: Mapping[str, tuple[str, str]] = {
    "✅": ("✓", "green"),
    "🟡": ("■", "yellow"),
    "🟠": ("■", "yellow"),
    "🔴": ("●", "red"),
    "🟢": ("●", "green"),
    "❓": ("?", "bold yellow"),
    "⏭️": ("-", "yellow"),
    "⏳": ("…", "bright_black"),
    "🔒": ("▪", "bold"),
}
"""In a terminal: narrow ones, that every font has."""
BUTTON = Style(color="cyan")
MARKUP = re.compile(
    r"<(?P<link>[^<>|]+)(?:\|(?P<label>[^<>]*))?>|`(?P<code>[^`\n]+)`|(?<![\w*])\*(?P<bold>(?!\s)[^*\n]+(?<!\s))\*(?![\w*])"
)
STYLES: Mapping[str, Style] = {"bold": Style(bold=True), "code": Style(color="cyan"), "italic": Style(italic=True)}
Names = Callable[[str], str]
"""What an id of a person or a channel stands for, `@Bob Brown` or `#oncall`."""


def shown(message: Json, names: Names) -> Text:
    """The whole message; its lines are not wrapped."""
    blocks = message.get("blocks")
    if not blocks:
        return mrkdwn(message["text"], names)
    return Text("\n").join([it for block in blocks for it in lines_of(block, names)])


def heading(message: Json, names: Names) -> Text:
    """Its first line."""
    return shown(message, names).split("\n")[0]


def lines_of(block: Json, names: Names) -> Iterator[Text]:
    match block["type"]:
        case "rich_text":
            for part in block["elements"]:
                yield from rich_lines(part, names)
        case "section":
            yield mrkdwn(block["text"]["text"], names)
        case "header":
            yield Text(unescape(block["text"]["text"]), style="bold")
        case "context":
            yield Text(" ").join(mrkdwn(it["text"], names) for it in block["elements"] if "text" in it)
        case "actions":
            yield Text(" ").join(button(it) for it in block["elements"])


def button(element: Json) -> Text:
    return Text(f"[{unescape(element['text']['text'])}]", style=BUTTON)


def rich_lines(part: Json, names: Names) -> Iterator[Text]:
    if part["type"] == "rich_text_list":
        for item in part["elements"]:
            yield Text("• ") + rich_line(item["elements"], names)
    else:
        yield from rich_line(part["elements"], names).split("\n", allow_blank=True)


def rich_line(elements: Sequence[Json], names: Names) -> Text:
    return Text.assemble(*(piece(it, names) for it in elements))


def piece(element: Json, names: Names) -> Text:
    wanted = (STYLES[name] for name, on in element.get("style", {}).items() if on and name in STYLES)
    style = Style.combine((Style.null(), *wanted))
    match element["type"]:
        case "user":
            return Text(names(element["user_id"]), style=style)
        case "channel":
            return Text(names(element["channel_id"]), style=style)
        case "date":
            return Text(local(element["timestamp"], element["fallback"]), style=style)
        case "link":
            return Text(element.get("text") or element["url"], style=style)
        case _:
            return plain_signs(Text(element.get("text", ""), style=style))


def plain_signs(text: Text) -> Text:
    """A status sign at the beginning, as a terminal shows it."""
    first, _, rest = text.plain.partition(" ")
    if first not in SIGNS:
        return text
    sign, style = SIGNS[first]
    return Text.assemble((sign, style), " ", (rest, text.style))


def local(timestamp: int, fallback: str) -> str:
    """As the terminal tells the time: UTC, without saying so each time."""
    seconds = fallback.count(":") > 1
    return f"{datetime.fromtimestamp(timestamp, UTC):{'%H:%M:%S' if seconds else '%H:%M'}}"


def mrkdwn(text: str, names: Names) -> Text:
    """Slack's own markup, as far as the bot writes it."""
    found, end = Text(), 0
    for match in MARKUP.finditer(text):
        found.append(unescape(text[end : match.start()]))
        found.append(marked(match, names))
        end = match.end()
    return found.append(unescape(text[end:]))


def marked(match: re.Match[str], names: Names) -> Text:
    if match["bold"]:
        inner = mrkdwn(match["bold"], names)
        inner.stylize(STYLES["bold"])
        return inner
    if match["code"]:
        return Text(unescape(match["code"]), style=STYLES["code"])
    link, label = match["link"], match["label"]
    if link.startswith("!date^"):
        return Text(local(int(link.split("^")[1]), label or ""))
    return Text(names(link[1:]) if link[0] in "@#" else unescape(label or link))
