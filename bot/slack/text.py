"""Text of people and of the world, made fit for Slack. The one place that escapes; whatever is foreign goes through it.

What could reorder, hide or forge what is read is made visible. What must be exact to the character, as in
a plan that is approved, is shown as rich text (rich.py), which knows no markup; the functions here serve mrkdwn.
"""

import re
import unicodedata
from datetime import UTC, datetime, timedelta

from bot.domain.plan import RecoveryPlan

CUT = " … (cut)"
LONGEST_CLUSTER = 32  # marks on one letter; beyond that it may be broken
NEAR = timedelta(hours=12)  # further away a time of day alone would be misread
LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# What takes no place, turns the reading around or drives a terminal: controls, format characters, fillers, selectors
# that no emoji needs, halves of characters.
UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x9f"
    "\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# A mark that could begin or end a style. Inside a word (promote_replica) Slack takes it as it is.
MARKS = {"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02cb"}
MARK = re.compile(r"(?<!\w)[*_~]+|[*_~]+(?!\w)|`+")
ENTITY = re.compile(r"<[^<>\s][^<>]*>|&(?:amp|lt|gt);")


def visible(text: str) -> str:
    """The text with one kind of line end; what can't be seen reads like <U+202E>. Nothing is left out."""
    return UNSEEN.sub(lambda found: f"<U+{ord(found[0]):04X}>", LINE_ENDS.sub("\n", text))


def one_line(text: str) -> str:
    """The same in one line."""
    return " ".join(visible(text).split())


def size(text: str) -> int:
    """How long Slack may take a text to be: characters beyond the first plane count twice."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def head(text: str, most: int) -> str:
    """As much of the beginning as has a size of at most `most`, never half of what reads as one character."""
    begun = text[:most].encode("utf-16-le", "surrogatepass")[: 2 * most].decode("utf-16-le", "ignore")
    end = len(begun)
    if end == len(text):
        return text
    while end > 1 and end > len(begun) - LONGEST_CLUSTER and unicodedata.combining(text[end]):
        end -= 1
    return text[:end]


def cut(text: str, most: int) -> str:
    """The text made visible, or its beginning with a word that it was cut."""
    text = visible(text)
    if size(text) <= most:
        return text
    return f"{head(text, most - len(CUT)).rstrip()}{CUT}"


def plain(text: str, most: int) -> str:
    """For a plain_text object: one line, cut."""
    return cut(one_line(text), most)


def escape(text: str) -> str:
    """For mrkdwn whose styles may stay (a template's own): nothing in it can mention, link or call."""
    return visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def safe(text: str, most: int = 2000) -> str:
    """For mrkdwn: cut, and without any style of its own."""
    return escape(_defused(cut(text, most)))


def _defused(text: str) -> str:
    return MARK.sub(lambda found: "".join(MARKS[mark] for mark in found[0]), text)


def code(text: str, most: int = 500) -> str:
    """`text` as code in mrkdwn. A backtick in it becomes an apostrophe."""
    return f"`{escape(cut(one_line(text), most).replace('`', chr(39))) or ' '}`"


def bold(text: str, most: int = 500) -> str:
    """*text* in mrkdwn."""
    return f"*{safe(one_line(text), most)}*" if text.strip() else ""


def link(url: str, text: str) -> str:
    """A link in mrkdwn; the URL is one of ours."""
    return f"<{escape(url).replace('|', '%7C')}|{safe(one_line(text), 300)}>"


def fitted(mrkdwn: str, most: int) -> str:
    """Mrkdwn of any length, cut outside of links, moments and escapes."""
    if size(mrkdwn) <= most:
        return mrkdwn
    end = len(head(mrkdwn, most - len(CUT)))
    for entity in ENTITY.finditer(mrkdwn):
        if entity.start() < end < entity.end():
            end = entity.start()
            break
    return f"{mrkdwn[:end].rstrip()}{CUT}"


def name(person: str | None, plan: RecoveryPlan) -> str:
    """A person's name; `nobody` where there is none."""
    known = plan.people.get(person or "")
    return known.name if known else person or "nobody"


def time_format(at: datetime, near: datetime, *, seconds: bool = False) -> str:
    """Slack's form of a moment: the time of day, with its date where it lies far from `near`."""
    time = "{time_secs}" if seconds else "{time}"
    return time if abs(at - near) < NEAR else f"{{date_short_pretty}} {time}"


def utc(at: datetime, near: datetime, *, seconds: bool = False) -> str:
    """A moment for readers of plain text: `03:04 UTC`, `21 Nov 03:04 UTC`."""
    at = at.astimezone(UTC)
    time = at.strftime("%H:%M:%S" if seconds else "%H:%M")
    return f"{time} UTC" if abs(at - near) < NEAR else f"{at.day} {at:%b} {time} UTC"


def moment(at: datetime, near: datetime, *, seconds: bool = False) -> str:
    """A moment in mrkdwn, which Slack shows in each reader's own zone."""
    form, other = time_format(at, near, seconds=seconds), utc(at, near, seconds=seconds)
    return f"<!date^{int(at.timestamp())}^{form}|{other}>"
