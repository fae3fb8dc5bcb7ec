"""Keeps secrets out of what is written: known values, and whatever has the shape of a secret."""

import base64
import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import quote, quote_plus, unquote, urlsplit

MARK = "***"
MARKS = re.compile(r"(?:\*{3}){2,}")  # a secret that was found in two ways, one inside the other
SHORTEST = 6  # characters; a shorter value protects nothing, and taking it out would garble every line

_NAME = (
    r"pass(?:word|wd|phrase)|secret(?:[_-]?(?:access)?[_-]?key)?|(?:session|security|access|refresh|bearer)[_-]?token"
    r"|(?:api|private|access|signing)[_-]?key(?:[_-]?id)?|credentials?|signature|\bpwd|\bsig"
)
# What stands behind a name: quoted, or everything up to the next blank. A quote behind a backslash never ends it, since
# nobody knows how often the text was escaped; one that begins escaped (JSON in JSON, say) ends with the same escape.
_VALUE = (
    r"(?:b?'(?:[^'\\]|\\++'?|'')*'"
    r'|b?"(?:[^"\\]|\\++"?)*"'
    r"""|(?P<quote>\\{1,16}["']).{0,4000}?(?<!\\)(?P=quote)"""
    r"|\S+)"
)
_HEADERS = r"authorization|proxy-authorization|cookie|set-cookie|x-api-key"

_Rule = tuple[re.Pattern[str], str]


def _rule(pattern: str, kept: str = "") -> _Rule:
    return re.compile(pattern, re.IGNORECASE | re.DOTALL), kept + MARK


RULES: tuple[_Rule, ...] = (
    # An answer of Secrets Manager: where its value ends depends on how often it was escaped, so the line ends here.
    _rule(r"(Secret(?:String|Binary)\\*[\"']?\s*[:=>])[^\r\n]*", r"\1"),
    _rule(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"),
    _rule(rf"((?:{_HEADERS})\\*[\"']?\s*[:=,]\s*)(?:b?'[^'\r\n]*'|b?\"[^\"\r\n]*\"|[^\r\n]+)", r"\1"),
    _rule(r"\b((?:basic|bearer)\s+)[\w.~+/=-]{8,}", r"\1"),
    _rule(r"(<(?:SecretAccessKey|SessionToken|AccessKeyId|Password)>)[^<]*", r"\1"),
    _rule(r"(://[^\s:/@\"']{0,200}:)\S{1,2000}(?=@)", r"\1"),  # up to the last @: a password may hold one
    _rule(rf"((?:{_NAME})\\*[\"']?(?:\s*[=:]\s*|\s+(?=')))" + _VALUE, r"\1"),
    _rule(r"(hooks\.slack\.com/)[\w/-]+", r"\1"),
    (re.compile(r"\bx(?:ox[a-z]|app|oxe\.xox[a-z])-[\w-]+"), MARK),
    (re.compile(r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}\b"), MARK),
    (re.compile(r"\b(?:IQoJ|FwoG|FQoG|AQoD|AQoE)[\w+/=%-]{40,}"), MARK),
    # An AWS secret key has 40 characters of base64 and no mark of its own; hashes in hex have no capital letters.
    (
        re.compile(
            r"(?<![\w+/=])(?=[a-z0-9+/]*[A-Z])(?=[A-Z0-9+/]*[a-z])(?=[A-Za-z+/]*[0-9])[A-Za-z0-9+/]{40}(?![\w+/=])"
        ),
        MARK,
    ),
)
_SECRET_KEY = re.compile(rf".*(?:{_NAME}|{_HEADERS})", re.IGNORECASE)
_SECRET_VARIABLE = re.compile(r"PASSWORD|SECRET|TOKEN|API_KEY|PRIVATE_KEY")


class Hidden:
    """The secret values that this process has read, in every form in which they could be written."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forms: frozenset[str] = frozenset()
        self._pattern: re.Pattern[str] | None = None

    def add(self, value: str) -> None:
        """From now on this value is taken out; one shorter than SHORTEST is left alone."""
        with self._lock:
            forms = self._forms | {form for form in _forms(value) if len(form) >= SHORTEST}
            if forms != self._forms:
                longest_first = sorted(forms, key=len, reverse=True)
                self._forms, self._pattern = forms, re.compile("|".join(map(re.escape, longest_first)))

    def taken_out(self, text: str) -> str:
        return self._pattern.sub(MARK, text) if self._pattern else text


_hidden = Hidden()  # one for the process, as logging is: whoever reads a secret can't know all who write


def hide(value: str) -> None:
    """Keep a secret's value out of everything that is logged from now on."""
    _hidden.add(value)


def hide_environment(environ: Mapping[str, str]) -> None:
    """Hide what the environment's variables hold: secrets by their names, and the passwords in URLs."""
    for name, value in environ.items():
        if _SECRET_VARIABLE.search(name) and not name.endswith("_FILE"):
            hide(value)
        password = _password(value)
        if password:
            hide(password)
            hide(unquote(password))


def redact(text: str) -> str:
    """The text without secrets: hidden values first, then everything that looks like one."""
    text = _hidden.taken_out(text)
    for pattern, replacement in RULES:
        text = pattern.sub(replacement, text)
    return MARKS.sub(MARK, text)


def is_secret_name(name: str) -> bool:
    """Whether what is called so is a secret, whatever it looks like."""
    return _SECRET_KEY.fullmatch(name) is not None


def _password(url: str) -> str | None:
    try:
        return urlsplit(url).password
    except ValueError:
        return None


def _forms(value: str) -> Iterable[str]:
    """As it is, line by line, and as URLs, JSON, Python and Basic authentication write it."""
    yield from (value, *value.splitlines())
    ways: tuple[Callable[[str], str], ...] = (_quoted, quote_plus, _in_json, _in_repr, _in_base64)
    yield from (way(value) for way in ways)


def _quoted(value: str) -> str:
    return quote(value, safe="")


def _in_json(value: str) -> str:
    return json.dumps(value)[1:-1]


def _in_repr(value: str) -> str:
    return repr(value)[1:-1]


def _in_base64(value: str) -> str:
    return base64.b64encode(value.encode(errors="replace")).decode()
