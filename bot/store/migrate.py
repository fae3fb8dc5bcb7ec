"""Makes or upgrades the tables. Imports alembic, which takes a while, so the bot runs this as a process of its own."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import func, select

from bot.store.database import Database
from bot.store.revision import HEAD, stored_revision

SCRIPTS = Path(__file__).parent / "migrations"
UPGRADE_LOCK = 0x0D12_B075


def upgrade(database: Database) -> None:
    """Brings the tables to this version's revision, all or nothing; of several processes one works and the others wait.

    Raises SchemaTooNew, and the store's errors for a database that is locked, full or away.
    """
    with database.begin() as connection:
        if not database.is_sqlite:  # on SQLite the transaction itself is the lock
            connection.execute(select(func.pg_advisory_xact_lock(UPGRADE_LOCK)))
        if stored_revision(connection) == HEAD:
            return
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def alembic_config() -> Config:
    """Alembic's settings, without a file."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return config
