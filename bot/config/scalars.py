"""What a YAML scalar is, for us: text, unless it is plainly a number, true, false or null.

YAML 1.1 reads `no` as false, `1:30` as 90 and `0777` as 511; here they are the texts that a reviewer sees.
"""

import re

INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,18}")
WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None}


def read_plain(text: str) -> str | int | float | bool | None:
    """The value of a scalar without quotes."""
    if text in WORDS:
        return WORDS[text]
    if INTEGER.fullmatch(text):
        return int(text)
    if DECIMAL.fullmatch(text):
        return float(text)
    return text
