"""How many of Slack's answers to the canary came back, counted over all replicas: each may come back to any of them."""

from sqlalchemy import Connection, select

from bot.store.schema import numbers
from bot.store.sql import insert

NAME = "canary"


def add(connection: Connection, came: int) -> None:
    """So many came back since the last time."""
    statement = insert(connection, numbers).values(name=NAME, value=came)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": numbers.c.value + came}))


def count(connection: Connection) -> int:
    """How many came back ever."""
    found: int | None = connection.execute(select(numbers.c.value).where(numbers.c.name == NAME)).scalar()
    return found or 0
