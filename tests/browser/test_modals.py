"""Forms."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Page, expect

from bot.playground.workspace.workspace import Workspace
from tests.browser.conftest import Open
from tests.browser.sample_app import SampleApp
from tests.browser.samples import actions, button, declare_form, every_input, input_block, modal, section

Picture = Callable[[Page, str], None]


def declare(page: Page) -> None:
    page.get_by_role("textbox", name=re.compile("^Message #")).fill("/dr declare")
    page.keyboard.press("Enter")


def test_every_input_arrives_as_slack_sends_it(app: SampleApp, open_page: Open, picture: Picture) -> None:
    """A form with one input of each kind, filled by hand, gives the app Slack's state values."""
    app.form = every_input()
    page = open_page(timezone_id="Europe/Berlin")
    declare(page)
    form = page.get_by_role("dialog", name="Every input")
    expect(form.get_by_role("textbox", name="Title")).to_be_focused()
    form.get_by_role("textbox", name="Title").fill("us-west-2 is down")
    form.get_by_role("textbox", name="What do you see?").fill("two\nlines")
    choose(page, "Severity", "SEV1")
    choose(page, "Systems", "Customer Database", "Mail")
    choose(page, "Person", "Carol Chen")
    choose(page, "People", "Alice Adams", "Bob Brown")
    choose(page, "Channel", "#ops")
    choose(page, "Conversations", "#oncall", "#status")
    form.get_by_label("Number").fill("42")
    form.get_by_label("Email").fill("bob@example.com")
    form.get_by_label("Address").fill("https://example.com/x")
    form.get_by_label("Day").fill("2026-11-22")
    form.get_by_label("Time", exact=False).and_(page.locator("[type=time]")).fill("09:30")
    form.get_by_label("Since when?").fill("2026-11-22T04:02")
    form.get_by_role("checkbox", name="Drill").check()
    form.get_by_role("radio", name="Real").check()
    choose(page, "Runbook", "failback")
    picture(page, "every-input")
    form.get_by_role("button", name="Declare").click()
    values = app.submissions.get(timeout=30)["view"]["state"]["values"]
    expect(form).to_have_count(0)
    assert {label: essence(held["value"]) for label, held in values.items()} == {
        "Title": "us-west-2 is down",
        "What do you see?": "two\nlines",
        "Severity": "sev1",
        "Systems": ["db", "mail"],
        "Person": "U0CAROL",
        "People": ["U0ALICE", "U0BOB"],
        "Channel": "C0OPS",
        "Conversations": ["C0ONCALL", "C0STATUS"],
        "Number": "42",
        "Email": "bob@example.com",
        "Address": "https://example.com/x",
        "Day": "2026-11-22",
        "Time": "09:30",
        "Since when?": int(datetime(2026, 11, 22, 3, 2, tzinfo=UTC).timestamp()),
        "Options": ["drill"],
        "Kind": "real",
        "Runbook": "failback",
    }


def choose(page: Page, label: str, *names: str) -> None:
    for name in names:
        page.get_by_role("dialog").get_by_role("combobox", name=re.compile(f"^{label}")).click()
        page.get_by_role("option", name=re.compile(f"^{re.escape(name)}")).click()


def essence(held: dict[str, Any]) -> Any:
    """The one field beside `type`; of options their values."""
    (value,) = [it for name, it in held.items() if name != "type"]
    if isinstance(value, list):
        return [it["value"] if isinstance(it, dict) else it for it in value]
    return value["value"] if isinstance(value, dict) else value


def test_an_untouched_form_sends_every_input(app: SampleApp, open_page: Open) -> None:
    """What was not filled is there as null or an empty list."""
    app.form = modal(*(it | {"optional": True} for it in every_input()["blocks"]))
    page = open_page()
    declare(page)
    page.get_by_role("dialog").get_by_role("button", name="Declare").click()
    values = app.submissions.get(timeout=30)["view"]["state"]["values"]
    held = {label: essence(it["value"]) for label, it in values.items()}
    assert set(map(str, held.values())) == {"None", "[]"}
    assert len(held) == len(every_input()["blocks"])


def test_mistakes_stand_at_their_fields(app: SampleApp, open_page: Open, picture: Picture) -> None:
    """A missing answer and the app's own errors are shown at the field, which gets the focus; what was typed stays."""
    app.form = declare_form()
    app.answer = lambda view: {"response_action": "errors", "errors": {"Title": "That title is taken."}}
    page = open_page()
    declare(page)
    form = page.get_by_role("dialog", name="Declare an incident")
    form.get_by_role("button", name="Declare").click()
    title = form.get_by_role("textbox", name="Title")
    expect(title).to_be_focused()
    expect(title).to_have_attribute("aria-invalid", "true")
    expect(title).to_have_accessible_description(re.compile("Please complete this required field."))
    title.fill("down")
    choose(page, "System", "Shop")
    form.get_by_role("button", name="Declare").click()
    expect(form.get_by_text("That title is taken.")).to_be_visible()
    expect(title).to_have_value("down")
    expect(form.get_by_role("combobox", name="System")).to_have_value("Shop")
    expect(form.get_by_text("Please complete")).to_have_count(0)
    picture(page, "mistakes")


