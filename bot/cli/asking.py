"""Questions on the terminal. Without a terminal nothing is asked, and the option that answers is named instead."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from bot.cli.errors import WrongUsage
from bot.cli.output import plain

INTERRUPTED = 130


def agreed(question: str, *, yes: bool) -> bool:
    """Whether the person agrees; --yes says so beforehand."""
    if yes:
        return True
    with _terminal("Read what is asked for above, then add --yes (and --digest for a plan)."):
        return typer.confirm(plain(question), default=False, prompt_suffix=" ", err=True)


def answered(question: str, given: str | None, option: str) -> str:
    """A text that was given by its option, or is asked for."""
    if given is not None:
        return given
    with _terminal(f"Give it with {option}."):
        answer: str = typer.prompt(plain(question), err=True)
        return answer


def secret(question: str) -> str:
    """A text that isn't shown while it is typed."""
    with _terminal("Use a key without a passphrase there."):
        answer: str = typer.prompt(plain(question), hide_input=True, err=True)
        return answer


@contextmanager
def _terminal(otherwise: str) -> Iterator[None]:
    if not sys.stdin.isatty():
        raise WrongUsage(f"There is no terminal to ask on. {otherwise}")
    try:
        yield
    except typer.Abort as abort:
        if isinstance(abort.__context__, KeyboardInterrupt):
            raise typer.Exit(INTERRUPTED) from None
        raise
