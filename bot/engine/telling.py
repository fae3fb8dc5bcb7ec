"""The jobs that tell people: the status update that is due, and each message to each person."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from bot.domain import commands as c
from bot.domain.cadence import missed_updates, next_update
from bot.domain.errors import NotConfirmed, NotRecorded, Refused
from bot.domain.model import JsonValue
from bot.domain.timeline import moment
from bot.engine.agenda import ANNOUNCEMENT
from bot.engine.calls import Calls
from bot.engine.desk import Desk
from bot.engine.durable import Job
from bot.engine.ports import Delivery, NotDelivered, Notice, Receipt, StepFacts
from bot.store import deliveries, moments

RETRY_PAUSES = tuple(timedelta(seconds=s) for s in (5, 15, 60, 300, 900, 3600))
LOST_AFTER = timedelta(minutes=2)  # longer than a try takes: what has not moved by then, nobody is at
BATCH = 100
Claim = Callable[[Connection, str, datetime], deliveries.Delivery | None]
log = structlog.get_logger()


@dataclass(frozen=True)
class Teller:
    """Posts updates and sends messages."""

    desk: Desk
    sends: Calls = field(default_factory=Calls)

    def update(self, incident_id: str, number: int) -> None:
        """Post status update `number`, if it is due and nobody was faster."""
        incident = self.desk.find(incident_id)
        now = self.desk.now()
        due = next_update(incident)
        if incident.updates.number + 1 != number or due is None or due > now:
            return
        missed = missed_updates(due, incident.updates.every, now) if incident.updates.every else 0
        text, sections = self.desk.messages.update(incident, now, missed)
        posted = c.PostUpdate(number=number, text=text, sections=sections, automatic=True)
        try:
            self.desk.record(incident_id, posted)
            log.info("update_posted", incident=incident_id, number=number, missed=missed, text=text)
        except Refused as refused:
            log.info("update_overtaken", incident=incident_id, number=number, reason=refused.reason)

    def announce(self, incident_id: str) -> None:
        """Put the initial notification into the timeline, as it goes out."""
        incident = self.desk.find(incident_id)
        text = self.desk.messages.message(ANNOUNCEMENT, incident, self.desk.now(), {})
        try:
            self.desk.record(incident_id, c.PostMessage(template=ANNOUNCEMENT, text=text))
            log.info("announced", incident=incident_id, text=text)
        except Refused as refused:
            log.info("announced_already", incident=incident_id, reason=refused.reason)

    def deliver(self, delivery_id: str) -> None:
        """Send one message; a life that died in the middle is followed by another try under the same message id."""
        self._try(delivery_id, _claimed)

    def redeliver(self, delivery_id: str) -> None:
        """Send a message whose job was lost, if it has still not moved."""
        self._try(delivery_id, _reclaimed)

    def give_again(self) -> None:
        """Messages that have not moved for two minutes get a job again: theirs was lost."""
        before = self.desk.now() - LOST_AFTER
        with self.desk.database.read() as connection:
            lost = (*deliveries.unsettled(connection, before, BATCH), *deliveries.pending(connection, before, BATCH))
        if lost:
            self.desk.transact(lambda connection, _: self._give(connection, lost))

    def _give(self, connection: Connection, lost: Iterable[deliveries.Delivery]) -> None:
        """The id is the moment since when it has not moved, so that it is given again once, whoever looks."""
        for row in lost:
            since = moment(row.next_at or row.changed_at)
            id_ = row.message.id
            self.desk.enqueue(connection, Job("redeliver", f"redeliver|{id_}|{since}", "messages", (id_,)))

    def _try(self, delivery_id: str, claim: Claim) -> None:
        with self.sends.making(delivery_id) as alone:
            row = self.desk.transact(lambda connection, now: claim(connection, delivery_id, now)) if alone else None
            if row is None or row.state in ("sent", "failed"):
                return
            delivery = _delivery(row)
            try:
                receipt = self._sent(delivery)
            except NotDelivered as trouble:
                self._not_delivered(delivery, row.tries, trouble)
            else:
                self._delivered(delivery, receipt)

    def _sent(self, delivery: Delivery) -> Receipt:
        """The edge to the channels: what they did not expect may be over at another try. Raises NotDelivered."""
        try:
            return self.desk.messages.deliver(delivery)
        except (NotDelivered, NotRecorded, NotConfirmed):
            raise
        except Exception as error:
            log.exception("deliver_failed", delivery=delivery.id)
            channel = delivery.channels[0] if delivery.channels else ""
            raise NotDelivered(channel, f"The channel failed with {type(error).__name__}.") from error

    def notify(self, facts: StepFacts, notices: tuple[Notice, ...]) -> None:
        """What an action wants told, committed when this returns."""
        self.desk.tell(self.desk.messages.notices(self.desk.find(facts.incident), notices))

    def _delivered(self, delivery: Delivery, receipt: Receipt) -> None:
        now = self.desk.now()
        self.desk.record(
            delivery.stream,
            c.RecordDelivery(
                delivery=delivery.id,
                channel=receipt.channel,
                person=delivery.person,
                template=delivery.template,
                message_id=receipt.message_id,
            ),
            key=f"sent|{delivery.id}",
            also=lambda connection: deliveries.mark(
                connection, delivery.id, "sent", now, message_id=receipt.message_id
            ),
        )

    def _not_delivered(self, delivery: Delivery, tries: int, trouble: NotDelivered) -> None:
        """Try again later, until it can't help any more: then the timeline says so."""
        reason = str(trouble)
        if not trouble.permanent and tries <= len(RETRY_PAUSES):
            self._later(delivery, tries, reason)
            return
        now = self.desk.now()

        def mark(connection: Connection) -> None:
            if not deliveries.mark(connection, delivery.id, "failed", now, error=reason):
                raise Refused(f"{delivery.id} was settled by another sender.")

        failed = c.RecordDelivery(
            delivery=delivery.id,
            channel=trouble.channel,
            person=delivery.person,
            template=delivery.template,
            failure=reason,
        )
        try:
            self.desk.record(delivery.stream, failed, key=f"failed|{delivery.id}", also=mark)
        except Refused as refused:
            log.info("failure_overtaken", delivery=delivery.id, reason=refused.reason)

    def _later(self, delivery: Delivery, tries: int, reason: str) -> None:
        data: Mapping[str, JsonValue] = {"delivery": delivery.id, "tries": tries}

        def arm(connection: Connection, now: datetime) -> None:
            at = now + RETRY_PAUSES[tries - 1]
            if deliveries.mark(connection, delivery.id, "pending", now, error=reason, next_at=at):
                moment_ = moments.Moment(at, "deliver", data)
                moments.put(connection, delivery.stream, {f"deliver/{delivery.id}": moment_})

        self.desk.transact(arm)


def _claimed(connection: Connection, delivery_id: str, now: datetime) -> deliveries.Delivery | None:
    """The claimed row, or the row as it is: `sending` without a sender means that an earlier life died over it."""
    return deliveries.claim(connection, delivery_id, now) or deliveries.get(connection, delivery_id)


def _reclaimed(connection: Connection, delivery_id: str, now: datetime) -> deliveries.Delivery | None:
    """The row claimed by this call; None where somebody else is at it or has ended it."""
    claimed = deliveries.claim(connection, delivery_id, now)
    return claimed or deliveries.reclaim(connection, delivery_id, now, now - LOST_AFTER)


def _delivery(row: deliveries.Delivery) -> Delivery:
    message = row.message
    channels, fields = message.data["channels"], message.data["fields"]
    assert isinstance(channels, list)
    assert isinstance(fields, dict)
    return Delivery(
        message.id, message.stream, message.recipient, message.template, tuple(str(c) for c in channels), fields
    )
