"""What every listener works with: the desk, Slack, and pools for what is waited for and for what comes after."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import structlog

from bot.domain.approvals import rule_for
from bot.domain.commands import Approve, Command, Declare, SharedWord
from bot.domain.errors import DRError, NotConfirmed, NotRecorded
from bot.domain.incident import Incident, StepRun
from bot.domain.model import replace
from bot.domain.plan import RecoveryPlan
from bot.domain.timeline import Actor
from bot.domain.words import Words
from bot.engine.desk import Desk
from bot.slack.answers import Answer
from bot.slack.blocks import Block, section
from bot.slack.blocks import modal as view
from bot.slack.chat import Chat, SlackRefused, SlackTrouble
from bot.slack.controls import Control
from bot.slack.identity import Members
from bot.slack.reconciler import Reconciler
from bot.slack.requests import Caller
from bot.slack.wording import refusal
from bot.store import chat as rows
from bot.store.projections import IncidentRow

AT_ONCE = 50  # as many as may click in one moment
ANSWER_WITHIN = 0.9  # seconds for everything before the acknowledgement; the desk's own deadline is shorter
OPEN_WITHIN = 2.5  # seconds: a trigger lives for three
T = TypeVar("T")
log = structlog.get_logger()


def _nobody_judges(_incident: str, _run: str, _step: str, _attempt: int, _offer: str) -> None:
    """The engine's own job does it."""


@dataclass(frozen=True)
class Front:
    """The bot as people meet it in Slack.

    `subcommands` are the words that follow /dr; `judge` looks up at once who offered an approval, before the engine's job.
    """

    desk: Desk
    chat: Chat
    members: Members
    reconciler: Reconciler
    subcommands: frozenset[str] = frozenset()
    judge: Callable[[str, str, str, int, str], None] = _nobody_judges
    answer_within: float = ANSWER_WITHIN
    _now: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(AT_ONCE, thread_name_prefix="answer"))
    _later: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(AT_ONCE, thread_name_prefix="after"))
    _slow: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(AT_ONCE, thread_name_prefix="slow"))

    @property
    def plan(self) -> RecoveryPlan:
        return self.desk.plan

    def refusal(self, error: DRError) -> str:
        """What was refused and what to do next, in mrkdwn."""
        return refusal(error, self.subcommands)

    def promptly(self, work: Callable[[], T]) -> T:
        """What is done before the acknowledgement; raises NotConfirmed where the database lets it wait."""
        try:
            return self.desk.waited(self._now.submit(work), self.answer_within)
        except TooLate:
            text = "Not confirmed: the database did not answer in time. Look at the card before you repeat it."
            raise NotConfirmed(text) from None

    def later(self, work: Callable[[], object]) -> None:
        """What is done after the acknowledgement, where an error can only be logged."""
        self._later.submit(self._guarded, work)

    def _guarded(self, work: Callable[[], object]) -> None:
        try:
            work()
        except DRError as error:
            log.warning("slack_afterwards", reason=str(error))
        except Exception:  # the edge of this thread: what came after the acknowledgement has nobody else to tell
            log.exception("slack_afterwards_failed")

    def close(self) -> None:
        """Begin nothing more; answers that are on their way are waited for."""
        self._now.shutdown(wait=False, cancel_futures=True)
        self._later.shutdown(wait=True, cancel_futures=True)
        self._slow.shutdown(wait=False, cancel_futures=True)

    # --- after the acknowledgement ----------------------------------------------------------------------------------------

    def deliver(self, caller: Caller, answer: Answer, modal: str | None = None) -> None:
        """Tell, open and do what an answer says, from within a modal or not. What goes wrong is told to the person too."""
        if answer.text or answer.blocks:
            self.tell(caller, answer, modal)
        try:
            if answer.opens is not None:
                self._open(caller, answer.opens(), modal)
        except SlackTrouble as trouble:
            log.warning("modal_not_opened", reason=str(trouble))
            text = f"The form could not be opened. {self.refusal(trouble)} Try it once more."
            self.tell(caller, Answer(text=text), modal)
        except DRError as error:
            self.tell(caller, Answer(text=self.refusal(error)), modal)
        if answer.later is not None:
            self._slow.submit(self._guarded, partial(self._deliver_later, caller, answer.later))

    def _deliver_later(self, caller: Caller, later: Callable[[], Answer]) -> None:
        try:
            self.deliver(caller, later())
        except DRError as error:
            self.tell(caller, Answer(text=self.refusal(error)))

    def tell(self, caller: Caller, answer: Answer, modal: str | None = None) -> None:
        """Say something to one person alone: in the modal that they look at, where they were, or in a direct message."""
        answer = self._kept(answer)
        blocks = list(answer.blocks) or None
        if modal is not None and self._shown_in(modal, blocks or [section(answer.text)]):
            return
        if caller.response_url and self.chat.respond(caller.response_url, answer.text, blocks):
            return
        content: dict[str, Any] = {"text": answer.text, "blocks": blocks, "unfurl_links": False, "unfurl_media": False}
        try:
            if not caller.channel or not self._said_in(caller.channel, caller.account, content):
                self.chat.call("chat.postMessage", channel=caller.account, **content)
        except SlackTrouble as trouble:
            log.warning("answer_lost", reason=str(trouble))

    def _said_in(self, channel: str, account: str, content: dict[str, Any]) -> bool:
        """Whether one person was told in a channel; False where Slack refuses it there."""
        try:
            self.chat.call("chat.postEphemeral", channel=channel, user=account, **content)
        except SlackRefused as refused:
            log.info("not_told_there", reason=str(refused))
            return False
        return True

    def _kept(self, answer: Answer) -> Answer:
        """The answer with buttons that work; without any where the database can't keep what they mean."""
        try:
            self.keep(answer.controls)
        except (NotRecorded, NotConfirmed):
            shown = [block for block in answer.blocks if block["type"] != "actions" and "accessory" not in block]
            left_out = section(
                "_The buttons are left out: the database takes nothing down now. Type the command instead._"
            )
            return replace(answer, blocks=(*shown, left_out), controls=())
        return answer

    def _shown_in(self, modal: str, blocks: list[Block]) -> bool:
        """Whether the modal that a person looks at says it; closed by them it can't."""
        notice = view("DR Bot", blocks, callback_id="notice", close="Close")
        try:
            self.chat.call("views.update", patience=OPEN_WITHIN, view_id=modal, view=notice)
        except SlackTrouble as trouble:
            log.info("modal_not_shown", reason=str(trouble))
            return False
        return True

    def _open(self, caller: Caller, modal_view: Block, modal: str | None) -> None:
        """A modal, on top of the one that led to it; raises SlackTrouble."""
        method = "views.push" if modal else "views.open"
        self.chat.call(method, patience=OPEN_WITHIN, trigger_id=caller.trigger, view=modal_view)

    def keep(self, controls: Iterable[Control]) -> None:
        """Keep what buttons mean before they are shown."""
        meanings = {control.id: control.meaning for control in controls}
        if meanings:
            self.desk.transact(lambda connection, _: rows.put_buttons(connection, "", meanings))


