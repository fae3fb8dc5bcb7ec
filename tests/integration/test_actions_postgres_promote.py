"""postgres.promote and postgres.replica_fit on real pairs."""

import math
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from bot.actions.heartbeat import beat
from bot.actions.postgres import promote, replica_fit
from bot.actions.postgres.promote_plan import PromoteParameters
from bot.actions.postgres.replica_fit import ReplicaFitParameters
from bot.actions.postgres.server_state import server_state
from bot.domain.changes import Plan, Verdict
from bot.engine.leave import Leave
from bot.engine.ports import Earlier, NotApplied, OutcomeUnknown, StepFacts, Unavailable
from bot.playground.pair import DATABASE, Pair
from bot.playground.postgres import Server
from tests.integration.postgres_world import RPO, SYSTEM, World


@pytest.fixture
def world(pg_pair: Pair, step_facts: Callable[..., StepFacts]) -> World:
    return World(pg_pair, step_facts)


@contextmanager
def frozen_replay(server: Server) -> Iterator[None]:
    """The standby's startup process stands still, so that it can't promote."""
    pid = server.value("SELECT pid FROM pg_stat_activity WHERE backend_type = 'startup'")
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def measured(plan: Plan) -> dict[str, Any]:
    return {measurement.name: measurement for measurement in plan.measurements}


def risks(found: Plan | Verdict) -> list[str]:
    return [risk.name for risk in found.risks]


def test_promotes_and_proves_it(world: World) -> None:
    """A dead and fenced primary: the quote is within the objective, the standby is promoted and takes a row."""
    written = world.beat()
    world.pair.primary.kill()
    world.pass_time(seconds=48)
    params, context = PromoteParameters(database=world.replica), world.context(world.fence())
    plan = promote.ACTION.plan(params, promote.observe(params, context))
    assert [(c.what, c.before, c.after) for c in plan.changes] == [
        ("role", "in recovery", "accepts writes"),
        ("timeline", "1", "2"),
    ]
    assert plan.risks == ()
    assert plan.obstacles == ()
    assert plan.point_of_no_return
    assert plan.bounds == {"data_loss": 300.0}
    assert measured(plan)["data_loss"].value == 48
    assert measured(plan)["data_loss"].text == (
        f"at most 48 s: last heartbeat here {written:%H:%M:%SZ}, old primary proven fenced {world.clock:%H:%M:%SZ}"
    )
    assert measured(plan)["bytes_behind"].value is None

    assert promote.settle(params, plan, context).outcome == "unknown"
    result = promote.apply(params, plan, context)
    assert (result["timeline"], result["database"]) == (2, world.replica.model_dump(mode="json", exclude_none=True))
    verdict = promote.verify(params, plan, context)
    assert (verdict.holds, verdict.evidence["timeline"]) == (True, 2)
    assert promote.settle(params, plan, context).outcome == "happened"
    assert world.plan(world.fence()).nothing_to_do.endswith("accepts writes already, on timeline 2.")


def test_loss_beyond_the_objective_is_a_risk_that_stands_still(world: World) -> None:
    """Beyond the objective the plan names the risk; its digest does not move from look to look."""
    written = world.beat()
    world.pair.primary.kill()
    world.pass_time(minutes=8, seconds=19)
    fence = world.fence()
    plan = world.plan(fence)
    assert risks(plan) == ["data_loss_beyond"]
    assert plan.risks[0].text == (
        f"Everything that was written after {written:%Y-%m-%d %H:%M:%SZ} may be lost; the objective allows 5 min."
    )
    assert plan.bounds == {"data_loss": 540.0}
    assert measured(plan)["data_loss"].text.startswith("at most 8 min 19 s: ")
    assert measured(plan)["objective"].text == "5 min: beyond"
    world.pass_time(minutes=2)
    assert world.plan(fence).model_dump(exclude={"measurements"}) == plan.model_dump(exclude={"measurements"})
    assert plan.beyond_bounds(world.plan(fence)) == ()


def test_nothing_is_quoted_without_a_proven_fence(world: World) -> None:
    """No fence, and a fence that could not be proven, both leave the loss unknown and name two risks."""
    world.beat()
    world.pair.primary.kill()
    unproven = world.fence(proven_at=None)
    for plan in (world.plan(), world.plan(unproven)):
        assert risks(plan) == ["fence_unproven", "data_loss_unknown"]
        assert measured(plan)["data_loss"].value is None
        assert plan.bounds == {}


