"""What ours is compared with: a Bolt app as its documentation shows it, whose listeners commit one row and acknowledge."""

import os
import sqlite3
import sys
import threading

from slack_bolt import Ack, App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

local = threading.local()


def commit() -> None:
    """One durable row, as ours are durable."""
    if not hasattr(local, "connection"):
        local.connection = sqlite3.connect(sys.argv[1], timeout=10)
        local.connection.execute("PRAGMA journal_mode = WAL")
        local.connection.execute("PRAGMA synchronous = FULL")
        local.connection.execute("CREATE TABLE IF NOT EXISTS clicks (id INTEGER PRIMARY KEY)")
    with local.connection as connection:
        connection.execute("INSERT INTO clicks DEFAULT VALUES")


def answer(ack: Ack) -> None:
    commit()
    ack("Noted.")


def main() -> None:
    client = WebClient(os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"])
    app = App(client=client)
    app.command("/dr")(answer)
    SocketModeHandler(app, os.environ["SLACK_APP_TOKEN"]).start()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
