"""One throwaway PostgreSQL server on loopback."""

import os
import secrets
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias

import psycopg

from bot.playground.binaries import Binaries
from bot.playground.processes import Processes, free_port

SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
dynamic_shared_memory_type = mmap    # keeps everything below the data directory
fsync = off                          # a killed server loses nothing by it, only a killed machine would
shared_buffers = 16MB
max_connections = 60
wal_receiver_timeout = 5s
wal_receiver_status_interval = 1s
wal_retrieve_retry_interval = 250ms
log_timezone = UTC
timezone = UTC
jit = off
"""
START_TIMEOUT = 60.0
STOP_TIMEOUT = 10.0
STATUS_LINE = 7  # of postmaster.pid, counted from 0
SHARED_MEMORY_LINE = 6
STOP_SIGNALS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}


Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]


class PostgresFailed(Exception):
    """A PostgreSQL program ended with an error; the text holds the end of its output."""


@dataclass(frozen=True)
class Login:
    """A role that may log in."""

    user: str
    password: str


@dataclass
class Server:
    """A data directory and, while it runs, its server. The superuser is `postgres`."""

    binaries: Binaries
    processes: Processes
    home: Path
    password: str
    port: int = field(default_factory=free_port)
    _running: subprocess.Popen[bytes] | None = None

    @classmethod
    def create(cls, binaries: Binaries, processes: Processes, home: Path) -> Self:
        """A new, empty cluster below `home`, not yet started."""
        server = cls(binaries, processes, home, secrets.token_urlsafe(12))
        server._make_home()
        password_file = server._private_file("password", server.password)
        options = ["-N", "-k", "-U", "postgres", "-A", "scram-sha-256", "--wal-segsize=4"]
        options += ["--encoding=UTF8", "--locale=C", f"--pwfile={password_file}"]
        server.run_tool("initdb", "-D", str(server.data), *options)
        password_file.unlink()
        server._append("postgresql.conf", SETTINGS)
        return server

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    @property
    def running(self) -> bool:
        return self._running is not None and self._running.poll() is None

    def start(self) -> None:
        """Start and wait until it answers. Its port is kept from then on; a new server takes another if it is taken."""
        first = not (self.home / "started").exists()
        for _ in range(5 if first else 1):
            if self._try_start():
                (self.home / "started").touch()
                return
            self.port = free_port() if first else self.port
        raise PostgresFailed(f"PostgreSQL did not start on port {self.port}: {self._log_end()}")

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        if self._running is not None:
            self.processes.stop(self._running, STOP_SIGNALS[mode], STOP_TIMEOUT)
            self._running = None

    def kill(self) -> None:
        """The power goes: every process of the server is killed at once."""
        if self._running is not None:
            segment = self._shared_memory_segment()
            self.processes.kill(self._running)
            self._running = None
            remove_shared_memory(segment)

    def connect(self, database: str = "postgres", user: str = "postgres", password: str | None = None) -> Connection:
        """A connection that commits each statement; by default as the superuser."""
        return psycopg.connect(self.url(database, user, password), autocommit=True, connect_timeout=3)

    def url(
        self,
        database: str = "postgres",
        user: str = "postgres",
        password: str | None = None,
        scheme: str = "postgresql",
    ) -> str:
        return f"{scheme}://{user}:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one or several statements as the superuser."""
        with self.connect(database) as connection:
            connection.execute(statement.encode())

    def value(self, query: str, database: str = "postgres") -> Any:
        """The first column of the first row, as the superuser."""
        with self.connect(database) as connection:
            row = connection.execute(query.encode()).fetchone()
        return row[0] if row else None

    def clone_standby(self, home: Path, *, slot: str, replication: Login, through_port: int | None = None) -> Self:
        """A streaming standby by pg_basebackup, not yet started. `through_port`: where it finds this server."""
        standby = type(self)(self.binaries, self.processes, home, self.password)
        standby._make_home()
        source = (
            f"host=127.0.0.1 port={through_port or self.port} user={replication.user} password={replication.password}"
        )
        options = ["-X", "stream", "-c", "fast", "--no-sync", "-R", "-C", "-S", slot]
        self.run_tool("pg_basebackup", "-D", str(standby.data), "-d", source, *options)
        return standby

    def cold_copy(self, home: Path) -> Self:
        """A copy of this stopped server's files, not yet started."""
        if self.running:
            raise PostgresFailed("a running server can't be copied; stop it first")
        copy = type(self)(self.binaries, self.processes, home, self.password)
        copy._make_home()
        subprocess.run(["cp", "-a", str(self.data), str(copy.data)], check=True)
        return copy

    def follow(self, port: int, *, slot: str, replication: Login) -> None:
        """Make this stopped cold copy a standby of the server that answers on `port`."""
        source = f"host=127.0.0.1 port={port} user={replication.user} password={replication.password}"
        self._append("postgresql.auto.conf", f"primary_conninfo = '{source}'\nprimary_slot_name = '{slot}'\n")
        self._private_file("data/standby.signal", "")

    def drop_slot(self, slot: str) -> None:
        """Remove a replication slot that came along with a cold copy."""
        shutil.rmtree(self.data / "pg_replslot" / slot)

    def run_tool(self, name: str, *arguments: str) -> str:
        """Run one of PostgreSQL's programs as the server's user; its output."""
        identity = self.binaries.identity
        done = subprocess.run(
            [self.binaries.tool(name), *arguments],
            cwd=self.home,
            env=tool_environment(),
            capture_output=True,
            text=True,
            check=False,
            user=identity.uid if identity else None,
            group=identity.gid if identity else None,
            extra_groups=[] if identity else None,
        )
        if done.returncode != 0:
            raise PostgresFailed(f"{name} failed: {done.stderr.strip()[-400:]}")
        return done.stdout

    def _try_start(self) -> bool:
        command = [self.binaries.tool("postgres"), "-D", str(self.data), "-p", str(self.port)]
        child = self.processes.spawn(
            command,
            log=self.log,
            environment=tool_environment(),
            identity=self.binaries.identity,
            directory=self.home,
            ended_by=STOP_SIGNALS["immediate"],
        )
        deadline = time.monotonic() + START_TIMEOUT
        while child.poll() is None and time.monotonic() < deadline:
            if self._status(child.pid) == "ready":
                self._running = child
                return True
            time.sleep(0.01)
        self.processes.kill(child)
        return False

    def _pid_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _status(self, pid: int) -> str:
        lines = self._pid_file()
        return lines[STATUS_LINE].strip() if len(lines) > STATUS_LINE and lines[0] == str(pid) else ""

    def _shared_memory_segment(self) -> str | None:
        words = self._pid_file()[SHARED_MEMORY_LINE:]
        return words[0].split()[1] if words and len(words[0].split()) == 2 else None

    def _log_end(self) -> str:
        return self.log.read_text(errors="replace").strip()[-400:]

    def _make_home(self) -> None:
        self.home.mkdir(parents=True, mode=0o755)
        self._own(self.home)

    def _private_file(self, name: str, text: str) -> Path:
        path = self.home / name
        path.touch(mode=0o600)
        path.write_text(text)
        self._own(path)
        return path

    def _append(self, name: str, text: str) -> None:
        with (self.data / name).open("a") as file:
            file.write(text)

    def _own(self, path: Path) -> None:
        if self.binaries.identity is not None:
            self.binaries.identity.own(path)


def tool_environment() -> dict[str, str]:
    """Nothing of the caller's PostgreSQL settings, and one language."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}


def remove_shared_memory(segment: str | None) -> None:
    """A killed server leaves one small System V segment behind."""
    if segment is not None:
        subprocess.run(["ipcrm", "-m", segment], capture_output=True, check=False)
