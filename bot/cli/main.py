"""The `dr` command: every subcommand, in one list. To add one is one function and one line here."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import typer

from bot.cli import (
    approvals,
    audit,
    config,
    declare,
    demo,
    doctor,
    incident,
    lists,
    preview,
    runs,
    serve,
    show,
    steps,
    updates,
)
from bot.cli.edge import Edge
from bot.cli.services import Services
from bot.cli.session import Opener
from bot.domain.finding import Finding
from bot.settings import Settings

Command = Callable[..., None]
HELP = "Run a disaster recovery from the terminal: declare, walk the runbook, approve, and tell everyone in time."
EPILOG = (
    "What changes an incident is signed: --as PERSON --key FILE, or DR_AS and DR_KEY. "
    "Exit codes: 0 done, 1 refused or failed, 2 wrong usage or configuration, 3 unexpected."
)

PANELS: Mapping[str, Mapping[str, Command]] = {
    "Look": {"list": lists.list_incidents, "show": show.show},
    "Incident": {
        "declare": declare.declare,
        "assign": incident.assign,
        "severity": incident.severity,
        "note": incident.note,
        "acknowledge": incident.acknowledge,
        "subscribe": incident.subscribe,
        "mitigate": incident.mitigate,
        "resolve": incident.resolve,
        "close": incident.close,
        "cancel": incident.cancel,
        "reopen": incident.reopen,
    },
    "Runbook": {"start": runs.start, "stop": runs.stop, "pause": runs.pause, "resume": runs.resume},
    "Step": {
        "done": steps.done,
        "approve": approvals.approve,
        "decline": approvals.decline,
        "withdraw": approvals.withdraw,
        "accept-risk": approvals.accept_risk,
        "break-glass": approvals.break_glass,
        "skip": steps.skip,
        "retry": steps.retry,
        "settle": steps.settle,
        "undo": steps.undo,
        "replan": steps.replan,
    },
    "Updates": {"update": updates.update, "snooze": updates.snooze},
    "Before the night": {
        "check": config.check,
        "doctor": doctor.doctor,
        "preview": preview.preview,
        "actions": config.actions,
        "schema": config.schema,
    },
    "Operation": {"serve": serve.serve},
}
AUDIT: Mapping[str, Command] = {"verify": audit.verify, "export": audit.export}


def cli(
    build: Callable[[Settings], Services], examine: Callable[[Settings], Iterable[Finding]], asked: str = ""
) -> typer.Typer:
    """The whole command; `build` composes the bot at the first command that needs it, `examine` is for dr doctor.

    Where `asked` is one of its subcommands, that one alone is made: to make all of them takes as long as most of them run.
    """
    settings: dict[str, Any] = {"obj": Opener(build, examine), "help_option_names": ["-h", "--help"]}
    app = typer.Typer(
        name="dr",
        cls=Edge,
        help=HELP,
        epilog=EPILOG,
        no_args_is_help=True,
        context_settings=settings,
        pretty_exceptions_enable=False,
    )
    every = {(panel, name): command for panel, commands in PANELS.items() for name, command in commands.items()}
    alone = {where: command for where, command in every.items() if where[1] == asked}
    for (panel, name), command in (alone or every).items():
        app.command(name, rich_help_panel=panel)(command)
    app.command("demo", rich_help_panel="Operation", context_settings=demo.PASSED_THROUGH)(demo.demo)
    app.add_typer(family("The timeline, checked and written out.", AUDIT), name="audit", rich_help_panel="Operation")
    return app


def family(help_: str, commands: Mapping[str, Command]) -> typer.Typer:
    """A subcommand that has subcommands itself."""
    group = typer.Typer(help=help_, no_args_is_help=True)
    for name, command in commands.items():
        group.command(name)(command)
    return group
