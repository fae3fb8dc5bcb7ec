"""Text from people, made fit for headers and mails. What it says stays; what could forge or reorder lines goes."""

import re

REORDERING = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # bidi controls
LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
UNWANTED = re.compile(f"[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f{REORDERING}\ufeff\ud800-\udfff]")


def clean(text: str) -> str:
    """Text of any number of lines: one kind of line end, no control characters, none that reorder what is read."""
    return UNWANTED.sub("", LINE_ENDS.sub("\n", text))


def one_line(text: str, longest: int = 200) -> str:
    """The same in one line of at most `longest` characters."""
    line = " ".join(clean(text).split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"
