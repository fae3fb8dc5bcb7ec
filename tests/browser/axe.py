"""axe-core from npm, kept in a folder of the user's cache."""

import subprocess
import tarfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

VERSION = "4.14.1"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def axe_source(folder: Path) -> str:
    """The script's text. Raises CalledProcessError where npm can't fetch it."""
    kept = folder / f"axe-core-{VERSION}.js"
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "pack", f"axe-core@{VERSION}", "--silent"], cwd=folder, check=True, capture_output=True)
        with tarfile.open(folder / f"axe-core-{VERSION}.tgz") as packed:
            script = packed.extractfile("package/axe.min.js")
            assert script is not None
            kept.write_bytes(script.read())
    return kept.read_text(encoding="utf-8")


def check(page: Page, source: str) -> None:
    """Fails with one line for each fault that axe finds on the page as it stands."""
    page.evaluate(source)
    found: list[dict[str, Any]] = page.evaluate(
        "async (tags) => (await axe.run(document, {runOnly: {type: 'tag', values: tags}})).violations", RULES
    )
    lines = [f"{it['id']}: {node['html']} {node['failureSummary']}" for it in found for node in it["nodes"]]
    assert not lines, "\n".join(lines)
