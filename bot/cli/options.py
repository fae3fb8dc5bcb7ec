"""The words that many commands take, each said once."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli import completion

SPEAKER = "Who speaks"

IncidentName = Annotated[
    str,
    typer.Argument(metavar="INC", help="The incident: INC-7, or 7.", autocompletion=completion.incidents),
]
StepName = Annotated[
    str,
    typer.Argument(metavar="STEP", help="The step: its id, or R1/STEP.", autocompletion=completion.steps),
]
RunName = Annotated[
    str | None,
    typer.Argument(
        metavar="[RUN]", help="The run, R1; needed only where several go on.", autocompletion=completion.runs
    ),
]
Who = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="PERSON",
        envvar="DR_AS",
        help="The person of the recovery plan who speaks.",
        autocompletion=completion.people,
        rich_help_panel=SPEAKER,
    ),
]
Key = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        envvar="DR_KEY",
        help="That person's private SSH key; it signs the command.",
        rich_help_panel=SPEAKER,
    ),
]
RequestId = Annotated[
    str | None,
    typer.Option(
        metavar="ID",
        help="A name for this command: repeated under it, it counts once.",
        rich_help_panel=SPEAKER,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, all else on stderr.")]
Reason = Annotated[str | None, typer.Option(metavar="TEXT", help="Why, in one line.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")]
Digest = Annotated[
    str | None,
    typer.Option(metavar="D", help="The digest of the plan that you have read, or its first 8 letters or more."),
]
