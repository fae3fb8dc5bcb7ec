"""What the page shows of a channel, and what a click in it does."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from bot.playground.workspace.workspace import Workspace
from tests.browser.conftest import Open
from tests.browser.sample_app import SampleApp
from tests.browser.samples import EVERY_BLOCK, actions, button, mrkdwn, option, section, text

Picture = Callable[[Page, str], None]


def drawn(page: Page) -> None:
    """The page has drawn what changed, and knows by its own events where somebody reads."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_every_kind_of_block_is_shown(app: SampleApp, open_page: Open, picture: Picture) -> None:
    """Each block's words, links, mentions, dates and elements are there; a picture of another host is only named."""
    app.post(EVERY_BLOCK)
    page = open_page()
    message = page.get_by_role("article").last
    expect(message.get_by_role("heading", name="Header words 🔥")).to_be_visible()
    for words in ("bold", "italic", "struck", "code", "quoted", "at most 5 min", "context", "first entry", "SELECT 1;"):
        expect(message.get_by_text(words, exact=False).first).to_be_visible()
    expect(message.get_by_role("link", name="a link", exact=True)).to_have_attribute(
        "href", "https://example.com/a?b=1&c=2"
    )
    expect(message.get_by_text("@Bob Brown").first).to_be_visible()
    expect(message.get_by_role("link", name="#ops")).to_have_attribute("href", "#C0OPS")
    expect(message.get_by_text("@dr-team")).to_be_visible()
    expect(message.locator("time[title=fallback]")).to_have_text(re.compile(r"^\d\d/\d\d/2025 \d\d:\d\d$"))
    expect(message.get_by_text("1 < 2")).to_be_visible()
    expect(message.get_by_role("combobox", name="Choose")).to_be_visible()
    expect(message.get_by_role("separator")).to_be_visible()
    expect(message.get_by_role("img", name="far picture")).to_be_visible()
    expect(message.get_by_role("link", name="picture of elsewhere")).to_be_visible()
    expect(message.get_by_role("heading", name="Markdown heading")).to_be_visible()
    picture(page, "blocks")


def test_a_click_reaches_the_app_with_what_was_chosen(app: SampleApp, open_page: Open) -> None:
    """Buttons, overflow menus, selects and pickers send Slack's actions and the whole state."""
    app.post(EVERY_BLOCK)
    page = open_page()
    page.get_by_role("button", name="Go", exact=True).click()
    clicked = app.actions.get(timeout=30)
    assert clicked["actions"][0]["value"] == "v1"
    assert clicked["user"]["id"] == "U0ALICE"
    page.get_by_role("button", name="More options").click()
    page.get_by_role("menuitem", name="Second").click()
    assert app.actions.get(timeout=30)["actions"][0]["selected_option"]["value"] == "b"
    page.get_by_role("combobox", name="Choose").click()
    page.get_by_role("option", name="SEV2").click()
    assert app.actions.get(timeout=30)["actions"][0]["selected_option"]["value"] == "sev2"
    page.get_by_role("combobox", name="Somebody").fill("carol")
    page.get_by_role("option", name="Carol Chen").click()
    chosen = app.actions.get(timeout=30)
    assert chosen["actions"][0]["selected_user"] == "U0CAROL"
    values = [value for held in chosen["state"]["values"].values() for value in held.values()]
    assert [it["selected_option"]["value"] for it in values if it["type"] == "static_select"] == ["sev2"]
    page.locator("article input[type=date]").fill("2026-12-24")
    assert app.actions.get(timeout=30)["actions"][0]["selected_date"] == "2026-12-24"


def test_a_confirm_is_asked_first(app: SampleApp, open_page: Open, picture: Picture) -> None:
    """Nothing is sent on No or Escape; the focus starts on No and returns to the button; Yes sends."""
    confirm = {
        "title": text("Promote customers-east?"),
        "text": mrkdwn("It *cannot* be undone."),
        "confirm": text("Promote"),
        "deny": text("Not yet"),
        "style": "danger",
    }
    app.post([actions(button("promote", "Approve promote customers-east", confirm=confirm))])
    page = open_page()
    approve = page.get_by_role("button", name="Approve promote customers-east")
    approve.click()
    dialog = page.get_by_role("dialog", name="Promote customers-east?")
    expect(dialog).to_contain_text("It cannot be undone.")
    expect(dialog.get_by_role("button", name="Not yet")).to_be_focused()
    picture(page, "confirm")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(approve).to_be_focused()
    approve.click()
    dialog.get_by_role("button", name="Not yet").click()
    assert app.actions.empty()
    approve.click()
    dialog.get_by_role("button", name="Promote", exact=True).click()
    assert app.actions.get(timeout=30)["actions"][0]["action_id"] == "promote"
    assert app.actions.empty()