def test_fence_that_was_undone_counts_no_more(world: World) -> None:
    """The proof of a step that is not completed any more is no proof."""
    world.beat()
    world.pair.primary.kill()
    fence = world.fence()
    undone = Earlier(fence.step, fence.action, "undone", fence.ended_at, fence.result, fence.evidence)
    assert risks(world.plan(undone)) == ["fence_unproven", "data_loss_unknown"]


def test_living_primary_contradicts_its_fence(world: World) -> None:
    """A primary that answers although its fence was proven makes everything unknown; its lead is told in bytes."""
    world.beat()
    world.pass_time(seconds=5)
    fence = world.fence()
    world.wait_until(
        lambda: measured(world.plan(fence))["bytes_behind"].value == 0
    )  # what the server itself writes too
    plan = world.plan(fence)
    assert risks(plan) == ["fence_unproven", "data_loss_unknown"]
    assert "still lets clients in" in measured(plan)["data_loss"].text


def test_without_heartbeat_the_loss_is_unknown(world: World) -> None:
    """No row is not zero seconds."""
    world.pair.primary.kill()
    plan = world.plan(world.fence())
    assert risks(plan) == ["data_loss_unknown"]
    assert measured(plan)["data_loss"].text == "unknown: no heartbeat has reached this replica"
    assert measured(plan)["last_transaction"].value is not None or "unknown" in measured(plan)["last_transaction"].text


def test_slow_promotion_is_unknown_and_happens_all_the_same(world: World) -> None:
    """pg_promote that returns false proves nothing: the server promotes itself later, and settle finds it."""
    world.beat()
    world.pair.primary.kill()
    params = PromoteParameters(database=world.replica, wait=timedelta(seconds=1))
    context = world.context(world.fence())
    plan = promote.ACTION.plan(params, promote.observe(params, context))
    with frozen_replay(world.pair.standby):
        with pytest.raises(OutcomeUnknown, match="promote no other server"):
            promote.apply(params, plan, context)
        assert promote.settle(params, plan, context).outcome == "unknown"
    world.wait_until(lambda: promote.settle(params, plan, context).outcome == "happened")


def test_a_server_that_is_promoted_while_it_answers_is_asked_again(pg_database: str) -> None:
    """It said that it was in recovery, and refused the next function of the same query because it no longer was."""
    late = "CREATE FUNCTION late.pg_is_in_recovery() RETURNS boolean LANGUAGE sql VOLATILE AS"
    with closing(psycopg.connect(pg_database.replace("+psycopg", ""), autocommit=True)) as connection:
        connection.execute("CREATE SCHEMA late")
        connection.execute("CREATE SEQUENCE late.asked")
        connection.execute(f"{late} $$ SELECT nextval('late.asked') = 1 $$")
        connection.execute("SET search_path = late, pg_catalog")
        assert not server_state(connection).in_recovery


def test_without_the_right_nothing_is_applied(world: World) -> None:
    """Without EXECUTE on pg_promote the plan has an obstacle, and the call is refused with the GRANT to give."""
    world.pair.primary.execute("REVOKE EXECUTE ON FUNCTION pg_promote(boolean, integer) FROM dr_bot", DATABASE)
    world.beat()
    world.pair.primary.kill()
    plan = world.plan(world.fence())
    assert [obstacle.holds for obstacle in plan.obstacles] == [False]
    with pytest.raises(NotApplied, match=r"GRANT EXECUTE ON FUNCTION pg_promote\(boolean, integer\) TO dr_bot"):
        promote.apply(PromoteParameters(database=world.replica), plan, world.context())
    assert world.pair.standby.value("SELECT pg_is_in_recovery()")


def test_long_promotion_is_completed(world: World) -> None:
    """A server that takes longer to promote than a first change may wait still lets its clients in, and says how it is."""
    world.beat()
    world.pair.primary.kill()
    params, fence = (
        PromoteParameters(database=world.replica),
        world.fence(grants=[{"role": "shop", "grantable": False}]),
    )
    plan = promote.ACTION.plan(params, promote.observe(params, world.context(fence)))
    asked = []

    def check_ours() -> None:
        asked.append(world.pair.standby.value("SELECT pg_is_in_recovery()"))
        leave.until = math.inf if asked[-1] else 0.0

    leave = Leave(check_ours, math.inf)
    result = promote.apply(params, plan, world.changing(leave, fence))
    assert (result["timeline"], asked[0], asked[-1]) == (2, True, False)


