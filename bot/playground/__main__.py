"""python -m bot.playground demo|story|estate|workspace: a demo to play with, a night told from beginning to end, or parts.

What a subcommand needs takes a second to load, so the story's first lines are printed before that.
"""

import argparse
import runpy
import signal
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from types import FrameType

PICTURES_NEED = ("PIL", "playwright")
ENDLESS = ("demo", "estate", "workspace")
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
MODULES: Mapping[str, str] = {
    "demo": "bot.playground.demo_command",
    "pictures": "bot.playground.pictures",
    "estate": "bot.playground.estate_command",
    "story": "bot.playground.story",
    "workspace": "bot.playground.workspace.command",
}
OPENING = {
    "demo": """\
DR Bot: a shop in two regions, a chat, and the bot, all on this machine.
""",
    "story": """\
DR Bot: one night, told as it happens on this machine. Ctrl-C ends it.

Two PostgreSQL servers, a shop in each of two regions, a stand-in for AWS, and mail are started. They are real, and so
is every dr command that people give. Minutes are seconds: a status update is due every 30 s, at most 5 s of orders
may be lost. Times are UTC.
""",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bot.playground", description="The demo of DR Bot.")
    parser.add_argument(
        "command",
        choices=MODULES,
        help="demo: everything, to play with; story: a night, told; pictures: of one; estate, workspace: parts of it",
    )
    command: str = parser.parse_args(sys.argv[1:2]).command
    if command == "pictures" and not all(map(find_spec, PICTURES_NEED)):
        sys.exit("Pictures need the libraries of the tests: pip install -e '.[test]'")
    for number in ENDING:
        signal.signal(number, end_estate if command in ENDLESS else end_story)
    if command in OPENING:
        print(OPENING[command], flush=True)
    del sys.argv[1]
    runpy.run_module(MODULES[command], run_name="__main__")


def end_estate(_: int, __: FrameType | None) -> None:
    """It has no end but this one."""
    end(0)


def end_story(number: int, _: FrameType | None) -> None:
    end(128 + number)


def end(code: int) -> None:
    """The first signal ends everything in order, further ones are ignored."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
    raise SystemExit(code)


if __name__ == "__main__":
    main()
