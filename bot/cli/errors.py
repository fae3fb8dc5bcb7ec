"""What only a command line can get wrong."""

from bot.domain.errors import DRError


class WrongUsage(DRError):
    """The command can't be carried out as it was typed: exit code 2."""
