"""postgres.integrity: is what is stored sound? Read-only, and bounded by time: the verdict says how far it came.

Asked are the catalogue (invalid indexes), the checksum failures that PostgreSQL has counted, amcheck for B-tree indexes
where it is installed, and whether each table can be read at all. It does not read every row: a restored backup that is
compared with its manifest does.
"""

import time
from datetime import timedelta
from typing import Annotated

from psycopg import errors
from pydantic import Field

from bot.actions.postgres import soundness
from bot.actions.postgres.connections import Connection, looking
from bot.actions.postgres.soundness import Survey
from bot.domain.changes import Verdict
from bot.domain.durations import Duration
from bot.domain.model import JsonValue, Model
from bot.domain.targets import PostgresTarget
from bot.engine.ports import Check, Context


class IntegrityParameters(Model):
    """The database, and how long one look may take (1 s to 5 min)."""

    database: PostgresTarget
    within: Annotated[Duration, Field(ge=timedelta(seconds=1), le=timedelta(minutes=5))] = timedelta(seconds=20)


def look(params: IntegrityParameters, context: Context) -> Verdict:
    """False names what is damaged; unknown where nothing could be examined; raises Unavailable."""
    deadline = time.monotonic() + params.within.total_seconds()
    with looking(context, params.database) as connection:
        surveys = [_tables(connection, deadline), _indexes(connection, deadline)]
        found = [*soundness.invalid_indexes(connection), *(damage for survey in surveys for damage in survey.damage)]
        failures = soundness.checksum_failures(connection)
    if failures:
        found.append(f"{failures} checksum failures")
    return _verdict(params, surveys, failures, found)


def _verdict(params: IntegrityParameters, surveys: list[Survey], failures: int | None, found: list[str]) -> Verdict:
    name = params.database.name
    scope = [
        *(survey.text for survey in surveys),
        "checksums are off" if failures is None else f"{failures} checksum failures",
    ]
    evidence: dict[str, JsonValue] = {
        "damage": [*found],
        "checksum_failures": failures,
        **{survey.of: {"examined": survey.examined, "total": survey.total} for survey in surveys},
    }
    if found:
        return Verdict(holds=False, finding=f"{name} is damaged: {'; '.join(found)}.", evidence=evidence)
    if not surveys[0].examined:
        finding = f"No table of {name} could be examined: it has none, or {params.database.user} may read none."
        return Verdict(holds=None, finding=finding, evidence=evidence)
    return Verdict(holds=True, finding=f"No damage found: {', '.join(scope)}.", evidence=evidence)


def _tables(connection: Connection, deadline: float) -> Survey:
    tables = soundness.tables(connection)
    return soundness.survey(
        "tables", "readable", tables, deadline, lambda table: soundness.read_a_row(connection, table)
    )


def _indexes(connection: Connection, deadline: float) -> Survey:
    schema = soundness.amcheck_schema(connection)
    if schema is None:
        return Survey(
            of="indexes", how="examined (amcheck is not to be had)", examined=0, total=len(soundness.btrees(connection))
        )
    try:
        return soundness.survey(
            "indexes",
            "examined",
            soundness.btrees(connection),
            deadline,
            lambda index: soundness.check_index(connection, schema, index),
        )
    except errors.InsufficientPrivilege:
        return Survey(
            of="indexes", how="examined (amcheck is not granted)", examined=0, total=len(soundness.btrees(connection))
        )


CHECK = Check(
    name="postgres.integrity",
    summary="Is what the database stores sound?",
    params=IntegrityParameters,
    look=look,
)
