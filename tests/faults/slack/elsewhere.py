"""Our bot in a workspace that is not ours: local-slack, which listens on every interface, so in a network of its own.

    unshare --net python -m tests.faults.slack.elsewhere BINARY DIRECTORY

DIRECTORY holds the bot's files and its environment. It brings the loopback interface up, starts both, declares by a command
and by a form, clicks and reads; it prints what it saw, and exits 0 if all of it was as it must be. That server sends each
envelope to every connection of the bot.
"""

import fcntl
import json
import os
import re
import socket
import struct
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
from websockets.sync.client import connect

from bot.playground.dr_command import dr_path
from bot.playground.processes import Processes
from tests.faults.slack.plan import PEOPLE

PORT, HTTP = 3000, "127.0.0.1:8080"
TOKENS = {"botToken": "xoxb-elsewhere", "appToken": "xapp-elsewhere"}
BOT = {
    "SLACK_BOT_TOKEN": TOKENS["botToken"],
    "SLACK_APP_TOKEN": TOKENS["appToken"],
    "SLACK_API_URL": f"http://127.0.0.1:{PORT}/api/",
    "DR_HTTP": HTTP,
    "DR_LOG_LEVEL": "info",
}
WITHIN = 30.0
UP, SET_FLAGS = 0x1, 0x8914
Json = dict[str, Any]
T = TypeVar("T")


def main() -> None:
    binary, directory = sys.argv[1], Path(sys.argv[2])
    bring_loopback_up()
    with Processes() as processes:
        server = start_server(processes, binary, directory)
        environment = json.loads((directory / "environment.json").read_text()) | BOT
        processes.spawn([dr_path(), "serve"], log=directory / "bot.log", environment=environment)
        try:
            night(server)
        finally:
            print((directory / "bot.log").read_text()[-4000:], file=sys.stderr)


def bring_loopback_up() -> None:
    """In a new network it is down, and without `ip` on the machine nothing else brings it up."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh14x", b"lo", UP))


def start_server(processes: Processes, binary: str, directory: Path) -> "Elsewhere":
    everybody = [f"U0{person.upper()}" for person in PEOPLE]
    channels = [
        {"id": id_, "name": name, "members": [*everybody, "U0DRBOT"]}
        for id_, name in (("C0ONCALL", "oncall"), ("C0INCIDENTS", "incidents"))
    ]
    config = {
        "workspace": {"name": "Elsewhere", "domain": "elsewhere", "teamId": "T0DR"},
        "apps": [{"appId": "A0DRBOT", "botUserId": "U0DRBOT", "botName": "drbot", **TOKENS}],
        "users": [{"id": f"U0{person.upper()}", "name": person} for person in PEOPLE],
        "channels": channels,
    }
    path = directory / "elsewhere.json"
    path.write_text(json.dumps(config))
    command = [binary, "--config", str(path), "--port", str(PORT), "--base-host", "127.0.0.1"]
    processes.spawn(command, log=directory / "elsewhere.log", environment={**os.environ, "HOME": str(directory)})
    return Elsewhere(f"http://127.0.0.1:{PORT}")


@dataclass(frozen=True)
class Elsewhere:
    """That server, by what it offers to tests, and by its page's socket for forms."""

    url: str

    def get(self, path: str) -> Json:
        return dict(httpx.get(f"{self.url}/_control/{path}", timeout=5).json())

    def command(self, text: str, channel: str, user: str = "U0ALICE") -> None:
        self._post("command", {"channel": channel, "user": user, "command": "/dr", "text": text})

    def click(self, channel: str, message: Json, verb: str, user: str) -> None:
        """A button, as its page sends it."""
        found = [
            {"type": "button", "block_id": block.get("block_id"), **element}
            for block in message["blocks"]
            for element in block.get("elements", ())
            if element.get("action_id") == f"control:{verb}"
        ]
        self._post("interact", {"channel": channel, "messageTs": message["ts"], "user": user, "action": found[0]})

    def submit(self, user: str, values: Json) -> None:
        """The form that is open, through the page's socket."""
        with connect(f"{self.url.replace('http', 'ws')}/ui", max_size=None) as page:
            page.recv()
            page.send(json.dumps({"t": "view_submit", "user": user, "values": values}))
            time.sleep(0.5)

    def form(self) -> Json | None:
        """The form that lies on top."""
        with connect(f"{self.url.replace('http', 'ws')}/ui", max_size=None) as page:
            stack = json.loads(page.recv())["state"]["modalStack"]
        return dict(stack[-1]) if stack else None

    def channels(self) -> dict[str, str]:
        """Name -> id of the incidents' channels; it takes a name twice, so a second one of a name is an error."""
        found = [it for it in self.get("state")["channels"] if it["name"].startswith("dr-")]
        named = {it["name"]: it["id"] for it in found}
        assert len(named) == len(found), found
        return named

    def messages(self, channel: str, user: str = "") -> list[Json]:
        """What everybody sees there, or (`user`) what one person alone was told."""
        found = self.get(f"messages/{channel}")["messages"]
        return [it for it in found if it.get("ephemeral_to", "") == user]

    def _post(self, path: str, body: Json) -> None:
        httpx.post(f"{self.url}/_control/{path}", json=body, timeout=10).raise_for_status()


