"""Several replicas on one PostgreSQL: one dies, one sleeps and wakes, one finds its name taken."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.domain import commands as c
from bot.domain.incident import Incident
from bot.domain.transitions import RunState, StepState
from bot.playground.cloud import start_cloud
from bot.playground.pair import Template
from bot.playground.processes import Processes
from tests.faults.gate import Place, Trap
from tests.faults.nursery import PROJECT, Life, Nursery
from tests.faults.people import People
from tests.faults.promotion import promotion_world
from tests.faults.world import LEASE_OVER, SYSTEM, World, recovery_world

TAKEN_OVER_WITHIN = 30.0  # the lease of 5 s, a look at the living every 1.25 s, a queue every 0.2 s
CHANGE = "route53 ChangeResourceRecordSets"
BEFORE_CHANGE = Trap(Place("sts GetCallerIdentity", 1), "after", "freeze")
BEFORE_PROMOTION = Trap(Place("pg east SELECT set_config('statement_timeout', $1, false)", 1), "after", "freeze")


@pytest.fixture
def world(home: Path, pg_url: str, processes: Processes, nursery: Nursery) -> Iterator[World]:
    with recovery_world(home, pg_url, start_cloud(processes, home), nursery) as world:
        world.restore()
        yield world


def begin(world: World, runbook: str, trap: Trap, people: People) -> Incident:
    """An incident with the runbook running and the trap set for the replica that is up."""
    world.gate.reset(trap)
    world.start()
    incident = people.declare(str(trap), SYSTEM)
    return people.give(incident.id, c.Start(runbook=runbook, system=SYSTEM), "alice")


def attend_until(people: People, incident: Incident, holds: Callable[[Incident], bool], seconds: float = 60.0) -> float:
    """People go on with their work until it holds; how long that took."""
    began = time.monotonic()
    while not holds(people.attend(incident.id)):
        assert time.monotonic() - began < seconds, [
            f"{s.id} {s.state}" for _, s in people.attend(incident.id).every_step()
        ]
        time.sleep(0.05)
    return time.monotonic() - began


def completed(incident: Incident) -> bool:
    return incident.runs["R1"].state is RunState.COMPLETED


def changes(world: World, what: str) -> list[str]:
    return [call.token for call in world.gate.ledger if call.place.what == what and call.applied]


def test_another_replica_goes_on_when_one_is_killed(world: World, say: Callable[[str], None]) -> None:
    """Killed behind its change of the names: the other one notices by the lease, looks, and finishes the run."""
    people = world.people(lambda step: step == "dns")
    incident = begin(world, "recovery", Trap(Place(CHANGE, 1), "after"), people)
    other = world.another("two")
    other.start()
    try:
        attend_until(people, incident, lambda _: world.gate.sprung.is_set())
        seen = attend_until(people, incident, lambda i: i.runs["R1"].steps["dns"].state is not StepState.RUNNING)
        attend_until(people, incident, completed)
    finally:
        other.end()
    say(f"taken over within {seen:.1f} s")
    assert seen < TAKEN_OVER_WITHIN
    assert changes(world, CHANGE) == [f"{incident.id}/R1/dns/1"]


def wake_after_take_over(world: World, incident: Incident, people: People, other: Life) -> None:
    """The frozen replica is given up, its attempt settled and repeated by the other one; then it wakes."""
    attend_until(people, incident, lambda _: world.gate.sprung.is_set())
    clock = world.directory / "clock"
    clock.write_text(str(float(clock.read_text()) + LEASE_OVER))
    other.start()
    attend_until(people, incident, completed)
    os.kill(world.gate.victim, signal.SIGCONT)
    time.sleep(2.0)


def test_a_woken_replica_does_not_change_the_names_again(world: World) -> None:
    """It slept between its recorded start and its call; meanwhile people settled and repeated the step."""
    people = world.people()
    incident = begin(world, "recovery", BEFORE_CHANGE, people)
    other = world.another("two")
    try:
        wake_after_take_over(world, incident, people, other)
    finally:
        other.end()
    assert changes(world, CHANGE) == [f"{incident.id}/R1/dns/2"]


def test_a_woken_replica_does_not_promote_again(
    home: Path, pg_url: str, pg_template: Template, nursery: Nursery
) -> None:
    """It slept in its connection to the standby, just before it would have asked for the promotion."""
    with promotion_world(home, pg_url, pg_template, nursery) as world:
        world.restore()
        people = world.people()
        incident = begin(world, "promotion", BEFORE_PROMOTION, people)
        other = world.another("two")
        try:
            wake_after_take_over(world, incident, people, other)
        finally:
            other.end()
        sent = [call for call in world.gate.ledger if call.place.what == "pg east SELECT pg_promote(true, $1)"]
        assert len(sent) == 1


def test_a_replica_whose_name_was_taken_ends_itself(world: World) -> None:
    """It slept past its lease and another process took its name: it says so and ends with 1."""
    log = world.directory / "first.log"
    command = [sys.executable, "-c", "from bot.app import main; main()", "serve"]
    with log.open("wb") as output:
        first = subprocess.Popen(command, cwd=PROJECT, env=dict(world.environment), stdout=output, stderr=output)
    try:
        wait_for(lambda: b"ready" in log.read_bytes())
        first.send_signal(signal.SIGSTOP)
        world.gate.reset()
        environment = {**world.environment, "DR_HTTP": world.another("x").environment["DR_HTTP"]}
        clock = world.directory / "clock"
        clock.write_text(str(float(clock.read_text()) + LEASE_OVER))
        second = Life(world.life.nursery, environment, world.directory / "second.log")
        second.start()
        wait_for(lambda: second.log.exists() and b"ready" in second.log.read_bytes())
        first.send_signal(signal.SIGCONT)
        assert first.wait(60) == 1
        second.end()
    finally:
        first.kill()
        first.wait()
    assert "Another process has taken this replica's lease." in log.read_text()


def wait_for(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)
