"""Alembic's entry: runs in the transaction that `bot.store.migrate` opened."""

from alembic import context

from bot.store.revision import VERSION_TABLE
from bot.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
context.run_migrations()
