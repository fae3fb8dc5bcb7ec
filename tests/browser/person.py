"""Somebody at the page: they type, press and read, and wait for what the page shows, as long as a busy machine needs."""

import re
from collections.abc import Callable
from contextlib import suppress

from playwright.sync_api import Locator, Page, TimeoutError, expect

PATIENCE = 60_000.0  # milliseconds; where nothing else runs, nothing takes ten seconds
SEEN_WITHIN, TRIES = 10_000.0, 5


class Person:
    """One page, and who sits before it. Every wait is for something to be seen."""

    def __init__(self, page: Page) -> None:
        page.set_default_timeout(PATIENCE)
        self.page = page
        self.demo = page.get_by_role("complementary", name="Demo")

    # What they see

    def message(self, words: str | re.Pattern[str]) -> Locator:
        """The messages with these words."""
        return self.page.get_by_role("article").filter(has_text=words)

    def step(self, title: str) -> Locator:
        """The message of a step: `6 · Promote the replica` is its title."""
        return self.page.get_by_role("article").filter(has=self.page.locator("strong").get_by_text(title, exact=True))

    def form(self, title: str) -> Locator:
        return self.page.get_by_role("dialog", name=title)

    def card(self, title: str) -> Locator:
        """What the demo's panel says of one thing."""
        heading = self.page.get_by_role("heading", name=title)
        return self.demo.get_by_role("listitem").filter(has=heading)

    def sees(self, what: Locator, *words: str | re.Pattern[str]) -> None:
        """Once, with all of these words, sooner or later."""
        for some in words:
            expect(what).to_contain_text(some, timeout=PATIENCE)
        expect(what).to_have_count(1, timeout=PATIENCE)

    def sees_none(self, what: Locator) -> None:
        expect(what).to_have_count(0, timeout=PATIENCE)

    # What they do

    def goes_to(self, channel: str) -> None:
        """By the list of channels."""
        links = self.page.get_by_role("navigation", name="Channels")
        links.get_by_role("link", name=re.compile(f"^{re.escape(channel)}( |$)")).click()
        expect(self.page.get_by_role("heading", name=f"#{channel}")).to_be_visible(timeout=PATIENCE)

    def types(self, line: str) -> None:
        box = self.page.get_by_role("textbox", name=re.compile("^Message #"))
        box.fill(line)
        box.press("Enter")

    def presses(self, where: Locator, label: str) -> None:
        """A button whose label begins like that."""
        where.get_by_role("button", name=re.compile(f"^{re.escape(label)}")).click()

    def confirms(self, title: str, label: str) -> None:
        """What asks whether they are sure: the answer that has the focus changes nothing."""
        ask = self.page.get_by_role("dialog", name=re.compile(f"^{re.escape(title)}"))
        expect(ask.get_by_role("button").first).to_be_focused(timeout=PATIENCE)
        ask.get_by_role("button", name=label, exact=True).click()
        self.sees_none(ask)

    def chooses(self, form: Locator, label: str, option: str) -> None:
        form.get_by_role("combobox", name=re.compile(f"^{label}")).click()
        self.page.get_by_role("option", name=re.compile(f"^{re.escape(option)}")).click()

    def submits(self, form: Locator, label: str) -> None:
        """Until it is taken: on a busy machine the form may say that nothing was recorded in time."""
        for _ in range(TRIES):
            with self.page.expect_response("**/ui/submit", timeout=PATIENCE) as answer:
                form.get_by_role("button", name=label, exact=True).click()
            if answer.value.json()["ok"]:
                break
        self.sees_none(form)

    def insists(self, act: Callable[[], None], comes_of_it: Locator) -> None:
        """Does it again where nothing comes of it, as anybody would who is told that it may not be recorded."""
        for _ in range(TRIES):
            act()
            with suppress(TimeoutError):
                comes_of_it.wait_for(timeout=SEEN_WITHIN)
                return

    def becomes(self, name: str) -> None:
        """From now on somebody else sits here."""
        self.page.get_by_role("button", name=re.compile("^You act as")).click()
        self.page.get_by_role("menuitemradio", name=re.compile(f"^{name}")).click()
        expect(self.page.get_by_role("button", name=f"You act as {name}")).to_be_visible(timeout=PATIENCE)
