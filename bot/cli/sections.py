"""The sections of a message that a person writes instead of the bot."""

from collections.abc import Iterable
from typing import Annotated

import typer

from bot.cli.errors import WrongUsage

Draft = Annotated[
    list[str] | None,
    typer.Option(metavar="SECTION=TEXT", help="Write this section yourself; may be given several times."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the message, and send nothing.")]


def read_sections(given: Iterable[str] | None) -> dict[str, str]:
    """The sections by name; raises WrongUsage."""
    sections = {}
    for pair in given or ():
        name, equals, words = pair.partition("=")
        if not equals or not name.strip():
            raise WrongUsage(f"{pair!r} is no section: write it like current_status=TEXT.")
        sections[name.strip()] = words
    return sections
