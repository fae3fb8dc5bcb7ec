"""moto's AWS server as a process of its own, on a port that the system chooses.

    python -m bot.playground.cloud FILE [--hypervisor]

It writes its URL into FILE once it answers. With `--hypervisor` a stopped instance stays `stopping`, as on AWS, until
somebody who really stopped it says so: POST /playground/stopped/REGION/INSTANCE.
"""

import argparse
import copy
import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import httpx
from moto.ec2.models import ec2_backends
from moto.ec2.models.instances import Instance, InstanceState
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from bot.playground.processes import Processes

ACCOUNT = "123456789012"  # moto's
PREFIX = "/playground/stopped/"
START_TIMEOUT = 60.0

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class CloudFailed(Exception):
    """moto's server did not start."""


def start_cloud(processes: Processes, directory: Path, *, hypervisor: bool = False) -> str:
    """Start it and wait; its URL. Log and address are files in `directory`."""
    address = directory / "cloud.url"
    log = directory / "cloud.log"
    command = [sys.executable, "-m", "bot.playground.cloud", str(address)]
    child = processes.spawn(command + ["--hypervisor"] * hypervisor, log=log, environment=environment())
    deadline = time.monotonic() + START_TIMEOUT
    while not address.exists():
        if child.poll() is not None or time.monotonic() > deadline:
            raise CloudFailed(f"moto's server did not start: {log.read_text().strip()[-400:]}")
        time.sleep(0.02)
    return address.read_text()


def mark_stopped(url: str, region: str, instance: str) -> None:
    """Tell the cloud that an instance which is `stopping` has stopped."""
    httpx.post(f"{url}{PREFIX}{region}/{instance}", timeout=5).raise_for_status()


def environment() -> dict[str, str]:
    """This process's, without what would lead moto astray or slow it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    return kept | {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}


def begin_stop(instance: Instance) -> InstanceState:
    """In place of moto's `Instance.stop`, which is done at once."""
    previous = copy.copy(instance._state)
    if previous.name != "stopped":
        instance._state = InstanceState("stopping", 64)
    return previous


def with_hypervisor(app: WsgiApp) -> WsgiApp:
    """Adds the hypervisor's call to moto's."""
    finish_stop = Instance.stop
    Instance.stop = begin_stop  # type: ignore[method-assign, assignment]  # moto has no hook for it

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = str(environ["PATH_INFO"])
        if not path.startswith(PREFIX):
            return app(environ, start_response)
        region, instance_id = path.removeprefix(PREFIX).split("/")
        finish_stop(ec2_backends[ACCOUNT][region].get_instance(instance_id))
        start_response("204 No Content", [])
        return []

    return answer


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bot.playground.cloud")
    parser.add_argument("file", type=Path)
    parser.add_argument("--hypervisor", action="store_true")
    arguments = parser.parse_args()
    app: WsgiApp = DomainDispatcherApplication(create_backend_app)
    if arguments.hypervisor:
        app = with_hypervisor(app)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=MotoRequestHandler)
    unfinished = arguments.file.with_suffix(".new")
    unfinished.write_text(f"http://127.0.0.1:{server.server_port}")
    unfinished.rename(arguments.file)
    server.serve_forever()


if __name__ == "__main__":
    main()
