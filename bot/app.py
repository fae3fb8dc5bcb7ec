"""The composition root: everything is built here, from the settings, and handed in.

What only some processes need is loaded where they need it (docs/decisions/loaded-where-needed.md).
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.actions.registry import ACTIONS, CHECKS
from bot.cli.main import cli
from bot.comms.channels import Channel, Setup, open_channels
from bot.comms.messages import TemplateMessages
from bot.comms.slack import Direct
from bot.config.checking import Configuration, Paths, load
from bot.domain.finding import Finding
from bot.domain.plan import RecoveryPlan
from bot.engine.desk import Desk
from bot.engine.durable import Enqueuer
from bot.engine.ports import Messages, Registry
from bot.logs import set_up
from bot.redaction import hide_environment, redact
from bot.settings import Settings
from bot.store.clock import Clock
from bot.store.database import Database
from bot.store.errors import SchemaTooOld
from bot.store.revision import check

if TYPE_CHECKING:
    from bot.slack.identity import Members


@dataclass(frozen=True)
class Bot:
    """The composed bot. `environ` is where secrets of kind env are read."""

    settings: Settings
    configuration: Configuration
    database: Database
    desk: Desk
    channels: Mapping[str, Channel]
    members: "Members | None"
    environ: Mapping[str, str]

    @property
    def messages(self) -> Messages:
        return self.desk.messages

    def serve(self, *, until_idle: bool) -> None:
        """Execute what is due: until SIGTERM or Ctrl-C, or until nothing is left to do."""
        from bot.serving import Serving  # noqa: PLC0415

        problems = self.configuration.problems
        serving = Serving(self.settings, problems, self.desk, self.channels, self.members, self.environ)
        serving.run(until_idle=until_idle)

    def close(self) -> None:
        self.desk.close()
        self.database.close()


def build(settings: Settings, environ: Mapping[str, str] = os.environ) -> Bot:
    """The bot of these settings; raises ConfigurationError and the store's errors. The tables are made where they are missing."""
    known: dict[str, Any] = {**ACTIONS, **CHECKS}
    configuration = load(Paths(settings.plan, settings.runbooks, settings.templates), known)
    plan = configuration.plan
    database = Database(settings.database_url.get_secret_value())
    _prepared(database)
    members, direct = _slack(settings, plan)
    channels = open_channels(Setup(plan.senders, settings.smtp_url, direct))
    messages = TemplateMessages(plan, configuration.templates, channels, settings.url)
    desk = Desk(
        database=database,
        clock=Clock(settings.clock_file),
        plan=plan,
        runbooks=configuration.runbooks,
        registry=Registry(ACTIONS, CHECKS),
        messages=messages,
        enqueuer=Enqueuer(database),
    )
    return Bot(settings, configuration, database, desk, channels, members, environ)


def _slack(settings: Settings, plan: RecoveryPlan) -> "tuple[Members, Direct] | tuple[None, None]":
    """The workspace's directory, and the way to one person there; None where there is no bot token."""
    if settings.slack_bot_token is None:
        return None, None
    from bot.slack.direct import DirectMessages  # noqa: PLC0415
    from bot.slack.identity import members_of  # noqa: PLC0415

    members = members_of(settings.slack_bot_token, settings.slack_api_url, plan)
    return members, DirectMessages(members.chat)


def _prepared(database: Database) -> None:
    try:
        check(database)
    except SchemaTooOld:
        made = subprocess.run(
            [sys.executable, "-m", "bot.tables"],
            env={**os.environ, "DATABASE_URL": database.url},
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            reason = redact(made.stderr.strip().rpartition("\n")[2])
            raise SchemaTooOld(f"The database's tables could not be made: {reason}") from None


def start(settings: Settings) -> Bot:
    """As `build`, for a process of its own: its logging is set up first, and its environment's secrets are hidden."""
    hide_environment(os.environ)
    set_up(settings.log_level, settings.log)
    return build(settings)


def examined(settings: Settings) -> Iterator[Finding]:
    """What dr doctor finds; it needs nothing to be in order."""
    hide_environment(os.environ)
    set_up(settings.log_level, settings.log)
    from bot.doctor.examination import examine  # noqa: PLC0415

    return examine(settings, {**ACTIONS, **CHECKS}, os.environ)


def main() -> None:
    """The `dr` command."""
    cli(start, examined, *sys.argv[1:2])()
