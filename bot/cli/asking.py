"""Questions on the terminal. Without a terminal nothing is asked, and the option that answers is named instead."""

import sys

import typer

from bot.cli.errors import WrongUsage
from bot.cli.output import plain


def agreed(question: str, *, yes: bool) -> bool:
    """Whether the person agrees; --yes says so beforehand."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise WrongUsage(
            "There is no terminal to ask on. Read what is asked for above, then add --yes (and --digest for a plan)."
        )
    return typer.confirm(plain(question), default=False, prompt_suffix=" ", err=True)


def answered(question: str, given: str | None, option: str) -> str:
    """A text that was given by its option, or is asked for."""
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise WrongUsage(f"There is no terminal to ask on. Give it with {option}.")
    answer: str = typer.prompt(plain(question), err=True)
    return answer
