"""`make bench`: every figure beside its bound, in one run. Exits 1 where a bound does not hold.

`python -m bench chat` runs one alone.
"""

import sys

from rich.console import Console
from rich.table import Table

from bench import chat, commands, engine, restart, updates
from bench.rows import databases
from bot.logs import set_up

BENCHMARKS = {"commands": commands, "engine": engine, "restart": restart, "updates": updates, "chat": chat}


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"There is no benchmark {unknown[0]}. Name some of: {', '.join(BENCHMARKS)}.", file=sys.stderr)
        return 2
    set_up("error", "text")
    console = Console()
    table = Table(title="DR Bot: figures of one run")
    for column in ("What", "Where", "Measured", "Bound", "Beside it"):
        table.add_column(column, justify="right" if column in ("Measured", "Bound") else "left")
    failed = 0
    with databases() as new:
        for name in names or list(BENCHMARKS):
            console.print(f"{name} …", style="dim")
            for row in BENCHMARKS[name].run(new):
                bound = "" if row.bound is None else f"{'<=' if row.holds else 'over'} {row.bound:g}"
                style = None if row.holds else "bold red"
                table.add_row(row.what, row.where, f"{row.value:.1f} {row.unit}", bound, row.ratio, style=style)
                failed += not row.holds
    console.print(table)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
