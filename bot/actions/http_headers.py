"""A request's headers, some of which hold secrets: their versions for the plan, their values just before the request."""

from collections.abc import Mapping

from bot.actions.http_probes import check_permitted
from bot.domain.changes import Plan, SecretVersion
from bot.domain.problems import Unfit
from bot.domain.targets import SecretHeader
from bot.domain.texts import check_header_text
from bot.engine.ports import Context, NotApplied, Secret, Unavailable

Headers = Mapping[str, str | SecretHeader]


def versions_in(headers: Headers, context: Context) -> tuple[SecretVersion, ...]:
    """The secrets that headers name, each once, in their versions; raises Unavailable."""
    names = dict.fromkeys(value.secret for value in headers.values() if isinstance(value, SecretHeader))
    return tuple(SecretVersion(name=name, version=context.secret(name).version) for name in names)


def revealed(what: str, url: str, plan: Plan, context: Context) -> dict[str, str]:
    """The values of the plan's secrets. Whatever fails here fails before anything is sent: raises NotApplied."""
    try:
        check_permitted(url, context)
        return {planned.name: _as_planned(context.secret(planned.name), planned) for planned in plan.secrets}
    except Unavailable as error:
        raise NotApplied(f"{what} was not sent: {error}") from error


def filled(headers: Headers, secrets: Mapping[str, str]) -> dict[str, str]:
    """The headers with their secrets' values."""
    return {name: secrets[v.secret] if isinstance(v, SecretHeader) else v for name, v in headers.items()}


def _as_planned(secret: Secret, planned: SecretVersion) -> str:
    """The secret's value, if it is the version that was approved and fits into a header."""
    if secret.version != planned.version:
        raise NotApplied(f"The secret {planned.name} has changed since the plan was made. Start the step again.")
    try:
        return check_header_text(secret.reveal())
    except Unfit:
        fits = "it must be one line of ASCII text"
        raise NotApplied(f"The secret {planned.name} does not fit into a header: {fits}.") from None
