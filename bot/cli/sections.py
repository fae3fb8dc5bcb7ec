"""The sections of a message that a person writes instead of the bot."""

from collections.abc import Collection, Iterable
from typing import Annotated

import typer

from bot.cli.errors import WrongUsage
from bot.domain.decisions.world import near

Draft = Annotated[
    list[str] | None,
    typer.Option(metavar="SECTION=TEXT", help="Write this section yourself; may be given several times."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the message, and send nothing.")]


def read_sections(given: Iterable[str] | None, known: Collection[str]) -> dict[str, str]:
    """The sections by name, each one that the message has; raises WrongUsage."""
    sections = {}
    for pair in given or ():
        name, equals, words = pair.partition("=")
        if not equals or not name.strip():
            raise WrongUsage(f"{pair!r} is no section: write it like current_status=TEXT.")
        if name.strip() not in known:
            raise WrongUsage(f"The message has no section {name.strip()!r}. {near(name.strip(), sorted(known))}")
        sections[name.strip()] = words
    return sections
