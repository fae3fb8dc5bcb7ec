"""dr doctor: whether everything that the bot needs is there, and how to mend what is not."""

from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby

import typer
from rich.table import Table

from bot.cli.options import Json
from bot.cli.output import Output, text
from bot.cli.session import opener
from bot.domain.finding import Finding, worst

STYLES = {"ok": "green", "doubt": "yellow", "wrong": "red"}


def doctor(ctx: typer.Context, json: Json = False) -> None:
    """Examine files, database, mail, secrets and Slack, and say how to mend what is wrong. It changes nothing.

    Exit codes: 0 all is well, 1 there are doubts, 2 something is wrong.

    Example: dr doctor
    """
    out = Output(as_json=json)
    opened = opener(ctx)
    findings = list(opened.examine(opened.settings))
    out.data([asdict(finding) for finding in findings])
    if not json:
        out.show(*(table(area, list(found)) for area, found in groupby(findings, lambda one: one.area)))
        out.say(summary(findings))
    code = worst(findings)
    if code:
        raise typer.Exit(code)


def table(area: str, findings: Sequence[Finding]) -> Table:
    """One area: how it is, about what, what was found, and below it the mend."""
    grid = Table(
        title=area, title_justify="left", title_style="bold", show_header=False, box=None, padding=(0, 2, 0, 0)
    )
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold", max_width=34)
    grid.add_column(overflow="fold", ratio=1)
    for finding in findings:
        said = text(finding.says)
        if finding.mend:
            said = said.append(f"\n→ {finding.mend}")
        grid.add_row(text(finding.judgement, STYLES[finding.judgement]), text(finding.subject), said)
    return grid


def summary(findings: Sequence[Finding]) -> str:
    """`2 wrong, 1 doubt, 14 ok.`"""
    wrong, doubts, fine = (sum(one.judgement == name for one in findings) for name in ("wrong", "doubt", "ok"))
    parts = (f"{wrong} wrong" * bool(wrong), f"{doubts} doubt{'s' * (doubts > 1)}" * bool(doubts), f"{fine} ok")
    return f"{', '.join(filter(None, parts))}."
