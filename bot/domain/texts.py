"""Texts of a certain form that people write in files. ASCII where one must not look like another."""

import base64
import binascii
import re
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, Strict, StringConstraints

from bot.domain.problems import Unfit, shown

SSH_KEY_TYPES = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa")
WEB = ("http", "https")
OUR_HEADERS = frozenset(
    {"connection", "content-length", "content-type", "host", "idempotency-key", "transfer-encoding"}
)


def check_url(url: str) -> str:
    """An absolute http(s) URL without a user or password; raises `Unfit`."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise Unfit("that is not a URL", "write it like https://shop.example.com/health") from error
    if parts.scheme not in WEB or not host or any(c <= " " or c == "\x7f" for c in url):
        raise Unfit("that is not a web address", "write it like https://shop.example.com/health")
    if parts.username is not None or parts.password is not None:
        raise Unfit("the URL holds a user or a password", "send it as a header that names a secret")
    return url


def check_prefix(url: str) -> str:
    """The beginning of URLs, with a path, so that the host ends where it seems to; raises `Unfit`."""
    parts = urlsplit(check_url(url))
    if not parts.path:
        raise Unfit("the prefix does not say where the host ends", f"end it with a slash: {url}/")
    if parts.query or parts.fragment or "/." in parts.path:
        raise Unfit("that is more than the beginning of an address", "leave out ?, # and dots after a slash")
    return url


def check_header_name(name: str) -> str:
    """A header's name that the bot does not write itself; raises `Unfit`."""
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", name):
        raise Unfit(f"{shown(name)} is not a header's name", "write letters, digits and hyphens")
    if name.lower() in OUR_HEADERS:
        raise Unfit(f"the header {name} is written by the bot itself", "leave it out")
    return name


def check_header_text(value: str) -> str:
    """A header's value in one line of ASCII; raises `Unfit`, which does not quote it."""
    if not value.isascii() or not value.isprintable():
        raise Unfit("the value of a header is one line of ASCII text", "leave out line breaks and other characters")
    return value


def check_timezone(zone: str) -> str:
    """A zone of the IANA data base; raises `Unfit`."""
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise Unfit(f"{shown(zone)} is not a time zone", "write it like Europe/Berlin or UTC") from error
    return zone


def check_ssh_key(key: str) -> str:
    """One line of a `.pub` file whose type and blob agree; raises `Unfit`."""
    words = key.split()
    if len(words) < 2 or words[0] not in SSH_KEY_TYPES or not _blob_begins(words[1], words[0]):
        raise Unfit("that is not a public SSH key", "paste the whole line of ~/.ssh/id_ed25519.pub")
    return key


def _blob_begins(blob: str, kind: str) -> bool:
    try:
        raw = base64.b64decode(blob, validate=True)
    except binascii.Error:
        return False
    prefix = len(kind).to_bytes(4, "big") + kind.encode()
    return raw.startswith(prefix) and len(raw) > len(prefix) + 4


def _text(pattern: str, *examples: str) -> object:
    """What pydantic needs to know of a text with a pattern; the examples help editors and error messages."""
    return Field(pattern=pattern, examples=list(examples))


Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Manual = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]
Name = Annotated[str, _text(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$", "customer-database")]
"""What people type to point at something: a system, a team, a step. Without dots, which part look-ups."""
Flag = Annotated[bool, Strict()]
Count = Annotated[int, Strict(), Field(ge=1, le=100)]
Extra = Annotated[int, Strict(), Field(ge=1, le=10)]
Port = Annotated[int, Strict(), Field(ge=1, le=65535)]
Status = Annotated[int, Strict(), Field(ge=100, le=599)]
Email = Annotated[str, _text(r"^[^@\s<>\",;:]{1,64}@[A-Za-z0-9.-]{1,255}$", "alice@example.com")]
Sender = Annotated[
    str, _text(r"^(?:[^<>\r\n\",;:@]+ <)?[^@\s<>\",;:]{1,64}@[A-Za-z0-9.-]{1,255}>?$", "DR Bot <dr@example.com>")
]
Phone = Annotated[str, _text(r"^\+[1-9][0-9]{6,14}$", "+12025550101")]
SlackUser = Annotated[str, _text(r"^[UW][A-Z0-9]{1,20}$", "U0ALICE")]
SlackChannel = Annotated[str, _text(r"^[CG][A-Z0-9]{1,20}$", "C0INCIDENTS")]
SlackGroup = Annotated[str, _text(r"^S[A-Z0-9]{1,20}$", "S0DRTEAM")]
Account = Annotated[str, _text(r"^[0-9]{12}$", "111111111111")]
Role = Annotated[
    str, _text(r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+$", "arn:aws:iam::111111111111:role/dr-bot")
]
Arn = Annotated[
    str,
    _text(
        r"^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]*:\S+$",
        "arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/shop/2",
    ),
]
Region = Annotated[str, _text(r"^[a-z0-9][a-z0-9-]{1,40}$", "us-east-1")]
Host = Annotated[str, _text(r"^[A-Za-z0-9_.:-]{1,253}$", "customers-east.internal")]
SqlName = Annotated[str, _text(r"^[A-Za-z_][A-Za-z0-9_$-]{0,62}$", "customers")]
EnvVar = Annotated[str, _text(r"^[A-Za-z_][A-Za-z0-9_]*$", "CUSTOMERS_WEST_PASSWORD")]
Bucket = Annotated[str, _text(r"^(?:s3|file)://\S+$", "s3://backup-primary")]
Url = Annotated[str, AfterValidator(check_url), Field(examples=["https://shop.example.com/health"])]
UrlPrefix = Annotated[str, AfterValidator(check_prefix), Field(examples=["https://shop.example.com/"])]
HeaderName = Annotated[str, AfterValidator(check_header_name)]
HeaderText = Annotated[str, AfterValidator(check_header_text)]
TimeZone = Annotated[str, AfterValidator(check_timezone), Field(examples=["Europe/Berlin", "UTC"])]
SshKey = Annotated[str, AfterValidator(check_ssh_key), Field(examples=["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI… alice"])]
CalendarTime = Annotated[
    str,
    _text(
        r"^(?:first|second|third|fourth|last) (?:mon|tues|wednes|thurs|fri|satur|sun)day "
        r"(?:[01][0-9]|2[0-3]):[0-5][0-9]$",
        "first tuesday 10:00",
    ),
]
"""A day of a month and a time of that day, in the plan's time zone."""
