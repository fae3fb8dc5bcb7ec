"""An app that isn't ours: Slack's own JavaScript library runs against the workspace."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bot.playground.workspace.workspace import Workspace
from tests.conftest import missing

HERE = Path(__file__).parent.parent / "workspace" / "js"
INSTALL = ("npm", "install", "--omit=dev", "--package-lock=false", "--no-audit", "--no-fund", "--ignore-scripts")


@pytest.fixture(scope="session")
def library() -> Path:
    """The folder with Slack's library in the pinned version, kept for the next time."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        missing("Slack's JavaScript library needs node and npm, which are not installed.")
    wanted = (HERE / "package.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dr-bot"
    folder = cache / f"bolt-js-{hashlib.sha256(wanted).hexdigest()[:12]}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        install(wanted, cache, folder)
    return folder


def install(wanted: bytes, cache: Path, folder: Path) -> None:
    """Beside it first, so that of two tests at once neither finds half of it."""
    with tempfile.TemporaryDirectory(dir=cache) as beside:
        unfinished = Path(beside) / "it"
        unfinished.mkdir()
        (unfinished / "package.json").write_bytes(wanted)
        installing = subprocess.run(INSTALL, cwd=unfinished, capture_output=True, text=True, timeout=300)
        if installing.returncode:
            missing(f"npm could not install Slack's JavaScript library: {installing.stderr.strip()[-200:]}")
        with suppress(OSError):
            unfinished.rename(folder)


@pytest.fixture
def workspace(library: Path) -> Iterator[Workspace]:
    """A workspace, as strict as ever, with the JavaScript app connected."""
    with Workspace.running(patience=30) as running:
        environment = {"PATH": os.environ["PATH"], "NODE_PATH": str(library / "node_modules"), **running.environment}
        app = subprocess.Popen(
            ["node", str(HERE / "app.cjs")],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            running.until(lambda: running.connections == 1, seconds=60)
            yield running
        finally:
            app.terminate()
            try:
                print(app.communicate(timeout=10)[0])
            except subprocess.TimeoutExpired:
                app.kill()
                print(app.communicate()[0])


def test_the_javascript_library_works(workspace: Workspace) -> None:
    """A command is answered, a message posted, a click opens a form and changes the message, an error stands at its field."""
    assert workspace.command("U0BOB", "#ops", "/dr hello @carol").ok
    assert workspace.ephemeral("#ops", "U0BOB")[0]["text"] == "You said hello <@U0CAROL|carol>"
    ts = workspace.until(card(workspace))
    assert workspace.click("U0ALICE", ts, "go").ok
    view = workspace.until(lambda: workspace.views("U0ALICE"))[0]
    workspace.until(lambda: workspace.message(ts)["text"] == "clicked by U0ALICE")
    assert workspace.submit("U0ALICE", view, {"title": "short"}).errors == {"b": "Say more."}
    assert workspace.submit("U0ALICE", view, {"title": "long enough"}).ok
    assert workspace.views("U0ALICE") == []
    workspace.react("U0BOB", ts, "pushpin")
    workspace.until(lambda: workspace.channel("#ops").topic.value == "pushpin")


def card(workspace: Workspace) -> Callable[[], str]:
    """Looks for the ts of the posted card."""
    return lambda: next((it["ts"] for it in workspace.messages("#ops") if it["text"] == "card"), "")


def test_the_javascript_library_comes_back(workspace: Workspace) -> None:
    """After a refresh of its connection it goes on by itself."""
    workspace.core.limits.enabled = False
    workspace.end_sockets("refresh_requested")
    workspace.until(lambda: len(workspace.ledger.of("link")) == 2 and workspace.connections == 1)
    assert workspace.command("U0BOB", "#ops", "/dr again").ok
