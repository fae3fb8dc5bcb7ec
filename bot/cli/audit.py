"""dr audit verify, export: whether the timeline is what was written, and every event of it."""

import json as codec
from collections.abc import Iterable
from dataclasses import asdict
from itertools import groupby
from typing import Annotated

import typer

from bot.cli.errors import WrongUsage
from bot.cli.options import Json
from bot.cli.session import Session
from bot.domain.errors import Refused
from bot.store import audit as chains


def verify(
    ctx: typer.Context,
    witness: Annotated[
        list[str] | None,
        typer.Option(metavar="STREAM:SEQ:HASH", help="A head that was seen outside, in a channel or a review."),
    ] = None,
    json: Json = False,
) -> None:
    """Compute every hash of the timeline again, and name the first row of each stream that does not fit.

    Example: dr audit verify --witness INC-7:41:c1d47e90…
    """
    session = Session(ctx, as_json=json)
    seen = read_witnesses(witness or ())
    with session.services.database.read() as connection:
        sizes = {
            stream: sum(1 for _ in found) for stream, found in groupby(chains.rows(connection), lambda r: r.stream)
        }
        findings = list(chains.verify(connection, seen))
    rows = sum(sizes.values())
    session.out.data({"streams": len(sizes), "rows": rows, "findings": [asdict(finding) for finding in findings]})
    if findings:
        lines = [f"{finding.stream}, row {finding.seq}: {finding.what}." for finding in findings]
        raise Refused("\n".join(lines), "Keep a copy of the database as it is, and compare it with a backup.")
    if not json:
        session.out.say(f"Whole: {rows} rows in {len(sizes)} streams, each hash as it was written.")


def read_witnesses(given: Iterable[str]) -> list[chains.Witness]:
    """The heads that were seen; raises WrongUsage."""
    found = []
    for text in given:
        stream, _, rest = text.partition(":")
        seq, _, hash_ = rest.partition(":")
        if not stream or not seq.isdecimal() or len(hash_) != 64:
            raise WrongUsage(f"{text!r} is no witness: write it like INC-7:41:HASH, with the whole hash.")
        found.append(chains.Witness(stream, int(seq), hash_.lower()))
    return found


def export(
    ctx: typer.Context,
    stream: Annotated[str | None, typer.Argument(metavar="[STREAM]", help="One stream alone, such as INC-7.")] = None,
    _json: Annotated[bool, typer.Option("--json", help="One JSON object a line; so it is in any case.")] = False,
) -> None:
    """Write every event, one JSON object a line; the hashes can be checked from what is written.

    Example: dr audit export --json > timeline.jsonl
    """
    session = Session(ctx, as_json=True)
    with session.services.database.read() as connection:
        for line in chains.export(connection, stream):
            typer.echo(codec.dumps(line, ensure_ascii=False))
