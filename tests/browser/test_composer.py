"""Typing messages and commands."""

from contextlib import closing
from dataclasses import replace

from playwright.sync_api import Page, expect

from bot.playground.workspace.workspace import Workspace
from tests.browser.conftest import Open
from tests.browser.sample_app import SampleApp
from tests.browser.samples import declare_form, section


def test_a_command_is_completed_and_sent(app: SampleApp, open_page: Open) -> None:
    """`/dr` and its subcommands are offered with their hints; Tab takes one; the answer is for this person alone."""
    page = open_page()
    box = page.get_by_role("textbox", name="Message #ops")
    box.focus()
    page.keyboard.type("/d")
    expect(page.get_by_role("option", name="/dr Run a recovery")).to_be_visible()
    page.keyboard.press("Tab")
    expect(box).to_have_value("/dr ")
    expect(page.get_by_role("listbox", name="Suggestions").get_by_role("option")).to_have_count(3)
    page.keyboard.type("no")
    page.keyboard.press("Enter")
    expect(box).to_have_value("/dr note ")
    expect(page.get_by_text("/dr note TEXT · Add to the timeline")).to_be_visible()
    page.keyboard.type("ask @bo")
    expect(page.get_by_role("option", name="Bob Brown")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.type("and see #inc")
    page.keyboard.press("Tab")
    expect(box).to_have_value("/dr note ask @bob and see #incidents ")
    page.keyboard.press("Enter")
    assert app.commands.get(timeout=30)["text"] == "note ask <@U0BOB|bob> and see <#C0INCIDENTS|incidents>"
    expect(box).to_have_value("")


def test_a_finished_command_is_sent_by_enter(app: SampleApp, open_page: Open) -> None:
    """Where nothing is left to complete, Enter sends; an incident may stand before the subcommand."""
    page = open_page()
    box = page.get_by_role("textbox", name="Message #ops")
    box.focus()
    page.keyboard.type("/dr")
    page.keyboard.press("Enter")
    assert app.commands.get(timeout=30)["text"] == ""
    page.keyboard.type("/dr INC-7 stat")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert app.commands.get(timeout=30)["text"] == "INC-7 status"
    page.keyboard.press("ArrowUp")
    expect(box).to_have_value("/dr INC-7 status")


def test_an_answer_to_a_person_alone(app: SampleApp, open_page: Open) -> None:
    """It says that nobody else sees it, and nobody else does."""
    alice, bob = open_page("U0ALICE"), open_page("U0BOB")
    alice.get_by_role("textbox", name="Message #ops").fill("/dr status")
    alice.keyboard.press("Enter")
    answer = alice.get_by_role("article").last
    expect(answer).to_contain_text("INC-7 is active.")
    expect(answer).to_contain_text("Only visible to you")
    alice.get_by_role("textbox", name="Message #ops").fill("hello")
    alice.keyboard.press("Enter")
    expect(bob.get_by_role("article")).to_have_count(1)
    expect(bob.get_by_role("article")).to_contain_text("hello")


def test_a_failed_command_says_so_as_slack_does(app: SampleApp, workspace: Workspace, open_page: Open) -> None:
    """An app that is silent, and a command that nobody has, leave a line and the typed text."""
    page = open_page()
    box = page.get_by_role("textbox", name="Message #ops")
    box.fill("/dr silence")
    box.press("Enter")
    expect(page.get_by_text('/dr failed with the error "operation_timeout"')).to_be_visible()
    expect(box).to_have_value("/dr silence")
    box.fill("/deploy now")
    box.press("Enter")
    expect(page.get_by_text("/deploy is not a valid command.")).to_be_visible()
    page.get_by_role("button", name="Dismiss").first.click()
    expect(page.get_by_text("operation_timeout")).to_have_count(0)
    expect(box).to_be_focused()


def test_without_the_app_the_page_says_so(workspace: Workspace, open_page: Open) -> None:
    """A newcomer who started only the workspace learns why nothing answers."""
    page = open_page()
    expect(page.get_by_text("DR Bot isn't running.")).to_be_visible()
    expect(page.get_by_role("link", name="DR Bot (not running)")).to_be_visible()
    with closing(SampleApp(workspace)) as app:
        app.connect()
        expect(page.get_by_text("DR Bot isn't running.")).to_have_count(0)
    expect(page.get_by_text("DR Bot isn't running.")).to_be_visible()


def test_who_may_not_write_to_the_app_is_told_so(workspace: Workspace, open_page: Open) -> None:
    """As the manifest says it; its messages are read and pressed as ever."""
    workspace.core.app = replace(workspace.core.app, takes_messages=False)
    page = open_page(place="app")
    page.get_by_role("tab", name="Messages").click()
    expect(page.get_by_text("Sending messages to this app has been turned off.")).to_be_visible()
    expect(page.get_by_role("textbox")).to_have_count(0)
    page.get_by_role("link", name="ops").click()
    expect(page.get_by_role("textbox", name="Message #ops")).to_be_visible()
    expect(page.get_by_text("Sending messages to this app")).to_be_hidden()


def test_text_keeps_its_lines_and_signs(workspace: Workspace, open_page: Open) -> None:
    """Shift+Enter makes a line; what looks like markup or a script is text; formatting works."""
    page = open_page()
    page.get_by_role("textbox", name="Message #ops").focus()
    page.keyboard.type("a < b & *bold*")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("<img src=x onerror=alert(1)> @bob")
    page.keyboard.press("Enter")
    message = page.get_by_role("article").last
    expect(message.locator(".text")).to_have_text(
        "a < b & bold\n<img src=x onerror=alert(1)> @Bob Brown", use_inner_text=True
    )
    assert message.locator("img").count() == 0
    assert (
        workspace.messages("#ops")[-1]["text"] == "a &lt; b &amp; *bold*\n&lt;img src=x onerror=alert(1)&gt; <@U0BOB>"
    )


def test_a_global_shortcut_opens_from_the_composer(app: SampleApp, open_page: Open) -> None:
    """The plus beside the text offers the app's global shortcuts and its command."""
    app.form = declare_form()
    page = open_page()
    page.get_by_role("button", name="Shortcuts and commands").click()
    page.get_by_role("menuitem", name="Declare an incident").click()
    assert app.shortcuts.get(timeout=30)["callback_id"] == "declare"
    page.get_by_role("button", name="Shortcuts and commands").click()
    page.get_by_role("menuitem", name="/dr").click()
    expect(page.get_by_role("textbox", name="Message #ops")).to_have_value("/dr ")


def test_whoever_writes_sees_the_end(app: SampleApp, open_page: Open) -> None:
    """A message or a command that is sent from further up leads to the end, where its answer comes."""
    for number in range(40):
        app.post([section(f"Step {number}")])
    page = open_page()
    expect(page.get_by_text("Step 39", exact=True)).to_be_in_viewport()
    for line in ("I am here", "/dr status"):
        scroll_up(page)
        page.get_by_role("textbox", name="Message #ops").fill(line)
        page.keyboard.press("Enter")
        expect(page.get_by_role("article").last).to_be_in_viewport()
    expect(page.get_by_role("article").last).to_contain_text("Only visible to you")


def scroll_up(page: Page) -> None:
    """To the first message; what was just written may still be leading the page to its end."""
    for _ in range(50):
        page.locator("#scroller").evaluate("node => { node.scrollTop = 0 }")
        page.wait_for_timeout(100)
        if page.locator("#scroller").evaluate("node => node.scrollTop") == 0:
            break
    expect(page.get_by_text("Step 0", exact=True)).to_be_in_viewport()
