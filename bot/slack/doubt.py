"""What becomes of a request whose commit was not confirmed in time: whoever was told so hears when it was recorded after all."""

import time

from bot.domain.errors import NotConfirmed, NotRecorded
from bot.slack.answers import NOTHING, Answer
from bot.slack.front import Front
from bot.slack.outcomes import place_of
from bot.store import streams

WATCHED = 15.0  # seconds
LOOK_EVERY = 0.5


def confirmed(front: Front, key: str) -> Answer:
    """Watch for the request's key for a while. Where it does not come nothing is said: it may still come."""
    deadline = time.monotonic() + WATCHED
    while time.monotonic() < deadline:
        stream = _stream_of(front, key)
        if stream is not None:
            text = f"It was recorded after all, in *{stream}*. It goes on in {place_of(front.desk.find(stream))}."
            return Answer(text=text)
        time.sleep(LOOK_EVERY)
    return NOTHING


def _stream_of(front: Front, key: str) -> str | None:
    try:
        with front.desk.database.read() as connection:
            place = streams.request_seen(connection, key)
    except (NotConfirmed, NotRecorded):
        return None
    return place.stream if place else None
