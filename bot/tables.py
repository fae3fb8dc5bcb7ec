"""`python -m bot.tables`: makes or upgrades the tables of DATABASE_URL. A process of its own, for it alone needs alembic."""

import sys

from bot.domain.errors import DRError
from bot.engine.durable import prepare
from bot.settings import Settings
from bot.store.database import Database
from bot.store.migrate import upgrade


def main() -> int:
    """0 once the tables are those of this version; else 1, with one line on stderr."""
    try:
        database = Database(Settings.read().database_url.get_secret_value())
        upgrade(database)
        prepare(database)
    except DRError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
