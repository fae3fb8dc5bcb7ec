"""python -m bot.playground estate --dir DIR: the local estate, until Ctrl-C or SIGTERM.

Progress goes to stderr. When it is ready, one line of JSON on stdout says where everything is.
"""

import argparse
import json
import signal
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from bot.playground.announce import ChildFailed
from bot.playground.binaries import PostgresMissing
from bot.playground.control import Control
from bot.playground.estate import DirectoryInUse, Estate, NoOrders, running_estate
from bot.playground.http_server import HttpServer
from bot.playground.postgres import PostgresFailed


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bot.playground estate", description="The local estate of the demo."
    )
    parser.add_argument("--dir", type=Path, required=True, help="an empty directory, or one to be made")
    arguments = parser.parse_args()
    try:
        serve_estate(arguments.dir.resolve())
    except (DirectoryInUse, NoOrders, PostgresMissing, PostgresFailed, ChildFailed) as error:
        sys.exit(f"The estate did not start: {error}")


def serve_estate(directory: Path) -> None:
    started = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - started:5.1f} s  {text}", file=sys.stderr, flush=True)

    with running_estate(directory, say) as estate, closing(HttpServer(Control(estate).app(), "control")) as control:
        say("ready")
        print(json.dumps(description(estate, control.url)), flush=True)
        try:
            while True:
                signal.pause()
        finally:
            say("stopping")


def description(estate: Estate, control_url: str) -> dict[str, Any]:
    urls = {
        "shop": estate.shop_url,
        "west": estate.west.shop.url,
        "east": estate.east.shop.url,
        "aws": estate.cloud_url,
        "smtp": estate.mail.url,
        "control": control_url,
    }
    return {
        "dir": str(estate.directory),
        "urls": urls,
        "control": control_url,
        "environment": dict(estate.environment),
        "keys": {person: str(path) for person, path in estate.keys.items()},
    }


if __name__ == "__main__":
    main()
