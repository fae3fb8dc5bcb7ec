"""Where the `dr` process begins. Nothing is collected while its modules load: all of them stay, and looking costs a tenth."""

import gc

gc.disable()

from bot.app import main  # noqa: E402

gc.freeze()
gc.enable()

__all__ = ["main"]
