"""Replacing a stream's due moments, over random sequences."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.store import moments
from bot.store.database import Database
from bot.store.moments import Moment
from bot.store.schema import metadata

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MOMENTS = st.builds(
    Moment,
    at=st.integers(-3, 3).map(lambda seconds: NOON + timedelta(seconds=seconds)),
    kind=st.sampled_from(["look", "update"]),
    data=st.dictionaries(st.sampled_from("ab"), st.integers(0, 2)),
)
WANTED = st.dictionaries(st.sampled_from(["update", "expiry/fence", "look/fence", "review"]), MOMENTS)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('moments')}/dr.db")
    metadata.create_all(database.engine)
    yield database
    database.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.lists(WANTED, max_size=5))
def test_the_last_replacement_counts(tables: Database, sequence: list[dict[str, Moment]]) -> None:
    """After any sequence the rows are exactly the last wanted ones, and the earliest of them is the next moment."""
    with tables.begin() as connection:
        for wanted in [*sequence, {}, *sequence]:
            moments.replace(connection, "INC-1", wanted)
        last = sequence[-1] if sequence else {}
        found = moments.due(connection, NOON + timedelta(days=1), 100)
        assert {row.key: Moment(row.at, row.kind, row.data) for row in found} == last
        assert [row.at for row in found] == sorted(row.at for row in found)
        assert moments.next_at(connection) == min((item.at for item in last.values()), default=None)
