"""Child processes and scratch directories that never outlive the program that made them."""

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.playground.leash import remove_directories

LEASH = Path(__file__).with_name("leash.py")
PORTS = range(20_000, 32_000)  # below the range from which the system takes ports for outgoing connections

CLOSE_TIMEOUT = 2.0
GONE_WITHIN = 10.0


@dataclass(frozen=True)
class Identity:
    """The user under which a child runs."""

    uid: int
    gid: int

    def own(self, path: Path) -> None:
        os.chown(path, self.uid, self.gid)


class Processes:
    """Starts children, each in its own process group, and ends them all on `close`.

    A small helper process, the leash, does the same should this process be killed.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._children: dict[int, tuple[subprocess.Popen[bytes], signal.Signals]] = {}
        self._directories: list[Path] = []
        self._leash = subprocess.Popen(
            [sys.executable, "-I", "-S", str(LEASH)], stdin=subprocess.PIPE, start_new_session=True
        )

    def spawn(
        self,
        argv: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        identity: Identity | None = None,
        directory: Path | None = None,
        ended_by: signal.Signals = signal.SIGTERM,
    ) -> subprocess.Popen[bytes]:
        """Start `argv`; its output is appended to `log`. `ended_by` is the signal by which `close` ends it."""
        with log.open("ab") as output:
            child = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment,
                cwd=directory,
                start_new_session=True,
                user=identity.uid if identity else None,
                group=identity.gid if identity else None,
                extra_groups=[] if identity else None,
            )
        self._tell(f"pid {child.pid} {ended_by.value}")
        self._children[child.pid] = (child, ended_by)
        return child

    def stop(self, child: subprocess.Popen[bytes], sent: signal.Signals, timeout: float) -> None:
        """Ask the child to end by a signal; kill it after `timeout` seconds."""
        if child.poll() is None:
            child.send_signal(sent)
            try:
                child.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill(child)
        self._forget(child)

    def kill(self, child: subprocess.Popen[bytes]) -> None:
        """End the child and all its descendants at once, as a power cut would; none of them runs any more then."""
        if child.poll() is None:
            child.send_signal(signal.SIGSTOP)  # so that it starts nothing while its children are counted
            doomed = descendants(child.pid)
            for pid in (child.pid, *doomed):
                kill_if_alive(pid)
            child.wait()
            await_end(doomed)
        self._forget(child)

    def scratch_directory(self, prefix: str) -> Path:
        """A new directory which every user may enter; removed on `close`."""
        path = Path(tempfile.mkdtemp(prefix=prefix, dir=shared_temporary_directory()))
        path.chmod(0o755)
        self._tell(f"directory {path}")
        self._directories.append(path)
        return path

    def remove(self, directory: Path) -> None:
        remove_directories([directory])
        self._directories.remove(directory)
        self._tell(f"removed {directory}")

    def close(self) -> None:
        children = list(self._children.values())
        for child, ended_by in children:
            if child.poll() is None:
                child.send_signal(ended_by)
        for child, ended_by in children:
            self.stop(child, ended_by, CLOSE_TIMEOUT)
        for directory in list(self._directories):
            self.remove(directory)
        self._leash.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _forget(self, child: subprocess.Popen[bytes]) -> None:
        if self._children.pop(child.pid, None) is not None:
            self._tell(f"done {child.pid}")

    def _tell(self, line: str) -> None:
        pipe = self._leash.stdin
        if pipe is None:
            raise RuntimeError("the leash was started without a pipe")
        with self._lock:
            pipe.write(f"{line}\n".encode())
            pipe.flush()


def shared_temporary_directory() -> Path:
    """The temporary directory if every user may enter it, else /tmp."""
    path = Path(tempfile.gettempdir()).resolve()
    return path if everyone_may_enter(path) else Path("/tmp")


def everyone_may_enter(path: Path) -> bool:
    return all(part.stat().st_mode & 0o001 for part in (path, *path.parents))


def kill_if_alive(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def await_end(pids: Iterable[int]) -> None:
    """Until none of these runs any more: a process that is killed may take a moment to let go of what it holds."""
    deadline = time.monotonic() + GONE_WITHIN
    while any(runs(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.005)


def runs(pid: int) -> bool:
    """Whether a process runs; one that ended and waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def descendants(pid: int) -> list[int]:
    """Children, grandchildren and so on, as /proc shows them; nothing where there is no /proc."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = entry.read_text(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        parent = int(text.rpartition(")")[2].split()[1])
        children.setdefault(parent, []).append(int(entry.parent.name))
    found = list(children.get(pid, []))
    for child in found:
        found.extend(children.get(child, []))
    return found


def free_port() -> int:
    """A loopback port that is free now. Another program may take it, so be ready to try again."""
    for port in random.sample(PORTS, k=200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port on 127.0.0.1 between 20000 and 32000; stop something that listens there")
