"""What Bolt hands over: read it, do it, acknowledge, and then tell.

Before it is acknowledged Slack is asked for nothing but who somebody is: docs/decisions/while-slack-is-silent.md.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import structlog

from bot.domain.errors import DRError, NotConfirmed, Refused
from bot.slack import home, requests
from bot.slack.answers import NOTHING, Answer
from bot.slack.clicks import pressed
from bot.slack.commands import answer as command_answer
from bot.slack.commands import incident_here
from bot.slack.doubt import confirmed
from bot.slack.front import Front, Speaker
from bot.slack.identity import NotSaid
from bot.slack.modals.registry import MODALS
from bot.slack.pinning import NOT_HERE, add_to_timeline, is_at_hand
from bot.slack.requests import Caller, Payload, Pointed, Submission
from bot.slack.wording import field_error

Ack = Callable[..., Any]
PIN = "pushpin"
log = structlog.get_logger()


class Listeners:
    """One method for each kind of request."""

    def __init__(self, front: Front) -> None:
        self.front = front

    def command(self, body: Payload, ack: Ack) -> None:
        """/dr …: the answer goes out with the acknowledgement, so that it needs nothing more of Slack."""
        typed = requests.typed(body)
        answer = self._answered(typed.caller, typed.key, lambda: command_answer(self.front, typed))
        if not answer.is_quick:
            ack()
            self._after(typed.caller, answer)
            return
        text = {"text": answer.text, "response_type": "ephemeral"} if answer.text or answer.blocks else {}
        ack(**text, **({"blocks": list(answer.blocks)} if answer.blocks else {}))
        self._after(typed.caller, Answer(later=answer.later))

    def click(self, body: Payload, ack: Ack) -> None:
        """A button."""
        click = requests.click(body)
        if not click.value:
            ack()
            return
        answer = self._answered(click.caller, click.key, lambda: pressed(self.front, click))
        ack()
        self._after(click.caller, answer, click.modal)

    def submission(self, body: Payload, ack: Ack) -> None:
        """A modal. What is wrong stands at its field; when it is done, every modal closes."""
        sent = requests.submission(body)
        inputs = [block["block_id"] for block in body["view"]["blocks"] if block.get("type") == "input"]
        answer = self._submitted(sent, inputs)
        if answer.errors:
            ack(response_action="errors", errors=dict(answer.errors))
        elif answer.becomes is not None:
            ack(response_action="update", view=answer.becomes)
        else:
            ack(response_action="clear")
            self._after(sent.caller, answer)

    def shortcut(self, body: Payload, ack: Ack) -> None:
        """Add to the incident's timeline."""
        pointed = requests.shortcut(body)
        answer = self._answered(pointed.caller, pointed.key, lambda: self._pointed(pointed, elsewhere=NOT_HERE))
        ack()
        self._after(pointed.caller, answer)

    def reaction(self, body: Payload, ack: Ack) -> None:
        """A pin does the same in an incident's channel; whatever else people react with is theirs."""
        pointed = requests.reaction(body)
        us = self.front.members.us
        if body["event"].get("reaction") != PIN or (us is not None and pointed.caller.account == us.bot_user):
            ack()
            return
        answer = self._answered(pointed.caller, pointed.key, lambda: self._pointed(pointed, elsewhere=""), quiet=True)
        ack()
        self._after(pointed.caller, answer)

    def home_opened(self, body: Payload, ack: Ack) -> None:
        """The app's home tab."""
        event = body["event"]
        ack()
        if event.get("tab", "home") == "home":
            caller = Caller(account=str(event["user"]))
            self.front.later(partial(self._publish, Speaker(self.front, caller, "")))

    def channel_changed(self, body: Payload, ack: Ack) -> None:
        """An incident's channel was archived or deleted, or somebody left it: where the bot can't post there, it is replaced."""
        ack()
        channel = body["event"].get("channel")
        id_ = str(channel.get("id")) if isinstance(channel, dict) else str(channel or "")
        self.front.later(lambda: self._look_after(id_))

    def anything(self, ack: Ack) -> None:
        """What nothing is done about: links that are opened, forms that are closed."""
        ack()

    # --- how it is answered -----------------------------------------------------------------------------------------------

    def _answered(self, caller: Caller, key: str, work: Callable[[], Answer], *, quiet: bool = False) -> Answer:
        """The answer, or what stands against it in words. `quiet`: whoever may do nothing here is not told so."""
        try:
            self.front.members.check(caller.account, caller.team)
        except Refused as refused:
            silent = quiet and not isinstance(refused, NotSaid)
            return NOTHING if silent else Answer(text=self.front.refusal(refused))
        try:
            return self.front.promptly(work)
        except NotConfirmed as doubt:
            return Answer(text=self.front.refusal(doubt), later=lambda: confirmed(self.front, key))
        except DRError as error:
            return Answer(text=self.front.refusal(error))

    def _submitted(self, sent: Submission, inputs: list[str]) -> Answer:
        modal = MODALS.get(sent.callback)
        if modal is None:
            return NOTHING
        speaker = Speaker(self.front, sent.caller, sent.key)
        try:
            self.front.members.check(sent.caller.account, sent.caller.team)
            return self.front.promptly(lambda: modal.submitted(speaker, sent))
        except DRError as error:
            blamed = modal.blame(error)
            if not inputs:
                return Answer(text=self.front.refusal(error))
            at = blamed if blamed in inputs else inputs[0]
            return Answer(errors={at: field_error(error, self.front.subcommands)})

    def _pointed(self, pointed: Pointed, *, elsewhere: str) -> Answer:
        incident = incident_here(self.front, pointed.caller.channel)
        if incident is None:
            return Answer(text=elsewhere)
        if is_at_hand(self.front, pointed):
            return add_to_timeline(self.front, pointed, incident)
        return Answer(later=lambda: add_to_timeline(self.front, pointed, incident))

    def _after(self, caller: Caller, answer: Answer, modal: str | None = None) -> None:
        if answer != NOTHING:
            self.front.later(partial(self.front.deliver, caller, answer, modal))

    def _publish(self, speaker: Speaker) -> None:
        try:
            self.front.members.check(speaker.caller.account)
        except Refused as refused:
            home.refuse(speaker, refused)
        else:
            home.publish(speaker)

    def _look_after(self, channel: str) -> None:
        id_ = incident_here(self.front, channel)
        incident = self.front.desk.find(id_) if id_ else None
        places = self.front.reconciler.places
        if incident is not None and incident.is_open and not places.is_usable(channel):
            places.lost(incident, channel)
            self.front.reconciler.nudge()
