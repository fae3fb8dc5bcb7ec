"""Secrets: read from where the recovery plan says they are, and shown nowhere."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, Protocol

from bot.actions.aws_errors import aws_look
from bot.domain.plan import EnvSecret, FileSecret, ManagedSecret
from bot.engine.ports import Unavailable
from bot.redaction import hide

UNVERSIONED = "unversioned"
"""What the environment and files say of a value's version. A hash of the value would help to guess it."""


class Secret:
    """A secret's value and the version that was read. It neither prints nor pickles."""

    __slots__ = ("_value", "version")

    def __init__(self, value: str, version: str) -> None:
        hide(value)
        self._value = value
        self.version = version

    def reveal(self) -> str:
        """The value. Keep it out of everything that is logged or kept."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret(version={self.version!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is never stored")


class Clients(Protocol):
    """What hands out AWS clients."""

    def __call__(self, service: str, region: str) -> Any: ...


def read_secret(
    name: str, source: EnvSecret | FileSecret | ManagedSecret, environ: Mapping[str, str], aws: Clients
) -> Secret:
    """The secret called `name` in the recovery plan; raises Unavailable."""
    if isinstance(source, EnvSecret):
        return _from_environment(name, source, environ)
    if isinstance(source, FileSecret):
        return _from_file(name, source)
    return _from_secrets_manager(name, source, aws)


def _from_environment(name: str, source: EnvSecret, environ: Mapping[str, str]) -> Secret:
    value = environ.get(source.name)
    if not value:
        raise Unavailable(f"The secret {name} is missing: set {source.name} in the bot's environment.")
    return Secret(value, UNVERSIONED)


def _from_file(name: str, source: FileSecret) -> Secret:
    try:
        value = Path(source.path).read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise Unavailable(f"The secret {name} can't be read from {source.path}: {error.strerror}.") from error
    except UnicodeDecodeError:
        # Not chained: the error would carry the file's bytes.
        raise Unavailable(f"The secret {name} in {source.path} is not UTF-8 text.") from None
    if not value:
        raise Unavailable(f"The secret {name} is empty: {source.path} holds nothing.")
    return Secret(value, UNVERSIONED)


def _from_secrets_manager(name: str, source: ManagedSecret, aws: Clients) -> Secret:
    with aws_look(f"what the secret {name} is"):
        answer = aws("secretsmanager", source.region).get_secret_value(SecretId=source.id)
    if "SecretString" not in answer:
        raise Unavailable(
            f"The secret {name} ({source.id}) is binary; a text or a JSON object with password is needed."
        )
    return Secret(_password(answer["SecretString"]), answer["VersionId"])


def _password(text: str) -> str:
    """AWS keeps database secrets as JSON objects; `password` is the part that is wanted."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    password = value.get("password") if isinstance(value, dict) else None
    return password if isinstance(password, str) else text