def test_a_select_with_a_confirm_goes_back_on_no(app: SampleApp, open_page: Open) -> None:
    """What the person did not confirm is not shown as chosen."""
    confirm = {
        "title": text("Change it?"),
        "text": mrkdwn("Everybody is told."),
        "confirm": text("Change"),
        "deny": text("Keep"),
    }
    app.post(
        [
            section(
                "Severity",
                accessory={
                    "type": "static_select",
                    "action_id": "s",
                    "confirm": confirm,
                    "options": [option("1", "SEV1"), option("2", "SEV2")],
                    "initial_option": option("1", "SEV1"),
                },
            )
        ]
    )
    page = open_page()
    severity = page.get_by_role("combobox", name="Severity")
    severity.click()
    page.get_by_role("option", name="SEV2").click()
    page.get_by_role("dialog", name="Change it?").get_by_role("button", name="Keep").click()
    expect(severity).to_have_value("SEV1")
    assert app.actions.empty()


def test_an_edit_changes_a_message_in_place(app: SampleApp, open_page: Open) -> None:
    """While somebody reads in the middle, an edit above moves nothing that they see, and the focus stays."""
    card = app.post([section("*INC-7* is active"), actions(button("a", "Take a role"), button("b", "Pause"))])
    for number in range(40):
        app.post([section(f"Step {number}")])
    page = open_page()
    step = page.get_by_text("Step 20", exact=True)
    step.scroll_into_view_if_needed()
    drawn(page)
    before = step.bounding_box()
    app.client.chat_update(
        channel="C0OPS",
        ts=card,
        text="x",
        blocks=[section("*INC-7* is resolved" + "\nmore" * 8), actions(button("b", "Resume"))],
    )
    expect(page.get_by_text("is resolved")).to_be_attached()
    drawn(page)
    assert step.bounding_box() == before
    pause = page.get_by_role("button", name="Resume")
    pause.focus()
    app.client.chat_update(channel="C0OPS", ts=card, text="x", blocks=[actions(button("b", "Pause again"))])
    expect(page.get_by_role("button", name="Pause again")).to_be_focused()


def test_the_newest_message_stays_in_view_unless_one_reads_above(app: SampleApp, open_page: Open) -> None:
    """At the end the page follows; further up it stays, and offers the way down."""
    for number in range(40):
        app.post([section(f"Step {number}")])
    page = open_page()
    app.post([section("Step last")])
    expect(page.get_by_text("Step last")).to_be_in_viewport()
    page.locator("#scroller").evaluate("node => { node.scrollTop = 0 }")
    drawn(page)
    app.post([section("Step after all")])
    expect(page.get_by_text("Step after all")).not_to_be_in_viewport()
    page.get_by_role("button", name="New messages").click()
    expect(page.get_by_text("Step after all")).to_be_in_viewport()


def test_reactions_pins_and_shortcuts(workspace: Workspace, app: SampleApp, open_page: Open) -> None:
    """The menu of a message adds a pushpin, pins it, and runs the app's shortcut."""
    ts = workspace.say("U0BOB", "#ops", "us-west-2 is down")
    page = open_page()
    message = page.get_by_role("article").last
    message.hover()
    message.get_by_role("button", name="Add a reaction").click()
    page.get_by_role("menuitem", name="pushpin").click()
    mine = message.get_by_role("button", name="pushpin, 1: Alice Adams")
    expect(mine).to_have_attribute("aria-pressed", "true")
    mine.click()
    expect(mine).to_have_count(0)
    message.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Pin to this channel").click()
    expect(page.get_by_role("button", name="📌 1 pinned")).to_be_visible()
    message.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Add to the incident's timeline").click()
    shortcut = app.shortcuts.get(timeout=30)
    assert (shortcut["callback_id"], shortcut["message"]["ts"]) == ("add_to_timeline", ts)


