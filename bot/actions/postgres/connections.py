"""Connections to servers, and what their errors say."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from ipaddress import ip_address
from typing import Any, TypeAlias

import psycopg

from bot.domain.changes import SecretVersion
from bot.domain.model import JsonValue
from bot.domain.targets import PostgresTarget
from bot.engine.ports import Context, NotApplied, Unavailable

Connection: TypeAlias = psycopg.Connection[Any]

MAINTENANCE = "postgres"
ERROR_LENGTH = 400


@contextmanager
def looking(context: Context, target: PostgresTarget) -> Iterator[Connection]:
    """A connection to look through; whatever PostgreSQL refuses becomes Unavailable."""
    try:
        with closing(context.postgres(target)) as connection:
            yield connection
    except psycopg.Error as error:
        raise Unavailable(f"{target.name} could not be looked at: {said(error)}") from error


@contextmanager
def changing(context: Context, target: PostgresTarget) -> Iterator[Connection]:
    """A connection to change something through; NotApplied where it can't be made, for then nothing was sent."""
    try:
        connection = context.postgres(target)
    except psycopg.OperationalError as error:
        raise NotApplied(f"Nothing was sent to {target.name}: {said(error)}") from error
    except Unavailable as error:
        raise NotApplied(f"Nothing was sent to {target.name}: {error}") from error
    with closing(connection):
        yield connection


def said(error: psycopg.Error) -> str:
    """What the server or the driver said, on one line."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= ERROR_LENGTH else f"{text[: ERROR_LENGTH - 1]}…"


def maintenance(target: PostgresTarget) -> PostgresTarget:
    """The database of the same server from which `target` can be shut without shutting ourselves out."""
    other = "template1" if target.database == MAINTENANCE else MAINTENANCE
    return target.model_copy(update={"database": other})


def server_of(target: PostgresTarget) -> str:
    """The server's address, by which it is told from others."""
    return f"{target.host}:{target.port}"


def short_name(target: PostgresTarget) -> str:
    """What a person can type: the host's first label, or the address where it is a number."""
    try:
        ip_address(target.host)
    except ValueError:
        return target.host.split(".", maxsplit=1)[0]
    return server_of(target)


def server_lock(account: str | None, target: PostgresTarget) -> str:
    """The server's canonical name (account/region/kind/resource), which one step holds at a time."""
    return f"{account or '-'}/{target.region}/postgres/{server_of(target)}"


def shown_target(target: PostgresTarget) -> dict[str, JsonValue]:
    """The target as results keep it: it names its secret and holds no value."""
    return target.model_dump(mode="json", by_alias=True, exclude_none=True)


def secret_versions(context: Context, target: PostgresTarget) -> tuple[SecretVersion, ...]:
    """The secret that a plan depends on, by name and version."""
    if target.secret is None:
        return ()
    return (SecretVersion(name=target.secret, version=context.secret(target.secret).version),)
