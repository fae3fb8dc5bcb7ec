"""What people feel in Slack: acknowledgements, declaring, and how soon a click changes its message. Two real processes
at the local workspace: the bot, and a bare Bolt app beside it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from bench.rows import Row, percentile
from bot.playground.processes import free_port
from bot.playground.workspace.workspace import Workspace

ROOT = Path(__file__).parent.parent
SINGLE, BURSTS, AT_ONCE = 200, 4, 50
DECLARES, LATENCY = 40, 0.1
CHANGES, CHANGES_IN = 100, 10.0
QUIET = 10.0  # seconds until all that forty incidents cause is posted
DR = [str(Path(sys.executable).with_name("dr")), "serve"]


def run(_: Callable[[str], str]) -> Iterator[Row]:
    """On SQLite, where writers take turns."""
    with TemporaryDirectory() as directory:
        bare = [sys.executable, "-m", "bench.bare_bolt", f"{directory}/bare.db"]
        with bot(bare) as workspace:
            theirs = acks(workspace, "oncall")
        with bot(DR) as workspace:
            channel = declared(workspace)
            ours = acks(workspace, channel)
        for name, mine, other, bound in zip(("one by one", "50 at once"), ours, theirs, (None, 100.0), strict=True):
            p99, beside = percentile(mine, 0.99), percentile(other, 0.99)
            ratio = f"{p99 / beside:.1f} x bare Bolt ({beside:.1f} ms)"
            yield Row(f"Ack p99, {name}", "SQLite", p99, "ms", bound or 3 * beside, ratio)
        with bot(DR) as workspace:
            yield from clicks(workspace)
        with bot(DR) as workspace:
            yield from burst(workspace)
        with bot(DR, DR_PLAN=many_systems(directory)) as workspace:
            yield from declares(workspace)


def many_systems(directory: str) -> str:
    """The recovery plan with forty systems more, in a file: who declares one that is open already is asked first."""
    plan = yaml.safe_load((ROOT / "plan.yml").read_text())
    one = {key: plan["systems"]["customer-database"][key] for key in ("title", "objectives", "regions")}
    plan["systems"] |= {f"system-{number}": one for number in range(DECLARES)}
    file = Path(directory, "plan.yml")
    file.write_text(json.dumps(plan, indent=1, default=str))
    return str(file)


@contextmanager
def bot(command: Sequence[str], **settings: str) -> Iterator[Workspace]:
    """A bot that listens to a workspace of its own."""
    with TemporaryDirectory() as directory, Workspace.running(limits=False) as workspace:
        environment = os.environ | workspace.environment | settings
        environment |= {"DATABASE_URL": f"sqlite:///{directory}/dr.db", "DR_HTTP": f"127.0.0.1:{free_port()}"}
        log = Path(directory, "log")
        with log.open("w") as errors:
            child = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=errors, stdout=errors)
            try:
                workspace.until(lambda: workspace.connections, 30)
                workspace.invite_bot("C0INCIDENTS")
                time.sleep(3)  # all its connections, and the work of its start
                yield workspace
            finally:
                child.terminate()
                child.wait(timeout=20)


def declared(workspace: Workspace, line: str = "sev1 customer-database us-west-2 is down") -> str:
    """The channel of a new incident."""
    before = {channel.id for channel in workspace.channels()}
    workspace.command("U0ALICE", "oncall", f"/dr declare {line}")
    made: str = workspace.until(lambda: next((c.id for c in workspace.channels() if c.id not in before), None), 10)
    workspace.until(lambda: cards(workspace, made), 10)
    return made


def cards(workspace: Workspace, channel: str) -> list[Any]:
    return [message for message in workspace.messages(channel) if message.get("blocks")]


def acks(workspace: Workspace, channel: str) -> tuple[list[float], list[float]]:
    """Milliseconds from a command to its acknowledgement: one after the other, and many at once."""

    def note(number: int = 0) -> float:
        begun = time.perf_counter()
        outcome = workspace.command("U0ALICE", channel, f"/dr note still looking {number}")
        assert not outcome.error, outcome
        return (time.perf_counter() - begun) * 1000

    single = [note(number) for number in range(SINGLE)]
    time.sleep(2)
    many = [took for _ in range(BURSTS) for took in workspace.at_once([note] * AT_ONCE)]
    return single, many


def clicks(workspace: Workspace) -> Iterator[Row]:
    """Done on a manual step, a dozen times: the acknowledgement, and the edit of its message."""
    acked, changed = [], []
    for number in range(12):
        channel = declared(workspace, f"sev1 customer-database look {number} --runbook regional-failover --yes")
        button: Any = workspace.until(partial(find, workspace, channel, "control:done"), 10)
        time.sleep(1.2)
        begun = time.perf_counter()
        workspace.click("U0BOB", button, "control:done")
        acked.append((time.perf_counter() - begun) * 1000)
        workspace.until(partial(edited, workspace, button), 10)
        changed.append((time.perf_counter() - begun) * 1000)
    yield Row("Ack of a click, p99", "SQLite", percentile(acked, 0.99), "ms", 100.0)
    yield Row("Click to changed message, p50", "SQLite", percentile(changed, 0.5), "ms", 150.0)


def find(workspace: Workspace, channel: str, action: str) -> str | None:
    """The newest message with such a button."""
    for message in reversed(cards(workspace, channel)):
        if any(e.get("action_id") == action for block in message["blocks"] for e in block.get("elements", ())):
            return str(message["ts"])
    return None


def edited(workspace: Workspace, ts: str) -> bool:
    """Whether a message shows something else by now."""
    return "edited" in workspace.message(ts)


def burst(workspace: Workspace) -> Iterator[Row]:
    """Changes of what the card shows, quick one after the other."""
    channel = declared(workspace)
    time.sleep(3)
    before = len(workspace.ledger.applied("chat.update"))
    began = time.monotonic()
    for number in range(CHANGES):
        role, person = ("deputy", "scribe")[number % 2], ("@bob", "@carol")[number // 2 % 2]
        workspace.command("U0ALICE", channel, f"/dr assign {role} {person}")
        time.sleep(max(0.0, began + (number + 1) * CHANGES_IN / CHANGES - time.monotonic()))
    updates = len(workspace.ledger.applied("chat.update")) - before
    yield Row("Edits in a burst of 100 changes in 10 s", "SQLite", updates, "calls", 10.0)


def declares(workspace: Workspace) -> Iterator[Row]:
    """Forty at once, while each call to Slack takes 100 ms."""
    workspace.faults.add("latency", seconds=LATENCY)

    def declare(number: int) -> tuple[float, bool]:
        begun = time.perf_counter()
        outcome = workspace.command("U0ALICE", "oncall", f"/dr declare sev4 system-{number} burst {number} --yes")
        assert not outcome.error, outcome
        return time.perf_counter() - begun, "Declared" in (outcome.body or {}).get("text", "")

    began = time.monotonic()
    took = workspace.at_once([partial(declare, number) for number in range(DECLARES)])
    taken = sum(declared for _, declared in took)
    workspace.until(lambda: len([c for c in workspace.channels() if c.name.startswith("dr-")]) >= taken, 60)
    yield Row("40 declares at once: slowest ack", "SQLite", max(ack for ack, _ in took) * 1000, "ms", 3000.0)
    yield Row("answered that nobody knows, or not recorded", "SQLite", DECLARES - taken, "", 0.0)
    yield Row("and the last channel after", "SQLite", time.monotonic() - began, "s")
    workspace.faults.clear()
    time.sleep(QUIET)
    workspace.ledger.clear()
    channel = declared(workspace, "sev4 customer-database the calls are counted --yes")
    about = [
        call for call in workspace.ledger if channel in call.args.values() or call.method == "conversations.create"
    ]
    made = [call.method for call in about]
    yield Row("Calls until the declarer is in", "SQLite", made.index("conversations.invite") + 1, "calls", 3.0)
    yield Row("Calls until the card stands", "SQLite", made.index("chat.postMessage") + 1, "calls", 5.0)
