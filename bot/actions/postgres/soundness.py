"""The single questions of an integrity check."""

import time
from collections.abc import Callable, Iterable

from psycopg import errors, sql
from psycopg.rows import class_row

from bot.actions.postgres.connections import Connection, said
from bot.domain.model import Model

OURS = r"n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'"
TABLES = f"""
SELECT n.nspname AS schema_, c.relname AS name, c.oid::bigint AS oid
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND {OURS}
  AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
ORDER BY c.relpages, c.relname
"""  # noqa: S608  # constants alone
BTREES = f"""
SELECT n.nspname AS schema_, c.relname AS name, c.oid::bigint AS oid
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace JOIN pg_am AS a ON a.oid = c.relam
WHERE a.amname = 'btree' AND c.relkind = 'i' AND c.relpersistence = 'p' AND i.indisvalid AND i.indisready AND {OURS}
ORDER BY c.relpages, c.relname
"""  # noqa: S608  # constants alone
# An index that is being built CONCURRENTLY is invalid until it is done.
INVALID = """
SELECT i.indexrelid::regclass::text FROM pg_index AS i
WHERE NOT i.indisvalid AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index AS p WHERE p.index_relid = i.indexrelid)
ORDER BY 1
"""
CHECKSUMS = "SELECT checksum_failures FROM pg_stat_database WHERE datname = current_database()"
AMCHECK = "SELECT n.nspname FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'amcheck'"

# What PostgreSQL raises for a damaged or missing file.
DAMAGE = (errors.DataCorrupted, errors.IndexCorrupted, errors.UndefinedFile, errors.IoError)
GONE = (errors.UndefinedTable, errors.UndefinedObject)


class Relation(Model):
    """A table or an index."""

    schema_: str
    name: str
    oid: int

    @property
    def label(self) -> str:
        """As people write it."""
        return f"{self.schema_}.{self.name}"


class Survey(Model):
    """How far an examination came, and what it found."""

    of: str
    how: str
    examined: int
    total: int
    damage: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """How far, in words: `12 of 40 indexes examined`."""
        return f"{self.examined} of {self.total} {self.of} {self.how}"


def survey(
    of: str, how: str, relations: Iterable[Relation], deadline: float, examine: Callable[[Relation], None]
) -> Survey:
    """Examine one after the other until the deadline (monotonic seconds); the small ones come first."""
    examined, total, damage = 0, 0, []
    for relation in relations:
        total += 1
        if time.monotonic() >= deadline:
            continue
        try:
            examine(relation)
        except DAMAGE as error:
            damage.append(f"{relation.label} ({said(error)})")
        except (*GONE, errors.QueryCanceled, errors.LockNotAvailable):
            continue  # dropped meanwhile, or too large for the time there is: not examined
        examined += 1
    return Survey(of=of, how=how, examined=examined, total=total, damage=tuple(damage))


def tables(connection: Connection) -> list[Relation]:
    """Tables and materialised views that our role may read."""
    return _relations(connection, TABLES)


def btrees(connection: Connection) -> list[Relation]:
    """Valid B-tree indexes of permanent tables."""
    return _relations(connection, BTREES)


def _relations(connection: Connection, query: str) -> list[Relation]:
    with connection.cursor(row_factory=class_row(Relation)) as cursor:
        return cursor.execute(query.encode()).fetchall()


def read_a_row(connection: Connection, table: Relation) -> None:
    """Fails where the table's file is missing or its first page is damaged."""
    statement = sql.SQL("SELECT FROM {} LIMIT 1").format(sql.Identifier(table.schema_, table.name))
    connection.execute(statement)


def check_index(connection: Connection, schema: str, index: Relation) -> None:
    """amcheck's look at a B-tree's structure; allowed on a standby."""
    function = sql.Identifier(schema, "bt_index_check")
    connection.execute(sql.SQL("SELECT {}(%s::oid::regclass)").format(function), (index.oid,))


def amcheck_schema(connection: Connection) -> str | None:
    """Where amcheck is installed; None where it isn't."""
    row = connection.execute(AMCHECK).fetchone()
    return str(row[0]) if row else None


def invalid_indexes(connection: Connection) -> list[str]:
    """Indexes that PostgreSQL itself calls invalid."""
    return [f"invalid index {row[0]}" for row in connection.execute(INVALID).fetchall()]


def checksum_failures(connection: Connection) -> int | None:
    """Counted since the statistics were reset; None where the cluster has no checksums."""
    row = connection.execute(CHECKSUMS).fetchone()
    return None if row is None or row[0] is None else int(row[0])