def night(server: Elsewhere) -> None:
    """What that server can carry of a night."""
    until(lambda: health()["slack"]["state"] == "ok", "the bot is not connected")
    declare_by_form(server)
    channel = until(lambda: server.channels().get("dr-1-shop"), "the form made no channel")
    until(lambda: "it is down" in str(server.messages(channel)), "the card is not shown")
    say("declared by a form: one incident, one channel")
    server.command("start switch", channel)
    step = until(lambda: with_button(server, channel, "done"), "the step is not shown")
    server.click(channel, step, "done", "U0BOB")
    until(lambda: edited(server, channel, step["ts"]), "the step's message was not changed")
    say("a step's message, changed by a click")
    server.command("assign deputy <@U0BOB|bob>", channel)
    until(lambda: "U0BOB" in str(server.messages(channel)[0]["blocks"]), "the card was not changed")
    say("the card, changed by a command")
    server.command("declare sev2 shop another thing --yes", "C0ONCALL")
    until(lambda: server.channels().get("dr-2-shop"), "the command made no channel")
    until(lambda: "Declared *INC-2*" in str(server.messages("C0ONCALL", "U0ALICE")), "the declarer was not told")
    say("declared by a command")
    time.sleep(2)
    nothing_twice(server)


def declare_by_form(server: Elsewhere) -> None:
    server.command("declare", "C0ONCALL")
    form = until(server.form, "no form was opened")
    system = option_of(form, "system", "shop")
    severity = option_of(form, "severity", "sev2")
    values = {
        "title": {"text": {"type": "plain_text_input", "value": "it is down"}},
        "system": {"choice": {"type": "static_select", "selected_option": system}},
        "severity": {"choice": {"type": "static_select", "selected_option": severity}},
    }
    server.submit("U0ALICE", values)


def option_of(form: Json, block: str, value: str) -> Json:
    element = next(it["element"] for it in form["blocks"] if it.get("block_id") == block)
    return next(dict(it) for it in element["options"] if it["value"] == value)


def with_button(server: Elsewhere, channel: str, verb: str) -> Json | None:
    wanted = f"control:{verb}'"
    return next((it for it in server.messages(channel) if wanted in str(it.get("blocks"))), None)


def edited(server: Elsewhere, channel: str, ts: str) -> bool:
    return any(it["ts"] == ts and it.get("edited") for it in server.messages(channel))


def nothing_twice(server: Elsewhere) -> None:
    """Whatever that server does not know has stopped nothing, and nothing stands twice."""
    assert server.channels().keys() == {"dr-1-shop", "dr-2-shop"}
    announced = [it["text"] for it in server.messages("C0INCIDENTS")]
    assert len(announced) == len(set(announced)) == 2, announced
    for channel in server.channels().values():
        heads = [heading(it) for it in server.messages(channel)]
        assert len(heads) == len(set(heads)) >= 2, heads
    calls = " ".join(str(it) for it in server.get("log")["log"])
    for unknown in ("conversations.invite", "conversations.setTopic", "pins.add"):
        assert unknown in calls, unknown
    say("nothing twice, and nothing stopped by what that server does not know")


def heading(message: Json) -> str:
    return re.sub(r"\d", "", str(message["text"]))


def health() -> Mapping[str, Any]:
    return dict(httpx.get(f"http://{HTTP}/healthz", timeout=5).json())


def until(look: Callable[[], T | None], otherwise: str) -> T:
    """What `look` finds, once it finds something; who does not answer it has nothing yet."""
    deadline = time.monotonic() + WITHIN
    while not (found := answered(look)):
        if time.monotonic() > deadline:
            raise AssertionError(otherwise)
        time.sleep(0.1)
    return found


def answered(look: Callable[[], T | None]) -> T | None:
    """What `look` finds, if whoever it asks answers."""
    try:
        return look()
    except httpx.TransportError:
        return None


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
