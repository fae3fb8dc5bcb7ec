"""The PostgreSQL pair that demo and tests stand on."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from bot.playground.binaries import PostgresMissing, find_binaries
from bot.playground.pair import DATABASE, Pair

BEAT = "INSERT INTO dr_bot.heartbeat VALUES ('customer-database', now(), 1)"
BEATS = "SELECT count(*) FROM dr_bot.heartbeat"


def test_a_heartbeat_of_the_bot_reaches_the_standby(pg_pair: Pair, eventually: Callable[..., bool]) -> None:
    """What dr_bot writes on the primary can be read on the standby."""
    with pg_pair.as_bot(pg_pair.primary) as connection:
        connection.execute(BEAT)
    assert eventually(lambda: pg_pair.standby.value(BEATS, DATABASE) == 1)


def test_a_cut_wire_loses_what_was_committed_after_it(pg_pair: Pair) -> None:
    """After the wire is cut and the primary's power is gone, the promoted standby lacks the last commit."""
    pg_pair.wire.cut()
    with pg_pair.as_bot(pg_pair.primary) as connection:
        connection.execute(BEAT)
    pg_pair.primary.kill()
    with pg_pair.as_bot(pg_pair.standby) as connection:
        assert connection.execute("SELECT pg_promote(true, 60)").fetchone() == (True,)
        assert connection.execute(BEATS).fetchone() == (0,)
        connection.execute(BEAT)


def test_a_mended_wire_catches_up(pg_pair: Pair, eventually: Callable[..., bool]) -> None:
    """After the wire is mended the standby receives what it missed."""
    pg_pair.wire.cut()
    with pg_pair.as_bot(pg_pair.primary) as connection:
        connection.execute(BEAT)
    assert not eventually(lambda: pg_pair.standby.value(BEATS, DATABASE) == 1, seconds=0.3)
    pg_pair.wire.mend()
    assert eventually(lambda: pg_pair.standby.value(BEATS, DATABASE) == 1)


def test_a_killed_server_leaves_no_process_and_starts_again(pg_pair: Pair) -> None:
    """After a power cut nothing answers; after a start every committed row is there."""
    with pg_pair.as_bot(pg_pair.primary) as connection:
        connection.execute(BEAT)
        pg_pair.primary.kill()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError):
        pg_pair.primary.value("SELECT 1")
    pg_pair.primary.start()
    assert pg_pair.primary.value(BEATS, DATABASE) == 1


def test_the_bot_can_take_connect_from_everyone_and_is_no_superuser(pg_pair: Pair) -> None:
    """With the grants file alone dr_bot ends the shop's session and locks shop and owner out."""
    roles = pg_pair.roles
    with pg_pair.as_shop(pg_pair.primary) as shop, pg_pair.as_bot(pg_pair.primary) as bot:
        bot.execute(f"REVOKE CONNECT ON DATABASE {DATABASE} FROM {roles.shop.user}, {roles.owner.user}")
        bot.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", (roles.shop.user,))
        with pytest.raises(psycopg.OperationalError):
            shop.execute("SELECT 1")
        for login in (roles.shop, roles.owner):
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                pg_pair.primary.connect(DATABASE, login.user, login.password)
        assert bot.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (False,)


def test_the_bot_can_check_an_index(pg_pair: Pair) -> None:
    """dr_bot may run amcheck, on the standby too."""
    check = "SELECT amcheck.bt_index_check('orders_pkey'::regclass, true)"
    for server in (pg_pair.primary, pg_pair.standby):
        with pg_pair.as_bot(server) as connection:
            connection.execute(check)


def test_no_postgresql_is_one_clear_error(tmp_path: Path) -> None:
    """A PGBIN without PostgreSQL's programs is refused with what to do next."""
    with pytest.raises(PostgresMissing, match="PGBIN"):
        find_binaries({"PGBIN": str(tmp_path)}, tmp_path)


def test_the_newest_installed_version_is_taken(tmp_path: Path) -> None:
    """Of several installed versions the highest number wins, 17 before 9."""
    for version in ("9", "17"):
        directory = tmp_path / version / "bin"
        directory.mkdir(parents=True)
        for name in ("initdb", "postgres", "pg_basebackup"):
            (directory / name).write_text("#!/bin/sh\n")
            (directory / name).chmod(0o755)
    found = find_binaries({}, tmp_path, system=tmp_path)
    assert "17" in str(found.directory) or found.directory == tmp_path / "postgresql" / "bin"
