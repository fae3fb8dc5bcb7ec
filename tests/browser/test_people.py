"""Several people, several pages; the demo's panel; a workspace that goes away."""

import re

import pytest
from playwright.sync_api import expect

from bot.playground.workspace.panel import PanelAction, PanelItem
from bot.playground.workspace.workspace import Workspace
from tests.browser.conftest import Open, Troubles
from tests.browser.sample_app import SampleApp


def test_two_people_in_two_pages(workspace: Workspace, open_page: Open) -> None:
    """What one says the other sees at once; elsewhere it counts as unread until the channel is opened."""
    alice, bob = open_page("U0ALICE", "C0OPS"), open_page("U0BOB", "C0INCIDENTS")
    alice.get_by_role("textbox", name="Message #ops").fill("can you look?")
    alice.keyboard.press("Enter")
    unread = bob.get_by_role("link", name=re.compile(r"^ops 1 unread"))
    expect(unread).to_be_visible()
    expect(bob).to_have_title(re.compile(r"^\(1\) incidents · Bob Brown"))
    unread.click()
    expect(bob.get_by_role("article")).to_contain_text("can you look?")
    expect(bob.get_by_role("link", name="ops", exact=True)).to_be_visible()
    bob.get_by_role("textbox", name="Message #ops").fill("on it")
    bob.keyboard.press("Enter")
    expect(alice.get_by_role("article").last).to_contain_text("on it")
    expect(alice.locator("#announcer")).to_contain_text("Bob Brown")


def test_a_page_acts_as_another_person(workspace: Workspace, open_page: Open) -> None:
    """The switcher changes who acts in this page, and its address; who is deactivated can't be chosen."""
    workspace.new_channel("secret", kind="private", members=["U0BOB"])
    page = open_page("U0CAROL")
    expect(page.get_by_role("link", name="secret")).to_have_count(0)
    page.get_by_role("button", name="You act as Carol Chen").click()
    expect(page.get_by_role("menuitemradio", name="Carol Chen")).to_be_focused()
    expect(page.get_by_role("menuitemradio", name="Gus Gone")).to_have_attribute("aria-disabled", "true")
    page.get_by_role("menuitemradio", name="Bob Brown").click()
    expect(page.get_by_role("link", name="secret (private)")).to_be_visible()
    expect(page).to_have_url(re.compile(r"as=U0BOB#C0OPS"))
    page.get_by_role("textbox", name="Message #ops").fill("hello from Bob")
    page.keyboard.press("Enter")
    expect(page.get_by_role("article").last).to_contain_text("Bob Brown")
    page.go_back()
    expect(page.get_by_role("button", name="You act as Carol Chen")).to_be_visible()


def test_the_address_names_what_is_shown(workspace: Workspace, open_page: Open) -> None:
    """Whoever does not see the place of the person before comes to another one, and the address says which."""
    secret = workspace.new_channel("secret", kind="private", members=["U0BOB"]).id
    page = open_page("U0BOB", secret)
    page.get_by_role("button", name="You act as Bob Brown").click()
    page.get_by_role("menuitemradio", name="Carol Chen").click()
    expect(page.get_by_role("heading", name="#oncall")).to_be_visible()
    expect(page).to_have_url(re.compile(r"as=U0CAROL#C0ONCALL$"))
    page.go_back()
    expect(page.get_by_role("heading", name="secret")).to_be_visible()
    workspace.say("U0BOB", secret, "between few")
    expect(page.get_by_role("article").last).to_contain_text("between few")


def test_channels_come_and_go(app: SampleApp, workspace: Workspace, open_page: Open) -> None:
    """A new channel appears without a jump away from what is read; one may be joined; a deleted one goes."""
    page = open_page("U0BOB", "C0OPS")
    made = app.client.conversations_create(name="dr-7-customer-database")["channel"]["id"]
    other = page.get_by_role("region", name="Other channels").get_by_role("link", name="dr-7-customer-database")
    other.click()
    expect(page.get_by_text("You are not in this channel.")).to_be_visible()
    page.get_by_role("button", name="Join channel").click()
    expect(page.get_by_role("textbox", name="Message #dr-7-customer-database")).to_be_visible()
    expect(
        page.get_by_role("region", name="Channels", exact=True).get_by_role("link", name="dr-7-customer-database")
    ).to_be_visible()
    workspace.delete_channel(made)
    expect(page.get_by_role("link", name="dr-7-customer-database")).to_have_count(0)


