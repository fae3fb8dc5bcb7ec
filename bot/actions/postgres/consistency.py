"""postgres.consistency: do the data say what they must? One value a query, in a transaction that can't write.

Read-only does not stop a function with an effect, such as pg_promote(), so each query runs as a role that may only read.
"""

from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import psycopg
from psycopg import errors
from pydantic import Field

from bot.actions.postgres.connections import Connection, looking, said
from bot.domain.changes import Verdict
from bot.domain.model import JsonValue, Model
from bot.domain.problems import shown
from bot.domain.targets import PostgresTarget
from bot.domain.texts import Text
from bot.engine.ports import Check, Context, Unavailable

READ_ONLY = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
READER = "pg_read_all_data"
AS_READER = f"SET LOCAL ROLE {READER}"
WHOLE_TABLES = "SET LOCAL row_security = off"  # rows that a policy would hide make it an error, not a smaller count


class Query(Model):
    """One statement, and what the first value of its first row must be."""

    sql: Text
    equals: JsonValue


class ConsistencyParameters(Model):
    """The database, and what is asked of it."""

    database: PostgresTarget
    queries: Annotated[tuple[Query, ...], Field(min_length=1, max_length=100)]


def look(params: ConsistencyParameters, context: Context) -> Verdict:
    """All of the queries see one snapshot. A query that can't be run makes it unknown: Unavailable."""
    with looking(context, params.database) as connection:
        connection.execute(READ_ONLY)
        connection.execute(WHOLE_TABLES)
        answers = [(query, _answer(connection, params.database, query)) for query in params.queries]
    differing = [_difference(query, value) for query, value in answers if not _equal(query.equals, value)]
    evidence: dict[str, JsonValue] = {"answers": [{"sql": query.sql, "value": value} for query, value in answers]}
    if differing:
        return Verdict(holds=False, finding=" ".join(differing), evidence=evidence)
    return Verdict(holds=True, finding=f"All of {len(answers)} queries gave what they must.", evidence=evidence)


def _answer(connection: Connection, target: PostgresTarget, query: Query) -> JsonValue:
    try:
        connection.execute(AS_READER)
    except (errors.InsufficientPrivilege, errors.InvalidParameterValue) as error:
        grant = f"GRANT {READER} TO {target.user}"
        raise Unavailable(
            f"{target.user} may not read as {READER} on {target.name}. As a superuser: {grant}."
        ) from error
    return _first_value(connection, query)


def _first_value(connection: Connection, query: Query) -> JsonValue:
    with connection.cursor() as cursor:
        # stream() takes a single statement alone and reads no more rows than are asked for.
        rows: Iterator[tuple[object, ...]] = cursor.stream(query.sql.encode())
        try:
            row = next(rows, None)
        except psycopg.Error as error:
            raise Unavailable(f"The query {shown(query.sql)} could not be run: {said(error)}") from error
        finally:
            del rows
    if row is None or not row:
        raise Unavailable(f"The query {shown(query.sql)} gave no row, so there is nothing to compare.")
    return _as_json(row[0])


def _as_json(value: object) -> JsonValue:
    """A value as a runbook writes it: whole numbers as numbers, everything that JSON does not have as text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, list):
        return [_as_json(entry) for entry in value]
    if isinstance(value, dict):
        return {str(key): _as_json(entry) for key, entry in value.items()}
    return str(value)


def _equal(expected: JsonValue, value: JsonValue) -> bool:
    """Python takes true for 1; a runbook does not."""
    return isinstance(expected, bool) == isinstance(value, bool) and expected == value


def _difference(query: Query, value: JsonValue) -> str:
    return f"{query.sql.strip()} gave {shown(value)}, expected {shown(query.equals)}."


CHECK = Check(
    name="postgres.consistency",
    summary="Do the data say what they must?",
    params=ConsistencyParameters,
    look=look,
)
