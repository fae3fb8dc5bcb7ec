"""dr demo: the local playground, in a process of its own, so that the plain installation needs none of its libraries."""

import os
import sys
from importlib.util import find_spec

import typer

from bot.cli.errors import WrongUsage

PASSED_THROUGH = {"allow_extra_args": True, "ignore_unknown_options": True}
NEEDED = ("moto", "aiosmtpd", "websockets")


def demo(ctx: typer.Context) -> None:
    """Start a shop in two regions, a chat and the bot on this machine, to try a recovery in the browser.

    With --story a whole night is told and played. Further words go to the demo itself: --port N.

    Example: dr demo --story
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise WrongUsage(f"The demo needs {' and '.join(missing)}. Install them with: pip install 'dr-bot[demo]'")
    words = [sys.executable, "-m", "bot.playground", *arguments(ctx.args)]
    # Its process takes this one's place, so that Ctrl-C reaches it alone and it can put everything away.
    os.execv(sys.executable, words)  # noqa: S606


def arguments(given: list[str]) -> list[str]:
    """What the playground is started with: its subcommand, and what was said beside it."""
    told = "--story" in given
    return ["story" if told else "demo", *(word for word in given if word != "--story")]
