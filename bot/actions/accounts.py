"""The account that a step acts in."""

from bot.engine.ports import Context, Unavailable


def account_of(context: Context) -> str:
    """The account of the step's environment; Unavailable where the recovery plan names none."""
    account = context.facts.environment_facts.account
    if account is None:
        raise Unavailable(
            f"The environment {context.facts.environment} names no account, so nothing in AWS may be touched from it. "
            f"Write environments.{context.facts.environment}.account into the recovery plan."
        )
    return account
