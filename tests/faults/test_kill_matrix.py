"""kill -9 at every outside call of two scenarios, before and after it takes effect, on both databases of the bot."""

import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bot.playground.cloud import start_cloud
from bot.playground.pair import Template
from bot.playground.processes import Processes
from tests.faults import invariants
from tests.faults.gate import Call, Trap
from tests.faults.matrix import Outcome, Scenario, broken, play, traps
from tests.faults.nursery import Nursery
from tests.faults.promotion import grouped_traps, promotion_world
from tests.faults.world import World, recovery_world

TRIES = 3  # for a point that a run did not come by
ENOUGH = 5  # faults after which going on teaches nothing more


@dataclass
class Tally:
    """What one worker has seen. `settled` are seconds from each death to a finished run."""

    points: int = 0
    settled: list[float] = field(default_factory=list)
    doubts: int = 0
    faults: list[str] = field(default_factory=list)


def recovery() -> Scenario:
    gated = {"probed": 1, "blind": 1, "fence": 1, "dns": 2, "balancer": 1}
    return Scenario("recovery", gated, mails=2)


def promotion() -> Scenario:
    return Scenario("promotion", {"fence": 1, "promote": 2}, mails=1, again=("GRANT CONNECT", "pg_terminate_backend"))


def sweep(
    world: World, scenario: Scenario, chosen: Callable[[Iterable[Call]], list[Trap]], say: Callable[[str], None]
) -> Tally:
    """An undisturbed run that is learned from, then one run for each point."""
    tally = Tally()
    world.start()
    learned = play(world, scenario, None)
    scenario.learn(learned.ledger)
    learned = play(world, scenario, None)
    tally.faults += [f"undisturbed: {fault}" for fault in learned.faults]
    for trap in chosen(learned.ledger):
        if len(tally.faults) >= ENOUGH:
            break
        outcome = reached(world, scenario, trap)
        count(tally, outcome, trap)
        say(f"{world.bot.database.name.partition(':')[0]:24} {trap} {outcome.seconds:.1f} s {outcome.faults or ''}")
    world.life.end()
    tally.faults += ending(world)
    return tally


def reached(world: World, scenario: Scenario, trap: Trap) -> Outcome:
    """A run in which the trap was sprung; looks may differ from run to run, so it is tried again where it was not."""
    outcome = attempted(world, scenario, trap)
    for _ in range(TRIES - 1):
        if outcome.sprung or outcome.faults:
            return outcome
        outcome = attempted(world, scenario, trap)
    if not outcome.sprung:
        outcome.faults.append("the point was never reached")
    return outcome


def attempted(world: World, scenario: Scenario, trap: Trap) -> Outcome:
    try:
        return play(world, scenario, trap)
    except Exception:  # noqa: BLE001 - whatever breaks in one run is a finding, and the next point is still tried
        world.life.end()
        return Outcome(trap, "", [], [], None, faults=[traceback.format_exc()])


def count(tally: Tally, outcome: Outcome, trap: Trap) -> None:
    tally.points += 1
    tally.settled.append(outcome.settled_after)
    tally.doubts += sum(line["type"] == "StepInDoubt" for line in outcome.lines)
    story = "\n".join(f"    {line['seq']} {line['type']} {line['data']}" for line in outcome.lines)
    tally.faults += [f"{trap} in {outcome.incident}: {fault}\n{story}" for fault in outcome.faults]


def ending(world: World) -> list[str]:
    """What must hold of everything that all the runs have left behind."""
    database = world.bot.database
    texts = {
        "the log": world.life.log.read_bytes(),
        "the database": invariants.everything_in(database),
        "the mails": "\n".join(mail.text + mail.subject for mail in world.mail.messages).encode(),
    }
    if database.path:
        texts |= {name: path.read_bytes() for name in ("", "-wal") if (path := Path(database.path + name)).exists()}
    return [*invariants.faults_of_chain(database), *invariants.canaries(texts, world.secrets)]


def both(sweeps: dict[str, Callable[[], Tally]]) -> dict[str, Tally]:
    """Two workers, one for each database."""
    with ThreadPoolExecutor(2) as workers:
        running = {name: workers.submit(work) for name, work in sweeps.items()}
        return {name: future.result() for name, future in running.items()}


def report(say: Callable[[str], None], what: str, tallies: dict[str, Tally]) -> None:
    for name, tally in tallies.items():
        slowest = max(tally.settled, default=0.0)
        say(
            f"{what} on {name}: {tally.points} points, {len(tally.faults)} faults, {tally.doubts} doubts, "
            f"settled within {slowest:.1f} s"
        )


def test_killed_at_every_call_of_a_recovery(
    places: dict[str, tuple[Path, str]], processes: Processes, say: Callable[[str], None]
) -> None:
    """AWS, hooks with and without a probe, a fence, mails: nothing twice, nothing lost, what is unknown is said."""

    def swept(directory: Path, url: str) -> Tally:
        moto = start_cloud(processes, directory)
        with Nursery() as nursery, recovery_world(directory, url, moto, nursery) as world:
            return sweep(world, recovery(), traps, say)

    tallies = both({kind: partial(swept, *place) for kind, place in places.items()})
    report(say, "recovery", tallies)
    assert [fault for tally in tallies.values() for fault in tally.faults] == []


def test_every_call_of_a_recovery_breaks_once(
    places: dict[str, tuple[Path, str]], processes: Processes, say: Callable[[str], None]
) -> None:
    """The connection is closed, or an error comes back: what may have happened is in doubt, and nothing is sent twice."""

    def swept(directory: Path, url: str) -> Tally:
        moto = start_cloud(processes, directory)
        with Nursery() as nursery, recovery_world(directory, url, moto, nursery) as world:
            return sweep(world, recovery(), broken, say)

    tallies = both({kind: partial(swept, *place) for kind, place in places.items()})
    report(say, "broken calls", tallies)
    assert [fault for tally in tallies.values() for fault in tally.faults] == []


def test_killed_at_every_statement_of_a_promotion(
    places: dict[str, tuple[Path, str]], pg_template: Template, say: Callable[[str], None]
) -> None:
    """A real primary is fenced and its standby promoted once, wherever the bot dies."""

    def swept(directory: Path, url: str) -> Tally:
        with Nursery() as nursery, promotion_world(directory, url, pg_template, nursery) as world:
            return sweep(world, promotion(), grouped_traps, say)

    tallies = both({kind: partial(swept, *place) for kind, place in places.items()})
    report(say, "promotion", tallies)
    assert [fault for tally in tallies.values() for fault in tally.faults] == []
