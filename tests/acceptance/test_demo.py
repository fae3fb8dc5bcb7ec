"""The interactive demo in a process of its own, over the addresses that it prints."""

import re
import signal
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx

from bot.playground.binaries import Binaries
from tests.acceptance.told import READY, telling


class Page:
    """What the page asks of the server, as alice."""

    def __init__(self, told: str) -> None:
        found = re.findall(r"Open (http://127\.0\.0\.1:\d+)", told)
        assert len(found) == 1, told
        self.url: str = found[0]

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = httpx.get(f"{self.url}/ui/state", timeout=30).json()
        return state

    def item(self, id: str) -> dict[str, Any]:
        return next(it for it in self.state()["panel"] if it["id"] == id)

    def press(self, item: str, action: str) -> dict[str, Any]:
        body = {"item": item, "action": action}
        answer: dict[str, Any] = httpx.post(f"{self.url}/ui/panel", json=body, timeout=30).json()
        return answer

    def said_in(self, channel: str) -> str:
        answer = httpx.get(f"{self.url}/ui/messages", params={"channel": channel}, timeout=30)
        return "\n".join(it["text"] for it in answer.json()["messages"])


def closed(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(url).port or 0)) != 0


def test_the_demo_breaks_is_repaired_and_leaves_nothing(
    pg_binaries: Binaries, eventually: Callable[..., bool], alive: Callable[[int], bool]
) -> None:
    """One address is printed; its panel breaks the region, the alarm says what to type; Ctrl-C removes everything."""
    with telling("demo") as told:
        page = Page(told.read_until(READY))
        shop = page.item("shop")["actions"][0]["url"]
        assert page.state()["bot"]["connected"] >= 1
        assert {"declare", "approve", "resolve"} <= {it["name"] for it in page.state()["commands"][0]["subcommands"]}
        assert httpx.get(shop, timeout=30).status_code == 200
        assert page.press("primary", "break") == {"ok": True}
        assert eventually(lambda: page.item("shop")["state"] == "failing", seconds=60)
        assert eventually(lambda: "`/dr declare`" in page.said_in("C0ONCALL"), seconds=60)
        assert page.item("primary")["actions"][0]["label"] == "Repair it"
        assert page.press("primary", "repair") == {"ok": True}
        assert eventually(lambda: page.item("shop")["state"] == "ok", seconds=60)
        assert eventually(lambda: "takes orders again" in page.said_in("C0ONCALL"), seconds=60)
        assert told.end(signal.SIGINT) == 0
        assert eventually(lambda: not any(alive(pid) for pid in told.children))
        assert eventually(lambda: list(told.scratch.iterdir()) == [])
        assert closed(page.url)
        assert closed(shop)


def test_a_port_that_is_taken_is_said_in_one_line() -> None:
    """Before anything else is started: what is wrong, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with telling("demo", "--port", str(port)) as told:
            assert f"port {port} of 127.0.0.1 is taken; name another one with --port" in told.read_until("failed")
            assert told.process.wait(60) == 1
            assert list(told.scratch.iterdir()) == []