def test_woken_too_late_it_promotes_nothing(world: World) -> None:
    """Held up since the last look, it asks the server for nothing that changes it."""
    world.beat()
    world.pair.primary.kill()
    fence = world.fence()
    context = world.changing(Leave(lambda: None, 0.0), fence)
    with pytest.raises(
        OutcomeUnknown, match="not sent, those before it may have been: the bot was held up for too long"
    ):
        promote.apply(PromoteParameters(database=world.replica), world.plan(fence), context)
    assert world.pair.standby.value("SELECT pg_is_in_recovery()")


def test_somebody_elses_promotion_is_not_repeated(world: World) -> None:
    """A server that was promoted after the plan was made is looked at, not promoted."""
    world.beat()
    world.pair.primary.kill()
    plan = world.plan(world.fence())
    world.pair.standby.execute("SELECT pg_promote()")
    with pytest.raises(OutcomeUnknown, match="somebody promoted it"):
        promote.apply(PromoteParameters(database=world.replica), plan, world.context())


def test_silent_standby_is_unavailable_and_gets_nothing(world: World) -> None:
    """A look at a dead server is Unavailable; a call to it is NotApplied, for nothing was sent."""
    plan = world.plan()
    world.pair.standby.kill()
    with pytest.raises(Unavailable):
        world.plan()
    with pytest.raises(NotApplied, match="Nothing was sent"):
        promote.apply(PromoteParameters(database=world.replica), plan, world.context())


def test_commits_that_would_hang_are_found(world: World) -> None:
    """A promoted server that waits for a synchronous standby does not pass, and the proof itself does not hang."""
    world.beat()
    world.pair.primary.kill()
    params, context = PromoteParameters(database=world.replica), world.context(world.fence())
    plan = promote.ACTION.plan(params, promote.observe(params, context))
    promote.apply(params, plan, context)
    world.pair.standby.execute("ALTER SYSTEM SET synchronous_standby_names = 'gone'")
    world.pair.standby.execute("SELECT pg_reload_conf()")
    world.wait_until(lambda: world.pair.standby.value("SHOW synchronous_standby_names") == "gone")
    verdict = promote.verify(params, plan, context)
    assert verdict.holds is False
    assert "synchronous_standby_names" in verdict.finding


def test_left_over_read_only_setting_is_found(world: World) -> None:
    """A promoted server that is read-only by default does not pass."""
    world.beat()
    world.pair.primary.execute(f"ALTER DATABASE {DATABASE} SET default_transaction_read_only = on")
    world.wait_until(lambda: world.pair.standby.value("SHOW default_transaction_read_only", DATABASE) == "on")
    world.pair.primary.kill()
    params, context = PromoteParameters(database=world.replica), world.context(world.fence())
    plan = promote.ACTION.plan(params, promote.observe(params, context))
    promote.apply(params, plan, context)
    verdict = promote.verify(params, plan, context)
    assert (verdict.holds, "default_transaction_read_only" in verdict.finding) == (False, True)


def test_password_is_nowhere(world: World) -> None:
    """The password appears in no plan, result, evidence or error."""
    password = world.pair.roles.bot.password
    world.beat()
    world.pair.primary.kill()
    params, context = PromoteParameters(database=world.replica), world.context(world.fence())
    plan = promote.ACTION.plan(params, promote.observe(params, context))
    result = promote.apply(params, plan, context)
    verdict = promote.verify(params, plan, context)
    world.pair.standby.kill()
    with pytest.raises(Unavailable) as failure:
        promote.observe(params, context)
    said = [
        plan.model_dump_json(),
        str(result),
        verdict.model_dump_json(),
        repr(failure.value),
        repr(failure.value.__cause__),
    ]
    assert plan.secrets[0].name == "bot_password"
    assert not [text for text in [*said, repr(context.secret("bot_password")), repr(context)] if password in text]


