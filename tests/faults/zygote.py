"""Starts the bot in milliseconds: everything is imported once, then each start is a fork that runs `dr serve`.

    python -m tests.faults.zygote

Reads one JSON object a line ({"arguments", "environment", "log"}) and answers with the new process's id. The children
are real processes with their own environment and output; they die with this one's parent.
"""

import ctypes
import json
import os
import signal
import sys

from bot.app import main

DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def start(arguments: list[str], environment: dict[str, str], log: str) -> int:
    pid = os.fork()
    if pid:
        return pid
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for descriptor in (1, 2):
        os.dup2(output, descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["dr", *arguments]
    main()
    os._exit(0)


def serve() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended
    for line in sys.stdin:
        print(start(**json.loads(line)), flush=True)


if __name__ == "__main__":
    serve()
