"""python -m bot.playground workspace: a Slack-compatible workspace on this machine, until Ctrl-C."""

import argparse
import signal

from bot.playground.workspace.workspace import Workspace


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bot.playground workspace", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; any free one unless given")
    arguments = parser.parse_args()
    with Workspace.running(port=arguments.port) as workspace:
        print(f"The workspace is at {workspace.url}. Connect an app with:", flush=True)
        for name, value in workspace.environment.items():
            print(f"  {name}={value}", flush=True)
        print(f"  SLACK_SIGNING_SECRET={workspace.signing_secret}  (HTTP mode)", flush=True)
        signal.pause()


if __name__ == "__main__":
    main()