def test_a_stack_of_views(app: SampleApp, workspace: Workspace, open_page: Open) -> None:
    """A pushed view covers the first, which keeps what was typed; closing goes back; the cross closes all."""
    first = modal(
        input_block("Title", {"type": "plain_text_input"}), actions(button("deeper", "Deeper")), title="First"
    )
    app.form = first
    app.on_action = lambda body: app.client.views_push(
        trigger_id=body["trigger_id"], view=modal(section("below"), title="Second")
    )
    page = open_page()
    declare(page)
    page.get_by_role("textbox", name="Title").fill("typed")
    page.get_by_role("button", name="Deeper").click()
    expect(page.get_by_role("dialog", name="Second")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("textbox", name="Title")).to_have_value("typed")
    page.get_by_role("button", name="Deeper").click()
    page.get_by_role("dialog", name="Second").get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert workspace.views("U0ALICE") == []


def test_an_update_keeps_what_was_typed(app: SampleApp, open_page: Open) -> None:
    """A view that the app changes after a choice keeps the other fields and the focus."""
    form = declare_form()
    form["blocks"][1] |= {"dispatch_action": True}
    app.form = form

    def add_runbook(body: dict[str, Any]) -> None:
        runbook = input_block("Runbook", {"type": "plain_text_input"}, optional=True)
        app.client.views_update(view_id=body["view"]["id"], view=form | {"blocks": [*form["blocks"], runbook]})

    app.on_action = add_runbook
    page = open_page()
    declare(page)
    page.get_by_role("textbox", name="Title").fill("typed")
    choose(page, "System", "Shop")
    expect(page.get_by_role("textbox", name="Runbook")).to_be_visible()
    expect(page.get_by_role("textbox", name="Title")).to_have_value("typed")
    expect(page.get_by_role("combobox", name="System")).to_have_value("Shop")
    expect(page.get_by_role("combobox", name="System")).to_be_focused()


def test_an_update_without_the_focused_field_leads_to_the_title(app: SampleApp, open_page: Open) -> None:
    """Whoever works by keyboard is still in the form."""
    app.form = modal(section("First"), actions(button("next", "Next")))
    app.on_action = lambda body: app.client.views_update(
        view_id=body["view"]["id"], view=modal(section("Nothing more to choose"))
    )
    page = open_page()
    declare(page)
    page.get_by_role("dialog").get_by_role("button", name="Next").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Nothing more to choose")
    expect(page.get_by_role("dialog").get_by_role("heading").first).to_be_focused()


def test_an_app_that_does_not_answer(app: SampleApp, workspace: Workspace, open_page: Open) -> None:
    """The form stays, says that it could not be sent, and can be sent again."""
    app.form = declare_form()
    page = open_page()
    declare(page)
    form = page.get_by_role("dialog", name="Declare an incident")
    form.get_by_role("textbox", name="Title").fill("down")
    choose(page, "System", "Shop")
    workspace.haunt_sockets()
    form.get_by_role("button", name="Declare").click()
    expect(form.get_by_role("button", name="Declare")).to_have_attribute("aria-disabled", "true")
    expect(form.get_by_role("alert")).not_to_be_empty()
    expect(form.get_by_role("textbox", name="Title")).to_have_value("down")
    expect(form.get_by_role("button", name="Declare")).not_to_have_attribute("aria-disabled", "true")


def test_the_home_of_the_app(app: SampleApp, open_page: Open, picture: Picture) -> None:
    """What the app published for this person is shown, its buttons work, and Messages stands beside it."""
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "My incidents"}},
        actions(button("open", "Declare an incident")),
    ]
    app.client.views_publish(user_id="U0ALICE", view={"type": "home", "blocks": blocks})
    page = open_page(place="app")
    expect(page.get_by_role("tabpanel").get_by_role("heading", name="My incidents")).to_be_visible()
    picture(page, "home")
    page.get_by_role("button", name="Declare an incident").click()
    assert app.actions.get(timeout=30)["view"]["type"] == "home"
    app.client.views_publish(user_id="U0ALICE", view={"type": "home", "blocks": [section("Nothing waits for you.")]})
    expect(page.get_by_text("Nothing waits for you.")).to_be_visible()
    page.get_by_role("tab", name="Home").press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Message DR Bot")).to_be_visible()
    expect(page.get_by_role("tab", name="Messages")).to_have_attribute("aria-selected", "true")
    bob = open_page("U0BOB", "app")
    expect(bob.get_by_text("DR Bot has nothing to show here yet.")).to_be_visible()
