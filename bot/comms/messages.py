"""What is told to whom, in which words: the engine's `Messages`, made from the recovery plan, templates and channels."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.comms import audience as who
from bot.comms.channels import Channel
from bot.comms.drafts import sections
from bot.comms.facts import Facts, facts, missed_so_far
from bot.comms.occasions import UPDATE, Occasion, occasion
from bot.comms.outgoing import Outgoing
from bot.comms.safe_text import field
from bot.comms.texts import Texts
from bot.comms.view import View
from bot.domain.incident import Incident
from bot.domain.model import sha256
from bot.domain.plan import RecoveryPlan
from bot.domain.template import Template
from bot.domain.timeline import Recorded
from bot.engine.ports import Delivery, NotDelivered, Notice, Receipt

WORD_FOR_WORD = "_text"  # a text that stands in the timeline already and goes out as it is


class TemplateMessages:
    """Messages from templates. `url` is what links begin with."""

    def __init__(
        self, plan: RecoveryPlan, templates: Mapping[str, Template], channels: Mapping[str, Channel], url: str
    ) -> None:
        self._plan = plan
        self._channels = channels
        self._url = url.rstrip("/")
        self._texts = Texts(templates, ZoneInfo(plan.timezone))

    def update(self, incident: Incident, now: datetime, missed: int = 0) -> tuple[str, dict[str, str]]:
        """The next status update, from what people wrote and the bot's drafts: its text and its sections."""
        view = View(incident, self._plan, now)
        parts = sections(view, self._texts.sections(UPDATE), incident.updates.draft)
        return self._texts.body(UPDATE, facts(view, self._url, parts, missed or missed_so_far(view))), parts

    def sections(self, template: str) -> tuple[str, ...]:
        """The sections that a message is made of: its template's, and those that it has in any case."""
        return self._texts.sections(template)

    def message(self, template: str, incident: Incident, now: datetime, written: Mapping[str, str]) -> str:
        """Another message's text, from what people wrote and the bot's drafts."""
        return self._texts.body(template, self._facts(template, incident, now, written))

    def caused_by(self, before: Incident | None, after: Incident, events: tuple[Recorded, ...]) -> tuple[Delivery, ...]:
        """The deliveries that events cause; ids `INC-7/SEQ/TEMPLATE/PERSON`."""
        found = ((row, occasion(before, after, row, self._plan)) for row in events)
        return tuple(delivery for row, it in found if it for delivery in self._deliveries(after, row, it))

    def _deliveries(self, incident: Incident, row: Recorded, it: Occasion) -> Iterator[Delivery]:
        fields = {**self._facts(it.template, incident, row.at, it.written), **it.known}
        if it.text:
            fields[WORD_FOR_WORD] = it.text
        for person in it.people:
            id_ = f"{incident.id}/{row.seq}/{it.template}/{person}"
            yield Delivery(id_, incident.id, person, it.template, it.channels, fields)

    def notices(self, incident: Incident, notices: tuple[Notice, ...]) -> tuple[Delivery, ...]:
        """The deliveries of what an action wants told; in a drill only those to its participants."""
        now = incident.last_at or incident.declared_at
        channels = who.channels(incident.severity, self._plan, may_ring=True)
        allowed = who.audience(incident, self._plan, (notice.person for notice in notices))
        return tuple(
            Delivery(
                id=notice.id,
                stream=incident.id,
                person=notice.person,
                template=notice.template,
                channels=channels,
                fields=self._facts(notice.template, incident, now, {}),
            )
            for notice in notices
            if notice.person in allowed
        )

    def deliver(self, delivery: Delivery) -> Receipt:
        """Send one message over the first of its channels that takes it; raises NotDelivered."""
        person = self._plan.people.get(delivery.person)
        if person is None:
            text = f"The recovery plan has no person {delivery.person} any more."
            raise NotDelivered("", text, permanent=True)
        message = self._outgoing(delivery)
        failures: list[NotDelivered] = []
        for channel in self._open(delivery.channels):
            try:
                return Receipt(channel.name, channel.send(message, person))
            except NotDelivered as failure:
                failures.append(failure)
        raise _together(failures)

    def checks(self) -> Mapping[str, Callable[[], None]]:
        """For every channel a look whether it would take a message now; the look raises NotDelivered."""
        return {name: channel.check for name, channel in self._channels.items()}

    def _open(self, named: tuple[str, ...]) -> Iterator[Channel]:
        """The channels that this bot has, email at last."""
        for name in dict.fromkeys((*named, who.LAST_RESORT)):
            if name in self._channels:
                yield self._channels[name]

    def _outgoing(self, delivery: Delivery) -> Outgoing:
        known = delivery.fields
        text = known.get(WORD_FOR_WORD)
        # Numbers of incidents begin anew with each database; the moment of the declare tells one INC-7 from another.
        origin = sha256(f"{field(known, 'id')} {field(known, 'declared_at')}")[:12]
        return Outgoing(
            token=f"{delivery.id}.{origin}",
            thread=f"{delivery.stream}.{origin}",
            subject=self._texts.subject(delivery.template, known),
            text=text if isinstance(text, str) else self._texts.body(delivery.template, known),
        )

    def _facts(self, template: str, incident: Incident, now: datetime, written: Mapping[str, str]) -> Facts:
        view = View(incident, self._plan, now)
        return facts(view, self._url, sections(view, self._texts.sections(template), written))


def _together(failures: list[NotDelivered]) -> NotDelivered:
    """What to say where no channel took a message: worth another try if any of them may still."""
    if not failures:
        return NotDelivered("", "This bot has no channel for the message.", permanent=True)
    text = " ".join(dict.fromkeys(str(failure) for failure in failures))
    return NotDelivered(failures[-1].channel, text, permanent=all(failure.permanent for failure in failures))
