"""The composition root: everything is built here, from the settings, and handed in."""

import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import structlog

from bot.actions.context import ContextFactory
from bot.actions.heartbeat import beat
from bot.actions.registry import ACTIONS, CHECKS
from bot.cli.main import cli
from bot.comms.channels import Channel, Setup, open_channels
from bot.comms.messages import TemplateMessages
from bot.config.checking import Configuration, Paths, load
from bot.doctor.examination import examine
from bot.domain.approvals import Standing
from bot.domain.finding import Finding
from bot.engine.beats import Heartbeats
from bot.engine.confirming import confirming
from bot.engine.desk import Desk
from bot.engine.durable import Enqueuer
from bot.engine.looker import Looker
from bot.engine.ports import Messages, Registry, Unavailable
from bot.engine.replica import Replica
from bot.engine.steps import StepRunner
from bot.engine.telling import Teller
from bot.logs import set_up
from bot.redaction import hide_environment, redact
from bot.settings import Settings
from bot.slack.direct import DirectMessages
from bot.slack.identity import Members
from bot.slack.part import SlackPart, members_of, slack_part
from bot.store.clock import Clock
from bot.store.database import Database
from bot.store.errors import SchemaTooOld
from bot.store.revision import check
from bot.web.server import WebServer

log = structlog.get_logger()


class NoDirectory:
    """Without Slack nobody can be looked up live, so a click counts nothing."""

    def look_up(self, person: str) -> Standing:
        raise Unavailable(f"There is no chat to look {person} up in.")


@dataclass(frozen=True)
class Bot:
    """The composed bot. `environ` is where secrets of kind env are read."""

    settings: Settings
    configuration: Configuration
    database: Database
    desk: Desk
    channels: Mapping[str, Channel]
    members: Members | None
    environ: Mapping[str, str]

    @property
    def messages(self) -> Messages:
        return self.desk.messages

    def replica(self) -> Replica:
        """The engine of this process, not yet started."""
        desk, settings = self.desk, self.settings
        teller = Teller(desk)
        contexts = ContextFactory(now=desk.now, notify=teller.notify, environ=self.environ)
        looker = Looker(desk.plan, desk.registry, contexts)
        life = f"{settings.replica}-{uuid.uuid4().hex}"
        directory = self.members or NoDirectory()
        runner = StepRunner(desk, looker, confirming(desk.plan, directory), directory, life)
        heartbeats = Heartbeats(desk.plan, contexts, beat)
        every = {heartbeats.every: (heartbeats.beat,)}
        return Replica(desk, runner, teller, settings.replica, settings.url, version("dr-bot"), every)

    def slack(self, replica: Replica) -> SlackPart | None:
        """Slack's part of this process, not yet started; None without credentials."""
        if self.members is None:
            return None
        return slack_part(self.settings, self.desk, self.members, replica.runner, self.channels["email"].send)

    def serve(self, *, until_idle: bool) -> None:
        """Execute what is due: until SIGTERM or Ctrl-C, or until nothing is left to do."""
        self._say_what_is_doubtful()
        replica = self.replica()
        if until_idle:
            self._run(replica, replica.wait_until_idle)
            return
        told = _told_to_end()
        slack = self.slack(replica)
        if slack is None:
            with WebServer(self.settings.http_address, replica, self.desk):
                self._run(replica, lambda: self._until(told, replica))
            return
        replica.watch(slack.every)
        with WebServer(self.settings.http_address, replica, self.desk, slack.link.part, slack.link.routes):
            self._run(replica, lambda: self._with_slack(slack, told, replica))

    def _with_slack(self, slack: SlackPart, told: threading.Event, replica: Replica) -> None:
        try:
            slack.start()
            self._until(told, replica)
        finally:
            slack.stop()

    def _say_what_is_doubtful(self) -> None:
        problems = self.configuration.problems
        for problem in problems:
            if problem.level == "error":
                log.error("configuration", problem=str(problem))
        doubts = sum(problem.level == "warning" for problem in problems)
        if doubts:
            log.warning("configuration", doubts=doubts, advice="Read them with: dr check")
        if self.members is None:
            missing = "SLACK_BOT_TOKEN is not set" if self.settings.has_slack else "No Slack credentials are set"
            log.warning("headless", reason=f"{missing}, so everything goes on by the dr command.")

    def _run(self, replica: Replica, work: Callable[[], None]) -> None:
        try:
            replica.start()
            work()
        finally:
            replica.stop()

    def _until(self, told: threading.Event, replica: Replica) -> None:
        log.info("ready", url=self.settings.url, database=self.database.name)
        replica.wait(told)

    def close(self) -> None:
        self.desk.close()
        self.database.close()


def _told_to_end() -> threading.Event:
    """Set on SIGTERM and Ctrl-C."""
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    return told


def build(settings: Settings, environ: Mapping[str, str] = os.environ) -> Bot:
    """The bot of these settings; raises ConfigurationError and the store's errors. The tables are made where they are missing."""
    known: dict[str, Any] = {**ACTIONS, **CHECKS}
    configuration = load(Paths(settings.plan, settings.runbooks, settings.templates), known)
    plan = configuration.plan
    database = Database(settings.database_url.get_secret_value())
    _prepared(database)
    members = members_of(settings, plan)
    direct = DirectMessages(members.chat) if members else None
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
    return examine(settings, {**ACTIONS, **CHECKS}, os.environ)


main: Callable[[], None] = cli(start, examined)
