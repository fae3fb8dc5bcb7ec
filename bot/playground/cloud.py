"""The local stand-in for AWS: moto's server, and clients for it."""

import os
import sys
import threading
from pathlib import Path
from typing import Any

import boto3
import httpx
from botocore.config import Config

from bot.playground.announce import announced
from bot.playground.processes import Processes

ACCOUNT = "123456789012"  # moto's
STOPPED = "/playground/stopped/"
CALLS = "cloud-calls.jsonl"  # beside the log: every call, from the moment that recording is asked for
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def start_cloud(processes: Processes, directory: Path, *, hypervisor: bool = False) -> str:
    """Start it and wait; its URL. `hypervisor`: a stopped instance stays `stopping` until `mark_stopped`."""
    address, log = directory / "cloud.url", directory / "cloud.log"
    command = [sys.executable, "-m", "bot.playground.cloud_process", str(address)]
    environment = child_environment() | {"MOTO_RECORDER_FILEPATH": str(directory / CALLS)}
    child = processes.spawn(command + ["--hypervisor"] * hypervisor, log=log, environment=environment)
    return announced(child, address, log)


def mark_stopped(url: str, region: str, instance: str) -> None:
    """Tell the cloud that an instance which is `stopping` has stopped."""
    httpx.post(f"{url}{STOPPED}{region}/{instance}", timeout=5).raise_for_status()


def child_environment() -> dict[str, str]:
    """This process's, without what would lead moto astray or slow it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    return kept | {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}


class Clients:
    """boto3 clients for the cloud at `url`, each made once. Safe to use from several threads."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = boto3.Session("test", "test", region_name="us-east-1")
        self._made: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    def get(self, service: str, region: str) -> Any:
        with self._lock:
            if (service, region) not in self._made:
                self._made[service, region] = self._make(service, region)
            return self._made[service, region]

    def _make(self, service: str, region: str) -> Any:
        settings = Config(retries={"total_max_attempts": 1}, connect_timeout=3, read_timeout=60)
        return self._session.client(service, region_name=region, endpoint_url=self.url, config=settings)