@dataclass(frozen=True)
class Speaker:
    """Somebody who speaks, with the key that makes what they say count once."""

    front: Front
    caller: Caller
    key: str

    @property
    def actor(self) -> Actor:
        return self.front.members.actor(self.caller.account)

    @property
    def person(self) -> str | None:
        return self.actor.person

    @property
    def plan(self) -> RecoveryPlan:
        return self.front.plan

    @property
    def words(self) -> Words:
        """Says things as of now."""
        return Words(self.plan, self.now())

    def now(self) -> datetime:
        return self.front.desk.now()

    def may_see(self, incident: Incident) -> bool:
        """A private incident is for the people of the recovery plan, and for whoever declared it."""
        return not incident.private or self.person is not None or incident.declarer_account == self.caller.account

    def may_list(self, row: IncidentRow) -> bool:
        """The same by an incident's line in a list; only a private one is read for it."""
        return not row.private or self.may_see(self.incident(row.id))

    def incident(self, incident_id: str) -> Incident:
        """An incident as it stands; raises Refused."""
        return self.front.desk.find(incident_id)

    def give(self, incident_id: str, command: Command, part: str = "") -> Incident:
        """Record a command in this person's name, have the channel show it; raises Refused, NotRecorded, NotConfirmed.

        `part` tells several commands of one request apart. A word that is final at once has its speaker looked up at once, and
        those who spoke before: of approvals and broken glass the engine looks up who gave them just before the call, and a
        decline stops things, so nobody waits to be known.
        """
        if isinstance(command, SharedWord):
            step = self._step(incident_id, command)
            teams = self._teams(step) if step else set()
            self.front.members.check_now(self.caller.account, teams)
            command = replace(command, gone=self._gone(step, teams) if step else {})
        after = self.front.desk.give(incident_id, replace(command, actor=self.actor), key=self._key(part))
        if not isinstance(command, Approve):
            self.front.reconciler.nudge()
        return after

    def _step(self, incident_id: str, command: SharedWord) -> StepRun | None:
        run = self.incident(incident_id).runs.get(command.run)
        return run.steps.get(command.step) if run else None

    def _gone(self, step: StepRun, teams: set[str]) -> dict[str, str]:
        """Who said something of this step before and may do nothing that counts any more, and why; raises Refused."""
        others = {voice.person for voice in step.voices} - {self.person}
        found = {person: self.front.members.may_still(person, teams) for person in others}
        return {person: standing.reason for person, standing in found.items() if not standing.eligible}

    def _teams(self, step: StepRun) -> set[str]:
        """Whose word it takes: by the rule of today and by the one that the step's plan was shown with."""
        return {rule.approvers for rule in (step.rule, rule_for(self.plan.approvals, step.definition.approval)) if rule}

    def declare(self, command: Declare) -> Incident:
        """The same for an incident that begins."""
        after = self.front.desk.declare(replace(command, actor=self.actor), key=self._key(""))
        self.front.reconciler.nudge()
        return after

    def _key(self, part: str) -> str:
        return f"{self.key}:{part}" if part else self.key
