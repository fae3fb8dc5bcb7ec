"""dr serve: the executor."""

from typing import Annotated

import typer

from bot.cli.session import Session


def serve(
    ctx: typer.Context,
    until_idle: Annotated[bool, typer.Option("--until-idle", help="Execute what is due, then end.")] = False,
) -> None:
    """Execute what is asked for, post the updates, and answer on the web, until Ctrl-C.

    Example: dr serve
    """
    Session(ctx, as_json=False).services.serve(until_idle=until_idle)
