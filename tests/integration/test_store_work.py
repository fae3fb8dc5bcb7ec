"""Due moments, target locks, deliveries and leases on both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest

from bot.store import deliveries, leases, moments, targets
from bot.store.clock import Clock, database_now
from bot.store.database import Database
from bot.store.deliveries import Message
from bot.store.errors import Held, NameTaken
from bot.store.moments import DueRow, Moment

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
TTL = timedelta(seconds=5)
EAST = "123456789012/us-east-1/rds/customers"
WEST = "123456789012/us-west-2/rds/customers"


def both(call: Callable[[int], object]) -> list[object]:
    """Call from two threads that set off together; what each returned or raised."""
    barrier = Barrier(2)

    def one(number: int) -> object:
        barrier.wait(timeout=60)
        return call(number)

    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(one, number) for number in range(2)]
        return [future.exception() or future.result() for future in futures]


def due(database: Database, now: datetime, limit: int = 10) -> list[DueRow]:
    with database.begin() as connection:
        return moments.due(connection, now, limit)


def test_moments_are_added_changed_and_taken_away(database: Database) -> None:
    """What is put replaces its own key alone; other moments and other streams stay."""
    later = NOON + SECOND
    with database.begin() as connection:
        moments.put(connection, "INC-2", {"update": Moment(later, "update", {})})
        moments.put(connection, "INC-1", {"a": Moment(NOON, "look", {"n": 1}), "b": Moment(NOON, "expiry", {})})
        moments.put(connection, "INC-1", {"a": Moment(later, "look", {"n": [2]}), "c": Moment(NOON, "review", {})})
        moments.drop_all(connection, "INC-1", ["b", "gone already"])
    assert due(database, later) == [
        DueRow("INC-1", "c", NOON, "review", {}),
        DueRow("INC-1", "a", later, "look", {"n": [2]}),
        DueRow("INC-2", "update", later, "update", {}),
    ]
    with database.begin() as connection:
        moments.drop_all(connection, "INC-1", ["a", "c"])
        assert moments.next_at(connection) == later


def test_moments_come_due_in_order(database: Database) -> None:
    """Only what has come is due, to the microsecond, oldest first, no more than asked for."""
    wanted = {f"m{n}": Moment(NOON + n * SECOND, "look", {}) for n in range(5)}
    with database.begin() as connection:
        assert moments.next_at(connection) is None
        moments.put(connection, "INC-1", wanted)
    assert [row.key for row in due(database, NOON + 2 * SECOND)] == ["m0", "m1", "m2"]
    assert [row.key for row in due(database, NOON + 2 * SECOND - timedelta(microseconds=1))] == ["m0", "m1"]
    assert [row.key for row in due(database, NOON + 9 * SECOND, limit=2)] == ["m0", "m1"]


def test_moments_are_moved_and_dropped(database: Database) -> None:
    """A moment can be put off or taken away; one that is gone is told so."""
    with database.begin() as connection:
        moments.put(connection, "INC-1", {"look": Moment(NOON, "look", {})})
        assert moments.rearm(connection, "INC-1", "look", NOON + SECOND)
        assert moments.next_at(connection) == NOON + SECOND
        assert moments.drop(connection, "INC-1", "look")
        assert not moments.drop(connection, "INC-1", "look")
        assert not moments.rearm(connection, "INC-1", "look", NOON)


def test_two_sweeps_share_the_work(database: Database) -> None:
    """Sweeps at the same time never get the same moment, and together they get every one."""
    with database.begin() as connection:
        moments.put(connection, "INC-1", {f"m{n:02}": Moment(NOON, "look", {}) for n in range(40)})

    def sweep(_: int) -> list[str]:
        taken = []
        for _ in range(10):
            with database.begin() as connection:
                for row in moments.due(connection, NOON, 5):
                    assert moments.drop(connection, row.stream, row.key)
                    taken.append(row.key)
        return taken

    first, second = both(sweep)
    assert isinstance(first, list)
    assert isinstance(second, list)
    assert sorted(first + second) == [f"m{n:02}" for n in range(40)]


def take(database: Database, stream: str, wanted: list[str], attempt: int = 1) -> None:
    with database.begin() as connection:
        targets.take(connection, stream, "R1", "promote", attempt, wanted, NOON)


def held(database: Database) -> list[tuple[str, str, int]]:
    with database.read() as connection:
        return [(holder.target, holder.stream, holder.attempt) for holder in targets.holders(connection)]


def test_a_target_has_one_holder(database: Database) -> None:
    """Who comes second gets nothing, not even what was free, and is told who holds it."""
    take(database, "INC-1", [EAST])
    with pytest.raises(Held, match=r"us-east-1/rds/customers is held by INC-1 R1/promote\. .*dr show INC-1") as caught:
        take(database, "INC-2", [WEST, EAST, "0/a/free"])
    assert (caught.value.target, caught.value.stream) == (EAST, "INC-1")
    assert held(database) == [(EAST, "INC-1", 1)]


def test_the_holder_takes_again(database: Database) -> None:
    """A new attempt of the holding step keeps its targets and may add to them; another step of the run is refused."""
    take(database, "INC-1", [EAST])
    take(database, "INC-1", [EAST, WEST, WEST], attempt=2)
    assert held(database) == [(EAST, "INC-1", 2), (WEST, "INC-1", 2)]
    with pytest.raises(Held), database.begin() as connection:
        targets.take(connection, "INC-1", "R1", "fence", 1, [EAST], NOON)


def test_a_released_target_is_free(database: Database) -> None:
    """Releasing a step's targets leaves those of others."""
    take(database, "INC-1", [EAST])
    take(database, "INC-2", [WEST])
    with database.begin() as connection:
        targets.release(connection, "INC-1", "R1", "promote")
        assert targets.holders(connection, [EAST]) == []
    take(database, "INC-3", [EAST])
    assert held(database) == [(EAST, "INC-3", 1), (WEST, "INC-2", 1)]