def test_replies_stand_below_what_they_answer(workspace: Workspace, open_page: Open) -> None:
    """A reply is shown under its message, though others were said in between."""
    workspace.say("U0BOB", "#ops", "first question")
    page = open_page()
    workspace.say("U0BOB", "#ops", "second question")
    first = page.get_by_role("article").filter(has_text="first question")
    first.hover()
    first.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Reply").click()
    page.keyboard.type("the answer")
    page.keyboard.press("Enter")
    expect(page.get_by_role("article").nth(1)).to_contain_text("the answer")
    expect(page.get_by_role("article").nth(2)).to_contain_text("second question")


def test_a_permalink_leads_to_its_message(app: SampleApp, open_page: Open) -> None:
    """A link to a message opens its channel in this page, and shows and focuses the message."""
    ts = app.post([section("the plan itself")], channel="C0INCIDENTS")
    address = app.client.chat_getPermalink(channel="C0INCIDENTS", message_ts=ts)["permalink"]
    app.post([section(f"The current plan: <{address}|open>")])
    page = open_page()
    page.get_by_role("link", name="open").click()
    expect(page.get_by_role("heading", name="#incidents")).to_be_visible()
    expect(page.locator(f"article[data-ts='{ts}']")).to_be_focused()
    page.goto(str(address) + "?as=U0ALICE")
    expect(page.locator(f"article[data-ts='{ts}']")).to_be_focused()


def test_topic_bookmarks_and_archive(app: SampleApp, workspace: Workspace, open_page: Open) -> None:
    """The head shows a channel's topic and bookmarks; an archived channel takes no messages."""
    app.client.conversations_setTopic(channel="C0OPS", topic="Back by *04:04*")
    app.client.bookmarks_add(channel_id="C0OPS", title="Runbook", type="link", link="https://example.com/runbook")
    page = open_page()
    expect(page.locator("#topic")).to_have_text("Back by 04:04")
    expect(page.get_by_role("list", name="Bookmarks").get_by_role("link", name="Runbook")).to_be_visible()
    workspace.archive("#ops")
    expect(page.get_by_text("This channel is archived.")).to_be_visible()
    expect(page.get_by_role("textbox")).to_have_count(0)


def test_one_toolbar_at_a_time(workspace: Workspace, open_page: Open) -> None:
    """The pointer's message shows its toolbar, and the focused one no longer; the keyboard keeps the one that it is in."""
    workspace.say("U0BOB", "#ops", "first")
    workspace.say("U0CAROL", "#ops", "second")
    page = open_page()
    first, second = page.get_by_role("article").first, page.get_by_role("article").last
    first.get_by_text("first").click()
    first.focus()
    expect(first.locator(".toolbar")).to_have_css("opacity", "1")
    second.hover()
    expect(second.locator(".toolbar")).to_have_css("opacity", "1")
    expect(first.locator(".toolbar")).to_have_css("opacity", "0")
    page.keyboard.press("Tab")
    expect(first.get_by_role("button", name="Add a reaction")).to_be_focused()
    expect(first.locator(".toolbar")).to_have_css("opacity", "1")


def test_what_is_chosen_in_an_attachment_stays(app: SampleApp, open_page: Open) -> None:
    """A change of the message keeps what was chosen in its attachments' blocks."""
    choice = {"type": "static_select", "action_id": "pick", "options": [option("a", "Alpha"), option("b", "Beta")]}
    framed = [{"color": "36a64f", "blocks": [actions(choice) | {"block_id": "framed"}]}]
    ts = app.client.chat_postMessage(channel="C0OPS", text="first", attachments=framed)["ts"]
    page = open_page()
    box = page.get_by_role("article").get_by_role("combobox")
    box.click()
    page.get_by_role("option", name="Beta").click()
    expect(box).to_have_value("Beta")
    app.client.chat_update(channel="C0OPS", ts=ts, text="second", attachments=framed)
    expect(page.get_by_text("second")).to_be_visible()
    expect(box).to_have_value("Beta")
