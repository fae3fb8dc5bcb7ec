"""The page by keyboard alone: no test here touches the mouse."""

import re

from playwright.sync_api import Page, expect

from bot.playground.workspace.workspace import Workspace
from tests.browser.conftest import Open
from tests.browser.sample_app import SampleApp
from tests.browser.samples import actions, button, declare_form, mrkdwn, section, text


def tab_to(page: Page, name: str, key: str = "Tab", most: int = 40) -> None:
    """Press Tab until the element with this accessible name has the focus."""
    for _ in range(most):
        page.keyboard.press(key)
        focused = page.locator(":focus")
        if focused.count() and re.search(name, focused.aria_snapshot()):
            return
    raise AssertionError(f"Tab never reached {name!r}")


def test_an_incident_is_declared_by_keyboard(app: SampleApp, open_page: Open) -> None:
    """From the skip link to the submitted form; afterwards the focus is back in the message box."""
    app.form = declare_form()
    page = open_page()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the message box")).to_be_focused()
    page.keyboard.press("Enter")
    box = page.get_by_role("textbox", name="Message #ops")
    expect(box).to_be_focused()
    page.keyboard.type("/dr decl")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    form = page.get_by_role("dialog", name="Declare an incident")
    expect(form.get_by_role("textbox", name="Title")).to_be_focused()
    page.keyboard.type("us-west-2 is down")
    page.keyboard.press("Tab")
    system = form.get_by_role("combobox", name="System")
    expect(system).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(system).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(system).to_have_attribute("aria-expanded", "false")
    expect(form).to_be_visible()
    page.keyboard.type("cust")
    expect(system).to_have_attribute("aria-activedescendant", re.compile("list"))
    page.keyboard.press("Enter")
    expect(system).to_have_value("Customer Database")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(form.get_by_role("combobox", name="Severity")).to_have_value("SEV2")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(form.get_by_role("checkbox", name="Drill")).to_be_checked()
    tab_to(page, r'button "Declare"')
    page.keyboard.press("Enter")
    values = app.submissions.get(timeout=30)["view"]["state"]["values"]
    assert values["System"]["value"]["selected_option"]["value"] == "db"
    assert values["Severity"]["value"]["selected_option"]["value"] == "sev2"
    expect(form).to_have_count(0)
    expect(box).to_be_focused()


def test_escape_closes_a_form_and_the_focus_returns(app: SampleApp, workspace: Workspace, open_page: Open) -> None:
    """Escape leaves the form, and the focus is where it was before."""
    app.form = declare_form()
    page = open_page()
    page.get_by_role("textbox", name="Message #ops").focus()
    page.keyboard.type("/dr declare")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("textbox", name="Message #ops")).to_be_focused()
    assert workspace.views("U0ALICE") == []


def test_channels_are_one_stop_with_arrow_keys(open_page: Open) -> None:
    """Tab reaches the list once; arrows move in it; Enter opens a channel."""
    page = open_page()
    tab_to(page, r'link "ops"')
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="status")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="#status")).to_be_visible()
    expect(page.get_by_role("link", name="status")).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("link", name="status")).to_be_focused()


def test_messages_are_walked_and_used(app: SampleApp, workspace: Workspace, open_page: Open) -> None:
    """From the message box back: the newest message, its buttons, its menu; arrows walk from message to message."""
    workspace.say("U0BOB", "#ops", "first words")
    app.post([section("second words"), actions(button("done", "Done"))])
    page = open_page()
    page.get_by_role("textbox", name="Message #ops").focus()
    tab_to(page, r'article "DR Bot', "Shift+Tab")
    page.keyboard.press("ArrowUp")
    first = page.get_by_role("article", name=re.compile("first words"))
    expect(first).to_be_focused()
    tab_to(page, "Add a reaction")
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="pushpin")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("menuitem", name="eyes")).to_be_focused()
    page.keyboard.press("Escape")
    expect(first.get_by_role("button", name="Add a reaction")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(first.get_by_role("button", name="pushpin, 1: Alice Adams")).to_be_visible()
    tab_to(page, r'button "Done"')
    page.keyboard.press("Enter")
    assert app.actions.get(timeout=30)["actions"][0]["action_id"] == "done"


def test_a_decided_button_leaves_the_focus_in_its_message(app: SampleApp, open_page: Open) -> None:
    """When the app takes the pressed button away, the focus stays with the message."""
    ts = app.post([section("1 · Assess"), actions(button("done", "Done"))])
    app.on_action = lambda body: app.client.chat_update(
        channel="C0OPS", ts=ts, text="done", blocks=[section("1 · Assess · Alice")]
    )
    page = open_page()
    page.get_by_role("button", name="Done").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Done")).to_have_count(0)
    expect(page.get_by_role("article", name=re.compile("done"))).to_be_focused()


def test_a_question_or_menu_whose_button_is_gone_leaves_the_focus_in_the_message(
    app: SampleApp, open_page: Open
) -> None:
    """The app changes the message while "Are you sure?" is open, or one of its menus."""
    confirm = {"title": text("Sure?"), "text": mrkdwn("It costs."), "confirm": text("Yes"), "deny": text("No")}
    overflow = {
        "type": "overflow",
        "action_id": "choose",
        "options": [{"text": text("Skip"), "value": "skip"}, {"text": text("Undo"), "value": "undo"}],
    }
    page = open_page()
    for asks, dialog in ((button("done", "Done", confirm=confirm), "dialog"), (overflow, "menu")):
        ts = app.post([section("1 · Assess"), actions(asks)])
        article = page.get_by_role("article", name=re.compile("words")).last
        article.get_by_role("button", name=re.compile("Done|More options")).focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role(dialog)).to_be_visible()  # type: ignore[arg-type]
        app.client.chat_update(channel="C0OPS", ts=ts, text="decided", blocks=[section("1 · Assess · Alice")])
        changed = page.get_by_role("article", name=re.compile("decided")).last
        expect(changed).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role(dialog)).to_have_count(0)  # type: ignore[arg-type]
        expect(changed).to_be_focused()


def test_the_drawers_of_a_phone(open_page: Open) -> None:
    """Escape closes the channel list, and the focus returns to its button."""
    page = open_page(width=360)
    opener = page.get_by_role("button", name="Channels")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="ops")).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    expect(page.get_by_role("link", name="ops")).to_have_count(0)
