"""The tables are made once, whoever makes them, and are the ones that the code expects."""

import os
import subprocess
import sys
from contextlib import closing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from bot.store.database import Database
from bot.store.errors import SchemaTooNew, SchemaTooOld
from bot.store.migrate import alembic_config, upgrade
from bot.store.revision import HEAD, REVISIONS, VERSION_TABLE, check
from bot.store.schema import metadata

UPGRADE = """
import os, sys
from bot.store.database import Database
from bot.store.migrate import upgrade
database = Database(os.environ["DATABASE_URL"])
print("ready", flush=True)
sys.stdin.readline()
upgrade(database)
database.close()
"""


def test_migrations_and_tables_agree(database: Database) -> None:
    """What the migrations make is what the code describes, to the last index."""
    options = {"version_table": VERSION_TABLE}
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []


def test_the_known_revisions_are_those_of_the_scripts() -> None:
    """The constants that spare a command the import of alembic name every script, in order."""
    scripts = ScriptDirectory.from_config(alembic_config())
    assert scripts.get_heads() == [HEAD]
    assert [script.revision for script in scripts.walk_revisions()] == list(reversed(REVISIONS))


def test_several_processes_upgrade_at_once(database_url: str) -> None:
    """Of processes that start together on an empty database one makes the tables and the others find them."""
    environment = os.environ | {"DATABASE_URL": database_url}
    command = [sys.executable, "-W", "error", "-c", UPGRADE]
    starters = [
        subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for starter in starters:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "ready\n"
    ended = [starter.communicate("go\n", timeout=30)[1] for starter in starters]
    assert ended == ["", "", ""]
    with closing(Database(database_url)) as database:
        check(database)


def test_upgrading_again_changes_nothing(database: Database) -> None:
    """An upgrade of tables that are current keeps what is in them."""
    with database.begin() as connection:
        connection.execute(text("INSERT INTO numbers VALUES ('INC', 7)"))
    upgrade(database)
    check(database)
    with database.read() as connection:
        assert connection.execute(text("SELECT value FROM numbers")).scalar() == 7


def test_no_tables_yet(database_url: str) -> None:
    """An empty database is told apart from one that is current, with what to do."""
    with closing(Database(database_url)) as database, pytest.raises(SchemaTooOld, match=r"no tables yet.*dr serve"):
        check(database)


def test_tables_of_a_newer_version(database: Database) -> None:
    """Neither a look nor an upgrade touches tables that a newer version made."""
    with database.begin() as connection:
        connection.execute(text("UPDATE schema_version SET version_num = '9999'"))
    for use in (check, upgrade):
        with pytest.raises(SchemaTooNew, match=r"newer version \(revision 9999\)\. Upgrade the bot"):
            use(database)
