"""What an AWS client's exceptions prove: that nothing happened, or nothing at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)

from bot.engine.ports import Context, NotApplied, OutcomeUnknown, Unavailable

# Raised before a byte of the request is on the wire.
NOT_SENT = (
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)

# Whoever can raise its ResponseParserError has loaded it, which takes longer than all the rest here.
PARSERS = "botocore.parsers"

# What every AWS service answers before it looks at the request itself: who asks, how often, in what form.
REFUSED_BY_AWS = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "NotAuthorized",
        "OptInRequired",
        "RequestExpired",
        "RequestLimitExceeded",
        "SignatureDoesNotMatch",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "UnauthorizedOperation",
        "UnrecognizedClientException",
        "ValidationError",
    }
)


@contextmanager
def aws_look(what: str) -> Iterator[None]:
    """Turn the failure of a reading call into `Unavailable`: `what` ends "AWS did not say …"."""
    try:
        yield
    except Exception as error:
        if isinstance(error, ClientError) or _is_not_understood(error):
            raise Unavailable(f"AWS did not say {what}: {error}") from error
        raise


@contextmanager
def aws_change(what: str, refusals: frozenset[str]) -> Iterator[None]:
    """Turn the failure of a mutating call into `NotApplied` where that is certain, else into `OutcomeUnknown`.

    `what` begins a sentence; `refusals` are the error codes by which the operation itself says that it did nothing.
    """
    try:
        yield
    except NOT_SENT as error:
        raise NotApplied(f"{what} was not sent: {error}") from error
    except ClientError as error:
        if error.response["Error"]["Code"] in REFUSED_BY_AWS | refusals:
            raise NotApplied(f"{what} was refused: {error}") from error
        raise OutcomeUnknown(f"{what} was not confirmed: {error}") from error
    except Exception as error:
        if _is_not_understood(error):
            raise OutcomeUnknown(f"{what} was not confirmed: {error}") from error
        raise


def _is_not_understood(error: Exception) -> bool:
    """Raised after the request was on the wire: no answer, half of one, or one that no AWS service gives."""
    return isinstance(error, BotoCoreError) or type(error).__module__ == PARSERS


def aws_writer(service: str, region: str, context: Context, what: str) -> Any:
    """A client for one mutating call; raises NotApplied where there is none to be had."""
    try:
        return context.aws(service, region, mutating=True)
    except (Unavailable, BotoCoreError) as error:
        raise NotApplied(f"{what} was not sent: {error}") from error
