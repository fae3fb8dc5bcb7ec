"""postgres.integrity and postgres.consistency on a real database."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.actions.postgres import consistency, integrity
from bot.actions.postgres.consistency import ConsistencyParameters
from bot.actions.postgres.integrity import IntegrityParameters
from bot.domain.changes import Verdict
from bot.engine.ports import StepFacts, Unavailable
from bot.playground.pair import DATABASE, Pair
from tests.integration.postgres_world import World


@pytest.fixture
def world(pg_pair: Pair, step_facts: Callable[..., StepFacts]) -> World:
    return World(pg_pair, step_facts)


def ask(world: World, *queries: tuple[str, Any]) -> Verdict:
    params = ConsistencyParameters.model_validate(
        {"database": world.replica, "queries": [{"sql": sql, "equals": equals} for sql, equals in queries]}
    )
    return consistency.look(params, world.context())


def examine(world: World, **changes: Any) -> Verdict:
    return integrity.look(IntegrityParameters(database=world.replica, **changes), world.context())


def test_values_compare_as_a_runbook_writes_them(world: World) -> None:
    """Numbers, texts, truth, nothing, dates, lists and objects compare; only the first row counts."""
    verdict = ask(
        world,
        ("select count(*) from orders where customer_id is null", 0),
        ("select price from products where id = 1", 14),
        ("select 0.5::numeric", 0.5),
        ("select true", True),
        ("select null", None),
        ("select 'open'", "open"),
        ("select date '2026-11-03'", "2026-11-03"),
        ("select array[1, 2]", [1, 2]),
        ("select '{\"a\": 1}'::jsonb", {"a": 1}),
        ("select id from orders order by id", 1),
        ("select current_setting('statement_timeout')", "10s"),
        ("select current_setting('application_name')", "INC-7/R1/the_step/1"),
    )
    assert (verdict.holds, verdict.finding) == (True, "All of 12 queries gave what they must.")


def test_difference_names_query_expected_and_found(world: World) -> None:
    """The finding names the query that differs, what it gave and what was expected; true is not 1."""
    verdict = ask(world, ("select 1", 1), ("select count(*) from orders", 21), ("select true", 1))
    assert verdict.holds is False
    assert verdict.finding == "select count(*) from orders gave 20, expected 21. select true gave True, expected 1."


def test_query_that_cannot_be_asked_is_unknown(world: World) -> None:
    """Several statements, writes, errors and queries without a row make it unknown, and nothing is written."""
    for sql in (
        "select 1; select 2",
        "insert into dr_bot.heartbeat values ('x', now(), 1) returning 1",
        "select * from no_such_table",
        "select 1 where false",
        "commit",
        "select set_config('transaction_read_only', 'off', false)",
    ):
        params = ConsistencyParameters.model_validate(
            {"database": world.primary, "queries": [{"sql": sql, "equals": 1}]}
        )
        with pytest.raises(Unavailable):
            consistency.look(params, world.context())
    assert world.pair.primary.value("SELECT count(*) FROM dr_bot.heartbeat", DATABASE) == 0


def test_query_changes_nothing(world: World) -> None:
    """A query runs as a role that may only read: it can't promote the standby, though the bot's own role may."""
    for before in ((), (("select set_config('role', 'none', true)", "none"),)):
        with pytest.raises(Unavailable, match="permission denied for function pg_promote"):
            ask(world, *before, ("select pg_promote(true, 20)", True))
    assert world.pair.standby.value("SELECT pg_is_in_recovery()")


def test_query_sees_whole_tables(world: World) -> None:
    """Rows that a policy hides make the answer unknown, not another one."""
    world.pair.primary.execute("ALTER TABLE orders ENABLE ROW LEVEL SECURITY", DATABASE)
    world.catch_up()
    with pytest.raises(Unavailable, match="row-level security"):
        ask(world, ("select count(*) from orders", 0))


def test_missing_right_to_read_is_said(world: World) -> None:
    """Without the reader's role nothing is asked, and the finding says what to grant."""
    world.pair.primary.execute("REVOKE pg_read_all_data FROM dr_bot")
    world.catch_up()
    with pytest.raises(Unavailable, match="As a superuser: GRANT pg_read_all_data TO dr_bot"):
        ask(world, ("select 1", 1))


def test_sound_database_passes_with_its_scope(world: World) -> None:
    """A sound standby passes, and the verdict says how much was examined."""
    verdict = examine(world)
    assert verdict.holds is True
    tables, indexes = verdict.evidence["tables"], verdict.evidence["indexes"]
    assert tables == {"examined": 4, "total": 4}
    assert isinstance(indexes, dict)
    assert indexes["examined"] == indexes["total"] == 5


def test_invalid_index_is_found(world: World) -> None:
    """An index that a failed build left behind is named."""
    world.pair.primary.execute("CREATE INDEX broken ON orders (quantity)", DATABASE)
    world.pair.primary.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broken'::regclass", DATABASE)
    world.catch_up()
    verdict = examine(world)
    assert verdict.holds is False
    assert verdict.evidence["damage"] == ["invalid index broken"]


def test_missing_file_and_damaged_index_are_found(world: World) -> None:
    """A table whose file is gone and an index whose pages are garbage are both named, by one look."""
    standby = world.pair.standby
    table = standby.data / standby.value("SELECT pg_relation_filepath('products')", DATABASE)
    index = standby.data / standby.value("SELECT pg_relation_filepath('orders_pkey')", DATABASE)
    standby.stop()
    table.unlink()
    page = bytearray(index.read_bytes())
    page[8192 + 24 : 8192 + 400] = bytes(376)
    index.write_bytes(bytes(page))
    standby.start()
    verdict = examine(world)
    assert verdict.holds is False
    damage = verdict.evidence["damage"]
    assert isinstance(damage, list)
    assert any(str(one).startswith("public.products (") for one in damage)
    assert any(str(one).startswith("public.orders_pkey (") for one in damage)


def test_what_may_not_be_read_is_not_called_sound(world: World) -> None:
    """Where the bot may read no table, the check does not hold."""
    world.pair.primary.execute("REVOKE shop_owner, pg_read_all_data FROM dr_bot; DROP SCHEMA dr_bot CASCADE", DATABASE)
    world.catch_up()
    verdict = examine(world)
    assert (verdict.holds, verdict.evidence["tables"]) == (None, {"examined": 0, "total": 0})


def test_silent_database_is_unavailable(world: World) -> None:
    """Nothing is known of a database that does not answer."""
    world.pair.standby.kill()
    with pytest.raises(Unavailable):
        examine(world)
    with pytest.raises(Unavailable):
        ask(world, ("select 1", 1))
