"""Makes the machines follow what the cloud says of them: a stopped instance really is off."""

import threading
from collections.abc import Mapping

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from bot.playground.cloud import Clients, mark_stopped
from bot.playground.region import Region

EVERY = 0.2


class Hypervisor:
    """Looks at the instances a few times a second, until closed. `machines` is instance id -> its region."""

    def __init__(self, clients: Clients, machines: Mapping[str, Region]) -> None:
        self._clients = clients
        self._machines = dict(machines)
        self._closing = threading.Event()
        self.states: dict[str, str] = {}
        self._thread = threading.Thread(target=self._watch, name="hypervisor", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join(timeout=5)

    def _watch(self) -> None:
        while not self._closing.is_set():
            for instance, region in self._machines.items():
                try:
                    self._follow(instance, region)
                except (BotoCoreError, ClientError, httpx.HTTPError):
                    continue
            self._closing.wait(EVERY)

    def _follow(self, instance: str, region: Region) -> None:
        state = self._state(instance, region)
        if state == "stopping":
            region.stop_machine()
            mark_stopped(self._clients.url, region.aws_region, instance)
        elif state == "running":
            region.start_machine()
        self.states[region.name] = state

    def _state(self, instance: str, region: Region) -> str:
        answer = self._clients.get("ec2", region.aws_region).describe_instances(InstanceIds=[instance])
        return str(answer["Reservations"][0]["Instances"][0]["State"]["Name"])
