"""The edge of the dr command: exit codes, what goes where, and help that teaches. Nothing here needs a database."""

import re
from pathlib import Path
from typing import NoReturn

import pytest
import typer
from typer.testing import CliRunner, Result

from bot.cli.demo import arguments, demo
from bot.cli.main import AUDIT, PANELS, cli
from bot.cli.output import plain
from bot.domain.errors import NotConfirmed, NotRecorded, Refused
from bot.settings import Settings

PROJECT = Path(__file__).parents[2]
COMMANDS = {name: command for panel in PANELS.values() for name, command in panel.items()}
COMMANDS |= {f"audit {name}": command for name, command in AUDIT.items()} | {"demo": demo}


def closed(_: Settings) -> NoReturn:
    """A bot that must not be opened."""
    raise AssertionError("this command needs no database")


def type_(*words: str, app: typer.Typer | None = None, **environment: str) -> Result:
    """One command, in the project's own folder."""
    paths = {f"DR_{name.upper()}": str(PROJECT / name) for name in ("runbooks", "templates")}
    defaults = {"DR_PLAN": str(PROJECT / "plan.yml"), "COLUMNS": "120", **paths}
    return CliRunner().invoke(
        app or cli(closed, lambda _: ()), list(words), prog_name="dr", env={**defaults, **environment}
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_help_teaches_by_an_example(name: str) -> None:
    """Every command says what it does in one line, and gives an example as one would type it."""
    summary, _, more = (COMMANDS[name].__doc__ or "").partition("\n\n")
    assert summary.endswith(".")
    assert len(summary) < 110
    assert f"    Example: dr {name}" in "\n" + more


@pytest.mark.parametrize("name", ["approve", "audit verify"])
def test_help_is_printed(name: str) -> None:
    """--help prints it, and ends with 0."""
    result = type_(*name.split(), "--help")
    assert (result.exit_code, f"Example: dr {name}" in result.stdout) == (0, True)


def test_alone_it_lists_its_commands() -> None:
    """`dr` alone shows what there is."""
    said = type_()
    for name in PANELS["Step"]:
        assert name in said.output


@pytest.mark.parametrize(
    ("error", "code", "lines"),
    [
        (Refused("It is closed.", "Reopen it first."), 1, ["It is closed.", "Reopen it first."]),
        (NotConfirmed("Not confirmed."), 1, ["Not confirmed."]),
        (NotRecorded("The database is full."), 1, ["The database is full."]),
    ],
)
def test_refusals_end_with_one_and_the_reason_first(error: Exception, code: int, lines: list[str]) -> None:
    """What is refused ends with 1, the reason alone in the first line of stderr."""

    def build(_: Settings) -> NoReturn:
        raise error

    result = type_("list", app=cli(build, lambda _: ()))
    assert (result.exit_code, result.stdout, result.stderr.splitlines()) == (code, "", lines)


def test_the_unexpected_is_written_to_a_report() -> None:
    """A bug ends with 3, one line, no traceback, and a file that holds it."""

    def build(_: Settings) -> NoReturn:
        raise ZeroDivisionError("a bug")

    result = type_("list", app=cli(build, lambda _: ()))
    assert (result.exit_code, result.stdout) == (3, "")
    (line,) = result.stderr.splitlines()
    report = Path(line.rpartition(" ")[2])
    assert "ZeroDivisionError: a bug" in report.read_text()
    assert report.stat().st_mode & 0o077 == 0
    report.unlink()


def test_ctrl_c_ends_with_130() -> None:
    """An interrupt is no failure of ours."""

    def build(_: Settings) -> NoReturn:
        raise KeyboardInterrupt

    assert type_("list", app=cli(build, lambda _: ())).exit_code == 130


@pytest.mark.parametrize("words", [("lst",), ("show",), ("list", "--nope"), ("settle", "1", "dns", "maybe")])
def test_wrong_words_end_with_two(words: tuple[str, ...]) -> None:
    """What can't be read as a command ends with 2, with nothing on stdout."""
    result = type_(*words)
    assert (result.exit_code, result.stdout) == (2, "")


def test_a_wrong_environment_ends_with_two_and_repeats_no_value() -> None:
    """Each variable that is wrong is named, a secret in it is not."""
    result = type_("list", DR_LOG="xml", SMTP_URL="http://user:hunter2@mail")
    assert result.exit_code == 2
    assert [line.partition(":")[0] for line in result.stderr.splitlines()] == ["DR_LOG", "SMTP_URL"]
    assert "hunter2" not in result.stderr


def test_demo_passes_its_words_on() -> None:
    """--story is the story, everything else goes to the interactive demo."""
    assert arguments(["--story", "--record", "x.svg"]) == ["story", "--record", "x.svg"]
    assert arguments(["--port", "8000"]) == ["demo", "--port", "8000"]
    assert arguments([]) == ["demo"]


def test_control_characters_become_visible() -> None:
    """Nothing that a terminal obeys, or that turns text around, is left in foreign text."""
    assert plain("a\x1b[2J\u202eb\ud800\n→ü") == "a\\x1b[2J\\u202eb\\ud800\n→ü"
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", plain("".join(map(chr, range(0x100)))))


@pytest.mark.parametrize(
    ("words", "said", "help_"),
    [
        (("lst",), "No such command 'lst'.", "dr --help"),
        (("show",), "Missing argument 'INC'.", "dr show --help"),
        (("list", "--nope"), "No such option: --nope", "dr list --help"),
        (("assign", "1", "king", "bob"), "Invalid value for 'role': 'king' is not one of", "dr assign --help"),
    ],
)
def test_wrong_words_are_named_in_the_first_line(words: tuple[str, ...], said: str, help_: str) -> None:
    """What is wrong comes first, in one line; then where the help is."""
    first, *_, last = type_(*words).stderr.splitlines()
    assert first.startswith(said)
    assert last == f"Help: {help_}"
