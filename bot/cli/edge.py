"""The edge of the process: every way a command can end, as an exit code and one line that says why."""

import sys
import traceback
from collections.abc import Iterator
from tempfile import NamedTemporaryFile
from typing import Any

import typer
from typer._click.exceptions import ClickException
from typer.core import TyperGroup

from bot.cli.errors import WrongUsage
from bot.cli.output import plain
from bot.domain.errors import DRError, Refused
from bot.domain.problems import ConfigurationError
from bot.redaction import redact
from bot.settings import SettingsError
from bot.store.errors import BadDatabaseUrl, SchemaTooNew, SchemaTooOld

REFUSED, MISUSED, UNEXPECTED = 1, 2, 3
MISCONFIGURED = (WrongUsage, SettingsError, BadDatabaseUrl, SchemaTooNew, SchemaTooOld)


class Edge(TyperGroup):
    """The root of all commands; whatever they raise ends here."""

    def main(self, *args: Any, **options: Any) -> Any:
        try:
            code = super().main(*args, **{**options, "standalone_mode": False}) or 0
        except ClickException as error:
            _say(*_misused(error))
            code = MISUSED
        except typer.Abort:
            _say("Aborted.")
            code = REFUSED
        except ConfigurationError as error:
            _say(*map(str, error.problems))
            code = MISUSED
        except MISCONFIGURED as error:
            _say(str(error))
            code = MISUSED
        except Refused as refused:
            _say(refused.reason, refused.advice)
            code = REFUSED
        except DRError as error:
            _say(str(error))
            code = REFUSED
        except Exception as error:  # noqa: BLE001 - the one catch-all: nobody is shown a traceback at three in the morning
            _say(f"Something unexpected happened: {type(error).__name__}. The full report: {write_report()}")
            code = UNEXPECTED
        sys.exit(code)


def _misused(error: ClickException) -> Iterator[str]:
    """What was typed wrongly, and where the help is; nothing where the help itself was shown."""
    said = error.format_message().replace("Value error, ", "")
    context = getattr(error, "ctx", None)
    yield said
    if said and context is not None:
        yield f"Help: {context.command_path} --help"


def write_report() -> str:
    """The traceback in a file that only this user may read; the file's path."""
    with NamedTemporaryFile("w", prefix="dr-report-", suffix=".txt", delete=False, encoding="utf-8") as file:
        file.write(redact(traceback.format_exc()))
    return file.name


def _say(*lines: str) -> None:
    for line in filter(None, lines):
        typer.echo(plain(line), err=True)
