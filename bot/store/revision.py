"""Which revision the tables have, found without importing alembic, so that a command starts fast."""

from sqlalchemy import Connection, column, inspect, select, table

from bot.store.database import Database
from bot.store.errors import SchemaTooNew, SchemaTooOld

VERSION_TABLE = "schema_version"
REVISIONS = ("0001", "0002")
HEAD = REVISIONS[-1]

version = table(VERSION_TABLE, column("version_num"))


def stored_revision(connection: Connection) -> str | None:
    """The revision of the tables, None where there are none; raises SchemaTooNew for one that is unknown here."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.execute(select(version.c.version_num)).scalar()
    if found is not None and found not in REVISIONS:
        raise SchemaTooNew(f"The database was made by a newer version (revision {found}). Upgrade the bot.")
    return found


def check(database: Database) -> None:
    """Raises SchemaTooNew or SchemaTooOld unless the tables are those of this version."""
    with database.read() as connection:
        found = stored_revision(connection)
    if found is None:
        raise SchemaTooOld("The database has no tables yet. Start `dr serve` once: it makes them.")
    if found != HEAD:
        raise SchemaTooOld(f"The tables are those of an older version (revision {found}). Start `dr serve` once.")
