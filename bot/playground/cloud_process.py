"""moto's AWS server as a process of its own, on a port that the system chooses.

    python -m bot.playground.cloud_process FILE [--hypervisor]

It writes its URL into FILE once it answers. With `--hypervisor` a stopped instance stays `stopping`, as on AWS, until
somebody who really stopped it says so: POST /playground/stopped/REGION/INSTANCE.
"""

import argparse
import copy
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from moto.ec2.models import ec2_backends
from moto.ec2.models.instances import Instance, InstanceState
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from bot.playground.announce import announce
from bot.playground.cloud import ACCOUNT, STOPPED

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


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
        if not path.startswith(STOPPED):
            return app(environ, start_response)
        region, instance_id = path.removeprefix(STOPPED).split("/")
        finish_stop(ec2_backends[ACCOUNT][region].get_instance(instance_id))
        start_response("204 No Content", [])
        return []

    return answer


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bot.playground.cloud_process")
    parser.add_argument("file", type=Path)
    parser.add_argument("--hypervisor", action="store_true")
    arguments = parser.parse_args()
    app: WsgiApp = DomainDispatcherApplication(create_backend_app)
    if arguments.hypervisor:
        app = with_hypervisor(app)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=MotoRequestHandler)
    announce(arguments.file, f"http://127.0.0.1:{server.server_port}")
    server.serve_forever()


if __name__ == "__main__":
    main()
