"""The gate through which every outside call of the bot passes: numbered, kept in a ledger, and cut off where a test says so."""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bot.playground.processes import runs

Phase = Literal["before", "after"]
Fault = Literal["kill", "freeze", "close", "error", "deed"]
DEAD_WITHIN = 10.0


class Severed(Exception):
    """The caller gets no answer: its connection is to be closed."""


class Failed(Exception):
    """The caller gets an error of the far side's kind instead of its answer."""


@dataclass(frozen=True, order=True)
class Place:
    """A call by what it asks, and which of those it is in its run (from 1)."""

    what: str
    nth: int

    def __str__(self) -> str:
        return f"{self.what} #{self.nth}"


@dataclass(frozen=True)
class Trap:
    """What happens at one call: before it is passed on, or when its answer is there but not passed back yet."""

    place: Place
    phase: Phase
    fault: Fault = "kill"

    def __str__(self) -> str:
        return f"{self.fault} {self.phase} {self.place}"


@dataclass
class Call:
    """One call as the far side saw it. `step` is whose change it is, empty for a call that only reads."""

    place: Place
    step: str
    token: str
    arrived_at: float
    intent: bool | None = None
    forwarded: bool = False
    applied: bool = False
    answered: bool = False
    session: int = 0
    detail: str = ""


@dataclass
class Gate:
    """`victim` is the process that calls; `has_intent` asks the bot's own record whether a change was announced there.

    A trap kills or freezes the victim, closes the connection, answers with an error, or does the test's own `deed`.
    """

    victim: int = 0
    has_intent: Callable[[str, str], bool] | None = None
    ledger: list[Call] = field(default_factory=list)
    trap: Trap | None = None
    deed: Callable[[], None] = lambda: None
    sprung: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _seen: Counter[str] = field(default_factory=Counter)

    def reset(self, trap: Trap | None = None) -> None:
        """Begin a run with an empty ledger."""
        with self._lock:
            self.ledger, self._seen, self.trap = [], Counter(), trap
            self.sprung = threading.Event()

    def arrive(self, what: str, *, step: str = "", token: str = "", session: int = 0, detail: str = "") -> Call:
        """A call has come. Raises Severed or Failed where it must not be passed on."""
        with self._lock:
            self._seen[what] += 1
            call = Call(Place(what, self._seen[what]), step, token, time.monotonic(), session=session, detail=detail)
            self.ledger.append(call)
        if step and self.has_intent is not None:
            call.intent = self.has_intent(step, token)
        self._spring(call, "before")
        call.forwarded = True
        return call

    def answer(self, call: Call, *, applied: bool) -> None:
        """The far side has answered. Raises Severed or Failed where the answer must not be passed back."""
        call.applied = applied and bool(call.step)
        self._spring(call, "after")
        call.answered = True

    def _spring(self, call: Call, phase: Phase) -> None:
        trap = self.trap
        if trap is None or self.sprung.is_set() or (trap.place, trap.phase) != (call.place, phase):
            return
        if trap.fault == "kill":
            kill(self.victim)
        elif trap.fault == "freeze":
            freeze(self.victim)
        elif trap.fault == "deed":
            self.deed()
        self.sprung.set()
        if trap.fault == "error":
            raise Failed
        if trap.fault in ("kill", "close"):
            raise Severed


def kill(pid: int) -> None:
    """SIGKILL, and wait until the process is dead."""
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + DEAD_WITHIN
    while runs(pid):
        if time.monotonic() > deadline:
            raise AssertionError(f"process {pid} survived SIGKILL")
        time.sleep(0.001)


def freeze(pid: int) -> None:
    """SIGSTOP, and wait until each thread has stopped: on a busy machine one of them may run on for a while."""
    os.kill(pid, signal.SIGSTOP)
    deadline = time.monotonic() + DEAD_WITHIN
    while not all(
        stat.read_text().rpartition(")")[2].split()[0] == "T" for stat in Path(f"/proc/{pid}/task").glob("*/stat")
    ):
        if time.monotonic() > deadline:
            raise AssertionError(f"process {pid} does not stop")
        time.sleep(0.001)
