"""python -m bot.playground demo: a shop in two regions, a chat and the bot, on this machine, until Ctrl-C."""

import argparse
import subprocess
import sys
import threading
from contextlib import closing

import httpx
from rich.console import Console
from rich.text import Text

from bot.playground.announce import ChildFailed
from bot.playground.binaries import PostgresMissing
from bot.playground.demo_panel import DemoPanel
from bot.playground.dr_command import DrFailed
from bot.playground.estate import NoOrders
from bot.playground.plan_file import SELDOM
from bot.playground.postgres import PostgresFailed
from bot.playground.progress import Progress
from bot.playground.stage import PortTaken, Stage, staged

FAILURES = (
    ChildFailed,
    DrFailed,
    NoOrders,
    PortTaken,
    PostgresFailed,
    PostgresMissing,
    httpx.HTTPError,
    subprocess.TimeoutExpired,
)
LOOK_EVERY = 1.0
FIRST = 'Press "Break the primary region" at the right, and go on as the alarm in #oncall says. Ctrl-C ends it.'


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bot.playground demo", description="A shop, a chat and the bot on this machine, until Ctrl-C."
    )
    parser.add_argument("--port", type=int, default=0, help="of the page, on 127.0.0.1; any free one unless given")
    port: int = parser.parse_args().port
    console = Console(highlight=False, markup=False, emoji=False)
    try:
        while True:
            port = play(console, port)
    except FAILURES as error:
        sys.exit(f"The demo failed: {error}")


def play(console: Console, port: int) -> int:
    """One night, until somebody asks for another one; the page's port, so that it stays the same."""
    over = threading.Event()
    with Progress(console) as progress, staged(progress.ready, SELDOM, port=port) as stage:
        progress.end()
        with closing(DemoPanel(stage, over.set)):
            console.print(Text.assemble("\n  Open ", (stage.workspace.url, "bold underline"), "\n"), soft_wrap=True)
            console.print(f"  {FIRST}\n", soft_wrap=True)
            try:
                wait(stage, over)
            finally:
                console.print("  Starting over." if over.is_set() else "  Stopping: everything here is removed again.")
        return stage.workspace.server.port


def wait(stage: Stage, over: threading.Event) -> None:
    """Until it is over; raises ChildFailed where the bot ends before."""
    while not over.wait(LOOK_EVERY):
        stage.serving.refuse_ended()


if __name__ == "__main__":
    main()
