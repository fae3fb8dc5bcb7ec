"""Which moments of the night are worth a picture."""

import re
from collections.abc import Callable, Mapping

from playwright.sync_api import Page

from bot.playground.photographer import Photographer
from bot.playground.stage import Stage

DESK, TALL, PHONE, FILM = (1240, 800), (1240, 1180), (390, 844), (1240, 760)
ONCALL, HOME = "C0ONCALL", "app"
PROMOTION, SWITCH = "plan:promote_replica", "plan:update_dns"


class Album:
    """Called with each moment of the story; alice's page is the one that is filmed."""

    def __init__(self, stage: Stage, photographer: Photographer) -> None:
        self._stage, self._by = stage, photographer
        self._takes: Mapping[str, Callable[[], None]] = {
            "evening": self.evening,
            "alarm": self.alarm,
            "card": self.card,
            "blocked:check_replica": self.film,
            "plan:fence_primary": self.channel,
            PROMOTION: self.promotion,
            SWITCH: self.film,
            "after:switch_traffic": self.film,
            "after:confirm_system_operation": self.film,
            "end": self.end,
        }

    def look(self, _: str, moment: str) -> None:
        if moment in self._takes:
            self._takes[moment]()

    @property
    def _channel(self) -> str:
        return next(it.id for it in self._stage.workspace.channels("public") if it.name.startswith("dr-"))

    def film(self) -> None:
        self._by.frame("film")

    def evening(self) -> None:
        self._by.open("film", "U0ALICE", ONCALL, FILM, scale=1)
        self.film()

    def alarm(self) -> None:
        """The alarm, and the form that alice opens; she declares in one line all the same."""
        self.film()
        page = self._by.page("film")
        page.get_by_role("textbox", name=re.compile("^Message #")).fill("/dr declare")
        self.film()
        self.declare_form()
        page.get_by_role("textbox", name=re.compile("^Message #")).fill("")

    def declare_form(self) -> None:
        page = self._by.open("desk", "U0ALICE", ONCALL, DESK)
        page.get_by_role("textbox", name=re.compile("^Message #")).fill("/dr declare")
        page.keyboard.press("Enter")
        form = page.get_by_role("dialog", name="Declare an incident")
        form.get_by_role("textbox", name="Title").fill("us-west-2 is down")
        choose(page, "System", "Customer Database")
        choose(page, "Severity", "SEV1")
        form.get_by_role("textbox", name="What do you see?").fill("Orders fail. The alarm names the database.")
        form.get_by_role("textbox", name="What do you see?").focus()
        self._by.shoot("desk", "declare.png")
        self.film()
        page.keyboard.press("Escape")
        form.wait_for(state="hidden")

    def card(self) -> None:
        self._by.go("film", self._channel)
        self.film()

    def channel(self) -> None:
        """The card on top, and the runbook below it."""
        self.film()
        page = self._by.open("channel", "U0ALICE", self._channel, TALL)
        scroll_to_top(page)
        self._by.shoot("channel", "channel.png")

    def promotion(self) -> None:
        """The plan that cannot be undone: as an approver reads it, on a phone too, and at the door of the app."""
        self.film()
        room = self._channel
        self._by.open("tall", "U0CAROL", room, TALL)
        self._by.shoot("tall", "approve.png")
        self._by.open("phone", "U0ERIN", room, PHONE, dark=True)
        self._by.shoot("phone", "phone.png")
        self._by.open("home", "U0BOB", HOME, DESK)
        self._by.shoot("home", "home.png")

    def end(self) -> None:
        """The resolution, and what it came to."""
        self.film()
        self._by.open("dark", "U0BOB", self._channel, DESK, dark=True)
        self._by.shoot("dark", "resolved-dark.png")
        self._by.frame("film", repeated=2)


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option).first.click()


def scroll_to_top(page: Page) -> None:
    page.locator("#scroller").evaluate("it => it.scrollTo(0, 0)")