def test_a_direct_message(workspace: Workspace, open_page: Open) -> None:
    """It is found by the person's name, and reaches them as unread."""
    alice, bob = open_page("U0ALICE"), open_page("U0BOB")
    alice.get_by_role("button", name="New message").click()
    alice.get_by_role("menuitem", name="Bob Brown").click()
    alice.get_by_role("textbox", name="Message Bob Brown").fill("between us")
    alice.keyboard.press("Enter")
    bob.get_by_role("link", name="Alice Adams 1 unread").click()
    expect(bob.get_by_role("article")).to_contain_text("between us")


def test_the_panel_of_the_demo(workspace: Workspace, open_page: Open) -> None:
    """It is hidden while there is none; its states and lines change in place; its buttons ask and report."""
    pressed: list[tuple[str, str]] = []
    page = open_page()
    expect(page.get_by_role("complementary", name="Demo")).to_have_count(0)

    def press(item: str, action: str) -> str:
        pressed.append((item, action))
        return "It is broken already."

    workspace.panel.on_press = press
    broken = PanelAction("break", "Break the primary region", "danger", "Orders will fail. Break it?")
    workspace.panel.show([PanelItem("primary", "Primary region", "23 orders/s", "ok", (broken,))])
    card = page.get_by_role("complementary", name="Demo").get_by_role("listitem")
    expect(card).to_contain_text("working")
    card.get_by_role("button", name="Break the primary region").focus()
    workspace.panel.show(
        [PanelItem("primary", "Primary region", "0 orders/s\nfailing since 03:02:11", "failing", (broken,))]
    )
    expect(card).to_contain_text("failing since 03:02:11")
    expect(card.get_by_role("button")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Break the primary region").click()
    expect(page.get_by_text("It is broken already.")).to_be_visible()
    assert pressed == [("primary", "break")]
    card.get_by_role("button").focus()
    workspace.panel.show([PanelItem("primary", "Primary region", "It is going dark.", "changing")])
    expect(card.get_by_role("heading")).to_be_focused()
    workspace.panel.show(None)
    expect(page.get_by_role("complementary", name="Demo")).to_have_count(0)


@pytest.mark.parametrize("account", ["U0NOBODY", "U0DRBOT", "U0GONE"])
def test_an_address_of_nobody_who_can_act(workspace: Workspace, open_page: Open, account: str) -> None:
    """An old tab, a bot, a deactivated account: the first person acts, and the page says so."""
    page = open_page(account)
    expect(page.get_by_role("button", name="You act as Alice Adams")).to_be_visible()
    expect(page).to_have_url(re.compile(r"as=U0ALICE#C0OPS$"))
    expect(page.get_by_text(f"Nobody can act as {account} here")).to_be_visible()


def test_an_interrupted_connection_comes_back(workspace: Workspace, troubles: Troubles, open_page: Open) -> None:
    """The page says that the connection is lost, connects again by itself, and shows what was missed."""
    page = open_page()
    page.clock.install()
    troubles.allow("ERR_CONNECTION")  # the browser itself logs what it can't reach
    workspace.go_away()
    lost = page.get_by_text("The connection to the workspace is lost.")
    expect(lost).to_be_visible()
    expect(lost).not_to_contain_text("make demo")
    page.clock.fast_forward("00:21")
    expect(lost).to_contain_text("start it again with make demo")
    workspace.say("U0BOB", "#ops", "said meanwhile")
    workspace.come_back()
    expect(page.get_by_text("said meanwhile")).to_be_visible()
    expect(page.get_by_text("The connection to the workspace is lost.")).to_have_count(0)
