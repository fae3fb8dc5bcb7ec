"""One region of the estate: its machine with PostgreSQL on it, and its shop."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psycopg

from bot.playground.announce import announced
from bot.playground.pair import DATABASE, Pair
from bot.playground.postgres import Server
from bot.playground.processes import Processes

DatabaseState = Literal["primary", "standby", "down"]


@dataclass(frozen=True)
class ShopProcess:
    """A running shop and where it listens."""

    process: subprocess.Popen[bytes]
    url: str

    @property
    def running(self) -> bool:
        return self.process.poll() is None


def start_shop(processes: Processes, region: str, server: Server, pair: Pair, logs: Path) -> ShopProcess:
    login = pair.roles.shop
    address, log = logs / f"shop-{region}.url", logs / f"shop-{region}.log"
    settings = {"SHOP_REGION": region, "SHOP_DATABASE_URL": server.url(DATABASE, login.user, login.password)}
    address.unlink(missing_ok=True)  # of one that ran before
    command = [sys.executable, "-m", "bot.playground.shop", str(address)]
    child = processes.spawn(command, log=log, environment=dict(os.environ) | settings)
    return ShopProcess(child, announced(child, address, log))


class Region:
    """What can happen to a region. `open_shop` starts its shop again. Safe to use from several threads."""

    def __init__(
        self,
        name: str,
        aws_region: str,
        server: Server,
        shop: ShopProcess,
        processes: Processes,
        open_shop: Callable[[], ShopProcess],
    ) -> None:
        self.name = name
        self.aws_region = aws_region
        self.server = server
        self.shop = shop
        self.powered = True
        self._open_shop = open_shop
        self._processes = processes
        self._machine_stopped = False
        self._lock = threading.Lock()

    def lose_power(self) -> None:
        """Everything here is gone at once, and stays so."""
        with self._lock:
            self.powered = False
            self.server.kill()
            self._processes.kill(self.shop.process)

    def restore_power(self) -> None:
        """Everything here starts again, but for a machine that was switched off in the meantime."""
        with self._lock:
            self.powered = True
            if not self._machine_stopped and not self.server.running:
                self.server.start()
            if not self.shop.running:
                self.shop = self._open_shop()

    def stop_machine(self) -> None:
        """The database's machine is switched off."""
        with self._lock:
            self._machine_stopped = True
            self.server.kill()

    def start_machine(self) -> None:
        """The database's machine is switched on; without effect unless it was switched off, or without power."""
        with self._lock:
            if self.powered and self._machine_stopped:
                self.server.start()
                self._machine_stopped = False

    def database_state(self) -> DatabaseState:
        if not self.server.running:
            return "down"
        try:
            return "standby" if self.server.value("SELECT pg_is_in_recovery()") else "primary"
        except psycopg.OperationalError:
            return "down"
