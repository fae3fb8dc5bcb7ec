"""Text that wants to be more than text."""

import pytest
from playwright.sync_api import expect

from bot.playground.workspace.workspace import Workspace
from tests.browser.conftest import Open, Troubles
from tests.browser.sample_app import SampleApp
from tests.browser.samples import actions, button, modal, mrkdwn, section, text

NAUGHTY = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "\"'><svg onload=alert(1)>",
    "javascript:alert(1)",
    "{{7*7}} ${7*7} %s",
    "Text with \u202ebidi\u202c and \u200b zero width",
    "*_~`*_~````*" * 40,
    "<" * 300,
    "<!date^99999999999999999^{time}|x> <!date^^|y> <!date^a^{b}> <@> <#> <!> <|> <!subteam^>",
    "::::::: :not_an_emoji: :+1::skin-tone-9:",
    "a" * 2900,
    "took ~5 min: " + "`step` " * 60,
    "_promoted " + "`step` " * 60,
    "*carol " + "<@U0BOB> " * 60,
]

ASK = "fetch('http://127.0.0.2:9/').then(() => 'asked', () => 'refused')"
MARK_UP = "() => { try { document.body.innerHTML = '<p>'; return 'set' } catch (error) { return error.name } }"
PICTURE = "document.body.append(Object.assign(document.createElement('img'), {src: 'http://127.0.0.2:9/x.png'}))"


def test_naughty_text_stays_text(app: SampleApp, workspace: Workspace, open_page: Open) -> None:
    """Nothing runs, nothing breaks the layout, and what is no valid markup is shown as it is."""
    for words in NAUGHTY:
        app.post(
            [section(words), {"type": "context", "elements": [mrkdwn(words)]}, {"type": "markdown", "text": words}],
            words,
        )
        app.post([{"type": "header", "text": text(words[:150])}, actions(button("b", words[:75]))])
        workspace.say("U0BOB", "#ops", words)
    page = open_page()
    expect(page.get_by_role("article")).to_have_count(3 * len(NAUGHTY))
    assert page.locator("#feed :is(img, script, svg, iframe)").count() == 0
    assert page.locator("#scroller").evaluate("node => node.scrollWidth <= node.clientWidth")
    expect(page.get_by_role("button", name="<img src=x onerror=alert(1)>")).to_be_attached()
    app.form = modal(section(NAUGHTY[0]), title="<b>Bold?</b>")
    page.get_by_role("textbox", name="Message #ops").fill("/dr declare")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="<b>Bold?</b>")).to_be_visible()


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "slack://open"])
def test_a_link_leads_to_http_only(workspace: Workspace, app: SampleApp, open_page: Open, address: str) -> None:
    """An address of another kind is shown as words, in every kind of block."""
    rich = {
        "type": "rich_text",
        "elements": [
            {"type": "rich_text_section", "elements": [{"type": "link", "url": address, "text": "rich words"}]}
        ],
    }
    app.post([section(f"<{address}|the words>"), rich, {"type": "markdown", "text": f"[md words]({address})"}])
    page = open_page()
    for words in ("the words", "rich words", "md words"):
        expect(page.get_by_text(words)).to_be_visible()
    assert page.locator("#feed a").count() == 0


def test_the_page_forbids_foreign_code(troubles: Troubles, open_page: Open) -> None:
    """Its policy stops inline scripts, markup from strings, and requests to other hosts."""
    page = open_page()
    for words in ("127.0.0.2", "Content Security Policy", "TrustedHTML", "Refused to", "violates"):
        troubles.allow(words)
    assert page.evaluate(ASK) == "refused"
    assert page.evaluate(MARK_UP) == "TypeError"
    with page.expect_event("requestfailed") as failed:
        page.evaluate(PICTURE)
    assert failed.value.failure == "csp"


def test_a_button_with_an_address_opens_http_only(app: SampleApp, troubles: Troubles, open_page: Open) -> None:
    """It opens a new page for http, and tells the app."""
    app.post([actions(button("far", "Open the page", url="http://127.0.0.1:9/far"))])
    page = open_page()
    troubles.allow("127.0.0.1:9/far")
    troubles.allow("ERR_UNSAFE_PORT")
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Open the page").click()
    opened.value.close()
    assert app.actions.get(timeout=30)["actions"][0]["action_id"] == "far"
