"""Phone, dark and light, and what axe finds."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from bot.playground.workspace.panel import PanelAction, PanelItem
from bot.playground.workspace.workspace import Workspace
from tests.browser.axe import check
from tests.browser.conftest import Open
from tests.browser.sample_app import SampleApp
from tests.browser.samples import EVERY_BLOCK, every_input

Picture = Callable[[Page, str], None]
PANEL = [
    PanelItem(
        "primary",
        "Primary region",
        "0 orders/s\nfailing since 03:02:11",
        "failing",
        (PanelAction("b", "Break the primary region", "danger"),),
    ),
    PanelItem("recovery", "Recovery region", "standby, 0.2 s behind", "ok"),
    PanelItem("shop", "Shop", "changing over", "changing"),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    app: SampleApp, workspace: Workspace, open_page: Open, axe: str, picture: Picture, scheme: str
) -> None:
    """The channel with every block, the open menus, every input and its mistakes, the home: in light and in dark."""
    workspace.say("U0BOB", "#ops", "us-west-2 is down :fire: @alice")
    ts = app.post(EVERY_BLOCK)
    app.client.pins_add(channel="C0OPS", timestamp=ts)
    app.client.chat_postEphemeral(channel="C0OPS", user="U0ALICE", text="Not `you`.")
    workspace.react("U0BOB", ts, "pushpin")
    workspace.panel.show(PANEL)
    app.form = every_input()
    page = open_page(color_scheme=scheme)
    expect(page.get_by_role("article")).to_have_count(3)
    expect(page.get_by_role("complementary", name="Demo").get_by_role("listitem")).to_have_count(3)
    picture(page, f"channel-{scheme}")
    check(page, axe)
    page.get_by_role("button", name="You act as").click()
    check(page, axe)
    page.keyboard.press("Escape")
    page.get_by_role("textbox", name="Message #ops").fill("/dr ")
    check(page, axe)
    picture(page, f"composer-{scheme}")
    page.get_by_role("textbox", name="Message #ops").fill("/dr declare")
    page.keyboard.press("Enter")
    form = page.get_by_role("dialog", name="Every input")
    form.get_by_role("button", name="Declare").click()
    expect(form.get_by_text("Please complete").first).to_be_visible()
    form.get_by_role("combobox", name="Severity").click()
    expect(page.get_by_role("option", name="SEV1")).to_be_visible()
    picture(page, f"form-{scheme}")
    check(page, axe)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone(
    app: SampleApp, workspace: Workspace, open_page: Open, axe: str, picture: Picture, scheme: str
) -> None:
    """At 360 px nothing is wider than the window, channels and panel are drawers, and a form can be used."""
    app.post(EVERY_BLOCK)
    workspace.panel.show(PANEL)
    app.form = every_input()
    page = open_page(width=360, color_scheme=scheme, has_touch=True, is_mobile=True)
    expect(page.get_by_role("button", name="Go", exact=True)).to_be_attached()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.locator("#scroller").evaluate("node => node.scrollWidth <= node.clientWidth")
    picture(page, f"phone-{scheme}")
    check(page, axe)
    page.get_by_role("button", name="Channels").tap()
    picture(page, f"phone-channels-{scheme}")
    page.get_by_role("link", name="status").tap()
    expect(page.get_by_role("heading", name="#status")).to_be_visible()
    expect(page.get_by_role("link", name="status")).to_have_count(0)
    page.get_by_role("button", name="Demo").tap()
    expect(page.get_by_role("complementary", name="Demo").get_by_text("failing since 03:02:11")).to_be_visible()
    picture(page, f"phone-panel-{scheme}")
    page.get_by_role("button", name="Close the demo panel").tap()
    page.get_by_role("textbox", name="Message #status").fill("/dr declare")
    page.get_by_role("button", name="Send").tap()
    form = page.get_by_role("dialog", name="Every input")
    form.get_by_role("combobox", name="Severity").tap()
    page.get_by_role("option", name="SEV2").tap()
    expect(form.get_by_role("combobox", name="Severity")).to_have_value("SEV2")
    assert form.evaluate("node => node.getBoundingClientRect().right <= 360 && node.scrollWidth <= node.clientWidth")
    picture(page, f"phone-form-{scheme}")


def test_dark_is_dark(open_page: Open) -> None:
    """The page follows what the person's system prefers."""
    colours = [
        open_page(color_scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]
    assert colours == ["rgb(255, 255, 255)", "rgb(26, 29, 33)"]
