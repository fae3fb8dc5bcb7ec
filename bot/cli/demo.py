"""dr demo: the local estate, in a process of its own, so that the plain installation needs none of its libraries."""

import subprocess
import sys
from importlib.util import find_spec

import typer

from bot.cli.errors import WrongUsage

PASSED_THROUGH = {"allow_extra_args": True, "ignore_unknown_options": True}
NEEDED = ("moto", "aiosmtpd")


def demo(ctx: typer.Context) -> None:
    """Start a shop in two regions on this machine, to try a failover on.

    Further words go to it: dr demo --story

    Example: dr demo --story
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise WrongUsage(f"The demo needs {' and '.join(missing)}. Install them with: pip install 'dr-bot[demo]'")
    started = subprocess.run([sys.executable, "-m", "bot.playground", *arguments(ctx.args)], check=False)
    raise typer.Exit(started.returncode)


def arguments(given: list[str]) -> list[str]:
    """What the playground is started with: its subcommand is `story` or `estate`."""
    if "--story" in given:
        return ["story", *(word for word in given if word != "--story")]
    return ["estate", *given]
