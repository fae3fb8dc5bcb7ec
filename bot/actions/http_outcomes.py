"""What the answer to a request that changes something proves."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from bot.domain.words import either
from bot.engine.ports import NotApplied, OutcomeUnknown, Unavailable

# Statuses by which a server says that it read the request and did not act on it. Every other one that is not expected
# proves nothing: a 409 may mean that it is already under way, a 408 or 5xx may come after the work was done, and behind
# a redirect or an unexpected 2xx nobody knows what happened.
REFUSED = {
    400: "it did not understand the request",
    401: "it does not know who asks",
    403: "it does not let us",
    404: "there is nothing at this URL",
    405: "it takes no POST here",
    410: "there is nothing at this URL any more",
    411: "it wants the length of the body",
    413: "the body is too large for it",
    414: "the URL is too long for it",
    415: "it does not read this kind of body",
    421: "it does not serve this host",
    422: "it does not accept what the body says",
    426: "it wants another protocol",
    428: "it wants a condition that we did not send",
    429: "it has too many requests",
    431: "the headers are too large for it",
    451: "it may not for legal reasons",
}

# Raised before the first byte of the request is on the wire.
NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.LocalProtocolError,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)


@contextmanager
def http_change(what: str) -> Iterator[None]:
    """Turn the failure of a request that changes something into NotApplied where that is certain, else OutcomeUnknown.

    Unavailable counts as unknown: a context may raise it for the answer as well as for the request.
    """
    try:
        yield
    except NOT_SENT as error:
        raise NotApplied(f"{what} was not sent: {in_words(error)}.") from error
    except (httpx.HTTPError, Unavailable) as error:
        raise OutcomeUnknown(f"{what} was sent, but no answer proves what became of it: {in_words(error)}.") from error


def expect_status(what: str, status: int, expect: tuple[int, ...]) -> None:
    """Pass over an expected status; raise NotApplied for one that proves a refusal, OutcomeUnknown for any other."""
    if status in expect:
        return
    if status in REFUSED:
        raise NotApplied(f"{what} was refused with {status}: {REFUSED[status]}.")
    wanted = either(str(one) for one in expect)
    raise OutcomeUnknown(f"{what} was answered with {status} instead of {wanted}, which does not prove what happened.")


def in_words(error: Exception) -> str:
    """An error's text; its kind where it has none."""
    return str(error).rstrip(".") or type(error).__name__