def test_of_two_takers_one_wins(database: Database) -> None:
    """Two incidents that want the same targets in opposite orders: one takes both, the other is refused, no deadlock."""
    outcomes = both(lambda number: take(database, f"INC-{number}", [EAST, WEST] if number else [WEST, EAST]))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Held", "NoneType"]
    assert len({stream for _, stream, _ in held(database)}) == 1
    assert len(held(database)) == 2


HELLO = Message("INC-1/update/1/alice", "INC-1", "email", "alice@example.com", "status", {"title": "Orders «fail»"})


def test_a_message_is_recorded_once(database: Database) -> None:
    """The second message with an id is not recorded, whatever it says."""
    with database.begin() as connection:
        assert deliveries.add(connection, HELLO, NOON)
        other = Message(HELLO.id, "INC-2", "sms", "bob", "other", {})
        assert not deliveries.add(connection, other, NOON + SECOND)
        found = deliveries.get(connection, HELLO.id)
        assert found == deliveries.Delivery(HELLO, "pending", 0, NOON, None, None, NOON, NOON)
        assert deliveries.of_stream(connection, "INC-1") == [found]
        assert deliveries.get(connection, "INC-1/nothing") is None


def test_of_two_senders_one_sends(database: Database) -> None:
    """A pending message is claimed by one sender; the other finds nothing to do."""
    with database.begin() as connection:
        deliveries.add(connection, HELLO, NOON)

    def claim(_: int) -> bool:
        with database.begin() as connection:
            return deliveries.claim(connection, HELLO.id, NOON) is not None

    assert sorted(map(bool, both(claim))) == [False, True]


def test_how_a_delivery_goes_on(database: Database) -> None:
    """A failed try comes back at its time; a sent message is settled, with the channel's own id kept."""
    with database.begin() as connection:
        deliveries.add(connection, HELLO, NOON)
        deliveries.claim(connection, HELLO.id, NOON)
        assert deliveries.pending(connection, NOON + SECOND, 10) == []
        deliveries.mark(
            connection, HELLO.id, "pending", NOON, message_id="<1@dr>", error="refused", next_at=NOON + 9 * SECOND
        )
        assert deliveries.pending(connection, NOON + 8 * SECOND, 10) == []
        [again] = deliveries.pending(connection, NOON + 9 * SECOND, 10)
        assert (again.tries, again.error, again.message_id) == (1, "refused", "<1@dr>")
        deliveries.claim(connection, HELLO.id, NOON + 9 * SECOND)
        deliveries.mark(connection, HELLO.id, "sent", NOON + 10 * SECOND)
        settled = deliveries.get(connection, HELLO.id)
    assert settled is not None
    assert (settled.state, settled.tries, settled.message_id, settled.error) == ("sent", 2, "<1@dr>", None)


def test_a_sender_that_died_is_seen(database: Database) -> None:
    """A message that has been sending for too long is found, so that it can be looked up before a repeat."""
    with database.begin() as connection:
        deliveries.add(connection, HELLO, NOON)
        deliveries.claim(connection, HELLO.id, NOON)
        assert deliveries.unsettled(connection, NOON, 10) == []
        assert [found.message for found in deliveries.unsettled(connection, NOON + SECOND, 10)] == [HELLO]


def start(database: Database, executor: str, now: datetime, name: str = "one") -> None:
    with database.begin() as connection:
        leases.take(connection, name, executor, TTL, now, version="1.0", url="http://127.0.0.1:8080")


def live(database: Database, now: datetime) -> list[tuple[str, str]]:
    with database.read() as connection:
        return [(replica.name, replica.executor_id) for replica in leases.live(connection, now)]


def test_a_live_name_is_refused(database: Database) -> None:
    """A second process under a name gets no lease while the first lives, and takes it once that has run out."""
    start(database, "a", NOON)
    with pytest.raises(NameTaken, match=r"named one is running already\. .*DR_REPLICA"):
        start(database, "b", NOON + TTL - SECOND)
    start(database, "b", NOON + TTL)
    start(database, "c", NOON + TTL, name="two")
    assert live(database, NOON + TTL) == [("one", "b"), ("two", "c")]


def test_of_two_starters_one_lives(database: Database) -> None:
    """Two processes that start under one name at once: one is refused."""
    outcomes = both(lambda number: start(database, f"executor-{number}", NOON))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NameTaken", "NoneType"]


def test_a_lease_is_renewed_until_another_takes_it(database: Database) -> None:
    """Renewing keeps a replica alive, even late; it fails only once another process has the name."""
    start(database, "a", NOON)
    with database.begin() as connection:
        assert leases.renew(connection, "one", "a", TTL, NOON + 3 * TTL)
    assert live(database, NOON + 3 * TTL) == [("one", "a")]
    start(database, "b", NOON + 5 * TTL)
    with database.begin() as connection:
        assert not leases.renew(connection, "one", "a", TTL, NOON + 5 * TTL)
        leases.release(connection, "one", "a")
    assert live(database, NOON + 5 * TTL) == [("one", "b")]
    with database.begin() as connection:
        leases.release(connection, "one", "b")
    assert live(database, NOON + 5 * TTL) == []


def test_the_clock_is_the_databases(database: Database) -> None:
    """The moment now is aware, in UTC, close to this machine's clock, and moves on within one transaction."""
    with database.read() as connection:
        first = Clock().now(connection)
        assert first.utcoffset() == timedelta(0)
        assert abs(first - datetime.now(UTC)) < 5 * SECOND
        while database_now(connection) == first:
            pass