def test_fit_while_the_heartbeat_is_fresh(world: World) -> None:
    """A streaming standby with a fresh heartbeat is fit, and the figure is told."""
    world.beat()
    world.pass_time(seconds=4)
    verdict = world.fit()
    assert (verdict.holds, verdict.evidence["data_loss"]) == (True, 4.0)
    assert verdict.finding.startswith("At most 4 s would be lost, the objective allows 5 min. It hears its primary")


def test_fit_with_a_dead_primary_is_bounded_by_the_heartbeat(world: World) -> None:
    """Without a primary the heartbeat bounds the loss: within the objective it holds, beyond it is a risk."""
    written = world.beat()
    world.pair.primary.kill()
    world.wait_until(lambda: world.pair.standby.value("SELECT count(*) FROM pg_stat_wal_receiver") == 0)
    world.pass_time(minutes=4)
    assert world.fit().holds is True
    world.pass_time(minutes=3)
    verdict = world.fit()
    assert (verdict.holds, risks(verdict)) == (None, ["data_loss_beyond"])
    assert f"{written:%Y-%m-%d %H:%M:%SZ} may be lost" in verdict.risks[0].text


def test_fit_counts_until_the_proven_fence(world: World) -> None:
    """Time that passes after a proven fence loses nothing more."""
    world.beat()
    world.pair.primary.kill()
    world.pass_time(minutes=1)
    fence = world.fence()
    world.pass_time(hours=1)
    assert world.fit(fence).evidence["data_loss"] == 60.0
    assert world.fit(fence).holds is True


def test_fit_is_unknown_without_heartbeat(world: World) -> None:
    """A standby to which no heartbeat has come is not fit by any guess."""
    verdict = world.fit()
    assert (verdict.holds, risks(verdict)) == (None, ["data_loss_unknown"])


def test_fit_is_unknown_while_replay_is_paused(world: World) -> None:
    """A paused replay hides how fresh the standby is."""
    world.beat()
    world.pair.standby.execute("SELECT pg_wal_replay_pause()")
    verdict = world.fit()
    assert (verdict.holds, risks(verdict)) == (None, ["data_loss_unknown"])
    assert "paused" in verdict.finding


def test_fit_is_unknown_when_the_cable_is_cut(world: World) -> None:
    """A standby that still says streaming but hears nothing is judged by its old heartbeat alone."""
    world.beat()
    world.pair.wire.cut()
    world.pass_time(minutes=6)
    beat(world.context(), SYSTEM, world.primary)
    verdict = world.fit()
    assert (verdict.holds, risks(verdict)) == (None, ["data_loss_beyond"])
    assert verdict.finding.startswith("At most 6 min would be lost, the objective allows 5 min. ")


def test_fit_refuses_a_clock_that_was_set_back(world: World) -> None:
    """A heartbeat from the future says nothing."""
    world.beat()
    world.pass_time(minutes=-10)
    assert (world.fit().holds, risks(world.fit())) == (None, ["data_loss_unknown"])


def test_primary_is_not_a_fit_replica(world: World) -> None:
    """A server that accepts writes is no standby: that is false, not unknown."""
    params = ReplicaFitParameters(database=world.primary, rpo=RPO)
    assert replica_fit.look(params, world.context()).holds is False


def test_heartbeat_is_written_to_primaries_alone(world: World) -> None:
    """A standby refuses a heartbeat, and the error says why."""
    with pytest.raises(Unavailable, match="it is not a primary"):
        beat(world.context(), SYSTEM, world.replica)


def test_heartbeat_makes_its_table_where_it_may(world: World) -> None:
    """A database without the table gets it with the first beat."""
    world.pair.primary.execute("DROP TABLE dr_bot.heartbeat; GRANT CREATE ON DATABASE customers TO dr_bot", DATABASE)
    written = beat(world.context(), SYSTEM, world.primary)
    assert world.pair.primary.value("SELECT at FROM dr_bot.heartbeat", DATABASE) == written


def test_heartbeat_does_not_wait_for_a_synchronous_standby(world: World) -> None:
    """Where commits hang for a standby that is gone, the heartbeat still returns."""
    world.pair.standby.kill()
    world.pair.primary.execute("ALTER SYSTEM SET synchronous_standby_names = 'gone'")
    world.pair.primary.execute("SELECT pg_reload_conf()")
    world.wait_until(lambda: world.pair.primary.value("SHOW synchronous_standby_names") == "gone")
    assert beat(world.context(), SYSTEM, world.primary) == world.clock
