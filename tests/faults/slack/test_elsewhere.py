"""A server that isn't ours: what it supports of a night goes well there too."""

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.faults.nursery import PROJECT
from tests.faults.slack.plan import SWITCH, recovery_plan
from tests.faults.world import environment_of, write_files, write_keys

PACKAGE, VERSION = "local-slack-linux-x64", "0.1.8"
INSTALL = ("npm", "install", "--omit=dev", "--package-lock=false", "--no-audit", "--no-fund", "--ignore-scripts")


@pytest.fixture(scope="session")
def network() -> tuple[str, ...]:
    """How a program is started in a network of its own, in which nothing outside can be reached."""
    if not sys.platform.startswith("linux") or shutil.which("unshare") is None:
        missing("local-slack listens on every interface, and there is no unshare to keep it apart.")
    apart = ("unshare", "--net") if os.geteuid() == 0 else ("unshare", "--map-root-user", "--net")
    if subprocess.run([*apart, "true"], capture_output=True).returncode:
        missing("local-slack listens on every interface, and this user may not make a network namespace.")
    return apart


@pytest.fixture(scope="session")
def binary(network: tuple[str, ...]) -> Path:
    """The server's program in the pinned version, kept for the next time."""
    if platform.machine() != "x86_64" or shutil.which("npm") is None:
        missing("local-slack comes by npm for x86-64, which is not here.")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dr-bot"
    folder = cache / f"{PACKAGE}-{VERSION}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        install(cache, folder)
    return folder / "node_modules" / PACKAGE / "bin" / "local-slack"


def install(cache: Path, folder: Path) -> None:
    """Beside it first, so that of two tests at once neither finds half of it."""
    with tempfile.TemporaryDirectory(dir=cache) as beside:
        unfinished = Path(beside) / "it"
        unfinished.mkdir()
        (unfinished / "package.json").write_text("{}")
        asked = [*INSTALL, f"{PACKAGE}@{VERSION}"]
        installing = subprocess.run(asked, cwd=unfinished, capture_output=True, text=True, timeout=300)
        if installing.returncode:
            missing(f"npm could not install {PACKAGE}: {installing.stderr.strip()[-200:]}")
        with suppress(OSError):
            unfinished.rename(folder)


def test_a_night_elsewhere(network: tuple[str, ...], binary: Path, new_directory: Callable[[], Path]) -> None:
    """Declared by form and by command, a click, changed messages: once each, whatever methods are unknown there."""
    directory = new_directory()
    write_files(directory, recovery_plan(write_keys(directory), "http://127.0.0.1:9"), SWITCH)
    environment = environment_of(directory, f"sqlite:///{directory}/dr.db", "http://127.0.0.1:9", 9)
    (directory / "environment.json").write_text(json.dumps(environment))
    command = [*network, sys.executable, "-m", "tests.faults.slack.elsewhere", str(binary), str(directory)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=150)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-6000:]}"
    assert "nothing twice" in done.stdout
