"""Serving: the engine, the web pages and Slack's part of one process, put together and run until it is told to end."""

import signal
import threading
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

import structlog

from bot.actions.context import ContextFactory
from bot.actions.heartbeat import beat
from bot.comms.channels import Channel
from bot.domain.approvals import Standing
from bot.domain.problems import Problem
from bot.engine.beats import Heartbeats
from bot.engine.confirming import confirming
from bot.engine.desk import Desk
from bot.engine.looker import Looker
from bot.engine.ports import Unavailable
from bot.engine.replica import Replica
from bot.engine.steps import StepRunner
from bot.engine.telling import Teller
from bot.settings import Settings
from bot.web.server import WebServer

if TYPE_CHECKING:
    from bot.slack.identity import Members
    from bot.slack.part import SlackPart

log = structlog.get_logger()


class NoDirectory:
    """Without Slack nobody can be looked up live, so a click counts nothing."""

    def look_up(self, person: str, teams: Collection[str]) -> Standing:  # noqa: ARG002
        raise Unavailable(f"There is no chat to look {person} up in.")


@dataclass(frozen=True)
class Serving:
    """Executes. `environ` is where secrets of kind env are read, `problems` are what the configuration lacks."""

    settings: Settings
    problems: Sequence[Problem]
    desk: Desk
    channels: Mapping[str, Channel]
    members: "Members | None"
    environ: Mapping[str, str]

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

    def slack(self, replica: Replica) -> "SlackPart | None":
        """Slack's part of this process, not yet started; None without credentials."""
        if self.members is None:
            return None
        from bot.slack.part import slack_part  # noqa: PLC0415  # only where there is a chat

        return slack_part(self.settings, self.desk, self.members, replica.runner, self.channels["email"].send)

    def run(self, *, until_idle: bool) -> None:
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

    def _with_slack(self, slack: "SlackPart", told: threading.Event, replica: Replica) -> None:
        try:
            slack.start()
            self._until(told, replica)
        finally:
            slack.stop()

    def _say_what_is_doubtful(self) -> None:
        problems = self.problems
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
        log.info("ready", url=self.settings.url, database=self.desk.database.name)
        replica.wait(told)


def _told_to_end() -> threading.Event:
    """Set on SIGTERM and Ctrl-C."""
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    return told
