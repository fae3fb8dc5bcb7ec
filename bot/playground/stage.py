"""Everything that a night needs, running: the estate, a local workspace, and the bot that listens in it."""

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from bot.playground.announce import ChildFailed
from bot.playground.cloud_calls import start_recording
from bot.playground.dr_command import DrCommand, dr_path, environment_for
from bot.playground.estate import PROJECT, Estate, Say, running_estate
from bot.playground.processes import Processes
from bot.playground.serving import Serving, start_serving
from bot.playground.workspace.installed import InstalledApp, Subcommand, from_manifest
from bot.playground.workspace.people import Group, Person, default_people
from bot.playground.workspace.workspace import Workspace

ALARM = Person("U0ALARM", "alarm", "Shop alarm", color="8a5a00", is_bot=True)
PLAYED = ("U0ALICE", "U0BOB", "U0CAROL", "U0DAVE", "U0ERIN")
TEAM = Group("S0DRTEAM", "dr-team", "DR team", ["U0ALICE", "U0BOB"])
HANDOVER = "All quiet. Alice is on call from now on."
LISTENS_WITHIN = 30.0
USAGE = re.compile(r"^`/dr ([a-z-]+) ?([^`]*)` (.+)$", re.MULTILINE)
TERMINAL_WIDTH = 88


class PortTaken(Exception):
    """The page's port is not free; the text says so in one line."""


@dataclass(frozen=True)
class Stage:
    """All of it. `dr` is the command for whoever prefers the terminal."""

    estate: Estate
    workspace: Workspace
    serving: Serving
    dr: DrCommand


@contextmanager
def staged(say: Say, updates: Mapping[str, str], *, port: int = 0, width: int = TERMINAL_WIDTH) -> Iterator[Stage]:
    """Start everything, telling each part by `say`; end everything afterwards. `port` is the page's, 0 any."""
    with ExitStack() as stack:
        workspace = stack.enter_context(opened(port))
        say("a chat workspace with five people")
        processes = stack.enter_context(Processes())
        directory = processes.scratch_directory("dr-bot-demo-")
        stack.enter_context(logs_kept(directory / "logs"))
        estate = stack.enter_context(running_estate(directory, say, updates))
        children = stack.enter_context(Processes())
        environment = environment_for({**estate.environment, **workspace.environment})
        start_recording(estate.cloud_url)
        serving = start_serving(children, dr_path(), directory, environment)
        listen(workspace)
        say("DR Bot, listening in the workspace")
        yield Stage(estate, workspace, serving, DrCommand(directory, environment, width))


@contextmanager
def opened(port: int) -> Iterator[Workspace]:
    people = [it for it in default_people() if it.id in PLAYED]
    try:
        workspace = Workspace(app=app(), people=[*people, ALARM], groups=[TEAM], port=port)
    except OSError as error:
        raise PortTaken(f"port {port} of 127.0.0.1 is taken; name another one with --port") from error
    with workspace.core.changed:
        workspace.channel("C0ONCALL").members.append(ALARM.id)
    workspace.say(PLAYED[1], "C0ONCALL", HANDOVER)
    try:
        yield workspace
    finally:
        workspace.close()


def app() -> InstalledApp:
    return from_manifest(yaml.safe_load((PROJECT / "manifest.yml").read_text()))


def listen(workspace: Workspace) -> None:
    """Wait until the bot answers, and let the page complete what its help lists. Raises ChildFailed."""
    try:
        workspace.until(lambda: workspace.connections, LISTENS_WITHIN)
        found = workspace.until(lambda: helped(workspace), LISTENS_WITHIN)
    except TimeoutError as error:
        raise ChildFailed("dr serve does not answer in the workspace") from error
    workspace.core.app = replace(workspace.core.app, subcommands=found)


def helped(workspace: Workspace) -> tuple[Subcommand, ...]:
    """What the bot's help lists, asked for once and shown to nobody; nothing where it does not answer in time."""
    before = len(workspace.ephemeral("C0ONCALL", PLAYED[0]))
    workspace.command(PLAYED[0], "C0ONCALL", "/dr help")
    told = workspace.ephemeral("C0ONCALL", PLAYED[0])[before:]
    for message in told:
        workspace.delete_message(message["ts"])
    return tuple(Subcommand(*match.groups()) for message in told for match in USAGE.finditer(message["text"]))


@contextmanager
def logs_kept(logs: Path) -> Iterator[None]:
    """Where a part did not start, its log outlives the directory, and the error says where."""
    try:
        yield
    except ChildFailed as error:
        kept = Path(tempfile.mkdtemp(prefix="dr-bot-demo-logs-"))
        shutil.copytree(logs, kept, dirs_exist_ok=True)
        raise ChildFailed(f"{error}\nIts log is kept in {kept}") from error
