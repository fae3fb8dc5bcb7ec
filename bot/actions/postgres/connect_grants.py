"""Who may connect to a database: the CONNECT grants of its access list, read and changed."""

from collections.abc import Iterable, Sequence

from psycopg import sql
from psycopg.rows import class_row

from bot.actions.postgres.connections import Connection
from bot.domain.model import JsonValue, Model

# An access list that was never changed is NULL and means the default: everybody and the owner.
GRANTS = """
SELECT DISTINCT roles.rolname AS role, bool_or(granted.is_grantable) AS grantable
FROM pg_database AS d
CROSS JOIN aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) AS granted
LEFT JOIN pg_roles AS roles ON roles.oid = granted.grantee
WHERE d.datname = %s AND granted.privilege_type = 'CONNECT'
GROUP BY roles.rolname ORDER BY roles.rolname NULLS FIRST
"""


class Grant(Model):
    """CONNECT for a role; role None is PUBLIC, everybody."""

    role: str | None
    grantable: bool = False

    @property
    def name(self) -> str:
        """The role as people write it."""
        return self.role or "PUBLIC"


def read_grants(connection: Connection, database: str) -> tuple[Grant, ...]:
    """Every CONNECT grant on a database; raises psycopg.Error."""
    with connection.cursor(row_factory=class_row(Grant)) as cursor:
        return tuple(cursor.execute(GRANTS, (database,)).fetchall())


def to_json(grants: Iterable[Grant]) -> list[JsonValue]:
    """Grants as a plan keeps them."""
    return [grant.model_dump(mode="json") for grant in grants]


def from_json(value: JsonValue) -> tuple[Grant, ...]:
    """Grants out of a plan."""
    return tuple(Grant.model_validate(entry) for entry in value) if isinstance(value, list) else ()


def missing_of(wanted: Iterable[Grant], present: Iterable[Grant]) -> tuple[Grant, ...]:
    """The wanted grants whose role has none."""
    roles = {grant.role for grant in present}
    return tuple(grant for grant in wanted if grant.role not in roles)


def give(connection: Connection, database: str, grants: Iterable[Grant]) -> None:
    """Grant CONNECT; to those who have it already it changes nothing. Raises psycopg.Error."""
    for grant in grants:
        option = sql.SQL(" WITH GRANT OPTION") if grant.grantable and grant.role else sql.SQL("")
        statement = sql.SQL("GRANT CONNECT ON DATABASE {} TO {}{}")
        connection.execute(statement.format(sql.Identifier(database), _role(grant), option))


def take(connection: Connection, database: str, grants: Sequence[Grant]) -> None:
    """Revoke CONNECT from all of them in one statement, and from whom they gave it to. Raises psycopg.Error."""
    if grants:
        roles = sql.SQL(", ").join(_role(grant) for grant in grants)
        statement = sql.SQL("REVOKE CONNECT ON DATABASE {} FROM {} CASCADE")
        connection.execute(statement.format(sql.Identifier(database), roles))


def _role(grant: Grant) -> sql.Composable:
    return sql.SQL("PUBLIC") if grant.role is None else sql.Identifier(grant.role)
