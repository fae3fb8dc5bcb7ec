"""A primary and its streaming standby, with the shop's database and the bot's role."""

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from bot.playground.binaries import Binaries
from bot.playground.postgres import Connection, Login, Server
from bot.playground.processes import Processes
from bot.playground.wire import Wire

DATABASE = "customers"
SLOT = "dr"
GRANTS = Path(__file__).parents[2] / "deploy" / "postgres-grants.sql"
SCHEMA = Path(__file__).with_name("shop.sql")


def new_login(user: str) -> Login:
    return Login(user, secrets.token_urlsafe(12))


@dataclass(frozen=True)
class Roles:
    """The roles of the shop's database. `shop_owner` owns it and does not log in from the shop."""

    replicator: Login = field(default_factory=lambda: new_login("replicator"))
    owner: Login = field(default_factory=lambda: new_login("shop_owner"))
    shop: Login = field(default_factory=lambda: new_login("shop"))
    bot: Login = field(default_factory=lambda: new_login("dr_bot"))

    def statements(self) -> str:
        created = [f"CREATE ROLE {it.user} LOGIN PASSWORD '{it.password}'" for it in (self.owner, self.shop, self.bot)]
        created.append(f"CREATE ROLE {self.replicator.user} LOGIN REPLICATION PASSWORD '{self.replicator.password}'")
        return ";".join(created)


@dataclass
class Pair:
    """`standby` streams from `primary` through `wire`."""

    primary: Server
    standby: Server
    wire: Wire
    roles: Roles

    def as_bot(self, server: Server) -> Connection:
        """A connection as dr_bot to the shop's database."""
        return server.connect(DATABASE, self.roles.bot.user, self.roles.bot.password)

    def as_shop(self, server: Server) -> Connection:
        return server.connect(DATABASE, self.roles.shop.user, self.roles.shop.password)

    def url(self, server: Server) -> str:
        """dr_bot's URL of the shop's database."""
        return server.url(DATABASE, self.roles.bot.user, self.roles.bot.password)

    def close(self) -> None:
        self.wire.close()
        for server in (self.standby, self.primary):
            server.kill()


def prepare_database(server: Server, roles: Roles) -> None:
    """Roles, the shop's database with its rows, and the bot's grants on a running server."""
    server.execute(roles.statements())
    server.execute(f"CREATE DATABASE {DATABASE} OWNER {roles.owner.user}")
    with server.connect(DATABASE, roles.owner.user, roles.owner.password) as connection:
        connection.execute(SCHEMA.read_bytes())
        connection.execute(f"GRANT CONNECT ON DATABASE {DATABASE} TO {roles.shop.user}".encode())
    server.execute(GRANTS.read_text(), DATABASE)


def build_pair(binaries: Binaries, processes: Processes, home: Path) -> Pair:
    """Both servers made from nothing and running; the standby by pg_basebackup."""
    roles = Roles()
    primary = Server.create(binaries, processes, home / "west")
    primary.start()
    prepare_database(primary, roles)
    wire = Wire(primary.port)
    standby = primary.clone_standby(home / "east", slot=SLOT, replication=roles.replicator, through_port=wire.port)
    standby.start()
    return Pair(primary, standby, wire, roles)


@dataclass(frozen=True)
class Template:
    """A prepared, stopped primary of which pairs are copied, which takes a fraction of the time."""

    server: Server
    roles: Roles

    @classmethod
    def create(cls, binaries: Binaries, processes: Processes, home: Path) -> Self:
        roles = Roles()
        server = Server.create(binaries, processes, home)
        server.start()
        prepare_database(server, roles)
        server.execute(f"SELECT pg_create_physical_replication_slot('{SLOT}', true)")
        server.stop()
        return cls(server, roles)

    def pair(self, home: Path) -> Pair:
        primary = self.server.cold_copy(home / "west")
        standby = self.server.cold_copy(home / "east")
        primary.start()
        pair = Pair(primary, standby, Wire(primary.port), self.roles)
        try:
            standby.drop_slot(SLOT)
            standby.follow(pair.wire.port, slot=SLOT, replication=self.roles.replicator)
            standby.start()
        except BaseException:
            pair.close()
            raise
        return pair
