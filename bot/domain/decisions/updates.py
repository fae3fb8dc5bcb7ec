"""Decisions about what is told: status updates, messages, deliveries."""

from datetime import timedelta

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.cadence import latest_update, missed_updates, next_update
from bot.domain.decisions.incidents import text_of
from bot.domain.decisions.world import World, the_incident
from bot.domain.errors import Refused
from bot.domain.incident import Incident
from bot.domain.timeline import Event
from bot.domain.words import brief


def post_update(state: Incident | None, command: c.PostUpdate, world: World) -> tuple[Event, ...]:
    """Number n is posted once; the bot posts only what is due, and says what was missed."""
    incident = the_incident(state)
    if not incident.is_open:
        raise Refused(f"{incident.id} is {incident.state}: no more status updates.", "Reopen it, if it is not over.")
    number = incident.updates.number + 1
    if command.number != number:
        raise Refused(f"Update {command.number} of {incident.id} is posted already.", f"The next is update {number}.")
    due = next_update(incident)
    if command.automatic and (due is None or due > world.now):
        raise Refused(f"No update of {incident.id} is due.")
    missed = missed_updates(due, incident.updates.every, world.now) if due and incident.updates.every else 0
    posted = e.UpdatePosted(
        number=number,
        text=command.text,
        sections=dict(command.sections),
        missed=missed,
        automatic=command.automatic,
        due_at=due,
    )
    return (posted,)


def draft_update(state: Incident | None, command: c.DraftUpdate, _: World) -> tuple[Event, ...]:
    incident = the_incident(state)
    if not incident.is_open:
        raise Refused(f"{incident.id} is {incident.state}: no more status updates.")
    return (e.UpdateDrafted(sections={k: text_of(v, f"The section {k}") for k, v in command.sections.items()}),)


def snooze_update(state: Incident | None, command: c.SnoozeUpdate, world: World) -> tuple[Event, ...]:
    incident = the_incident(state)
    latest = latest_update(incident)
    if latest is None:
        raise Refused(f"No update of {incident.id} is planned.")
    if command.until <= world.now:
        raise Refused("An update can only be put off to a later moment.", "Give how long from now, such as 15m.")
    if command.until > latest:
        left = latest - world.now
        advice = f"Put it off by {brief(left)} at most." if left > timedelta() else f"Post it: dr update {incident.id}"
        raise Refused("That would leave out more than one update.", advice)
    return (e.UpdateSnoozed(until=command.until, reason=text_of(command.reason, "The reason")),)


def post_message(state: Incident | None, command: c.PostMessage, _: World) -> tuple[Event, ...]:
    incident = the_incident(state)
    if command.template in incident.posted:
        raise Refused(f"The {command.template} of {incident.id} is posted already.")
    return (e.MessagePosted(template=command.template, text=command.text),)


def open_channel(state: Incident | None, command: c.OpenChannel, _: World) -> tuple[Event, ...]:
    incident = the_incident(state)
    if incident.channel == command.channel:
        raise Refused(f"{incident.id} has this channel already.")
    return (e.ChannelOpened(channel=command.channel),)


def record_delivery(state: Incident | None, command: c.RecordDelivery, _: World) -> tuple[Event, ...]:
    the_incident(state)
    common = {
        "delivery": command.delivery,
        "channel": command.channel,
        "person": command.person,
        "template": command.template,
    }
    if command.failure:
        return (e.NotificationFailed(**common, reason=command.failure),)
    return (e.NotificationSent(**common, message_id=command.message_id),)
