"""The page in a real browser, against the real server, with a real Bolt app behind it."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from bot.playground.photographer import CHROMIUM, FLAGS
from bot.playground.workspace.workspace import Workspace
from tests.browser.axe import axe_source
from tests.browser.sample_app import SampleApp
from tests.browser.samples import APP

PATIENCE = 15_000  # milliseconds until a page has opened, a button can be pressed, or something is to be seen
Open = Callable[..., Page]

expect.set_options(timeout=PATIENCE)


def missing(reason: str) -> None:
    """Skip the test, or fail it where nothing may be skipped."""
    if os.environ.get("DR_REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


# Of a module, not of the session: while Playwright runs, no other test of this thread may start an event loop.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser of the module's own."""
    if CHROMIUM is None:
        missing("Chromium is missing: apt-get install chromium-headless-shell")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    """A workspace of its own, without rate limits."""
    with Workspace.running(app=APP, limits=False) as workspace:
        yield workspace


@pytest.fixture
def app(workspace: Workspace) -> Iterator[SampleApp]:
    """An app that is connected, and keeps what it is sent."""
    app = SampleApp(workspace)
    try:
        app.connect()
        yield app
    finally:
        app.close()


class Troubles:
    """What no page may do: log an error, throw, ask another host."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.found: list[str] = []
        self.allowed: list[str] = []

    def allow(self, words: str) -> None:
        """Lines with these words are no trouble from now on."""
        self.allowed.append(words)

    def watch(self, context: BrowserContext) -> None:
        context.on("console", self.said)
        context.on("weberror", lambda error: self.found.append(str(error.error)))
        context.on("request", self.asked)

    def said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.note(message.text)

    def asked(self, request: Request) -> None:
        if urlsplit(request.url).netloc != self.host:
            self.note(f"asked {request.url}")

    def note(self, line: str) -> None:
        if not any(it in line for it in self.allowed):
            self.found.append(line)


@pytest.fixture
def troubles(workspace: Workspace) -> Troubles:
    """What the pages of this test did that none may."""
    return Troubles(urlsplit(workspace.url).netloc)


@pytest.fixture
def open_page(chromium: Browser, workspace: Workspace, troubles: Troubles) -> Iterator[Open]:
    """`open_page("U0BOB", "C0OPS", width=360)`: a page of this person at this place. Fails the test on any trouble."""
    contexts: list[BrowserContext] = []

    def open_page(person: str = "U0ALICE", place: str = "C0OPS", *, width: int = 1280, **options: object) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 800}, **options)  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        troubles.watch(context)
        page = context.new_page()
        page.goto(f"{workspace.url}/?as={person}#{place}")
        page.locator("#feed:not([aria-busy]), #home:visible").first.wait_for(state="attached")
        page.locator("#channels [aria-current=page]").wait_for(state="attached")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert troubles.found == []


@pytest.fixture
def picture() -> Callable[[Page, str], None]:
    """`picture(page, "modal")`: a screenshot into the folder PAGE_SHOTS names, if it names one."""
    folder = os.environ.get("PAGE_SHOTS")

    def take(page: Page, name: str) -> None:
        if folder:
            page.screenshot(path=Path(folder) / f"{name}.png")

    return take


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, which judges a page's accessibility."""
    if not shutil.which("npm"):
        missing("npm is missing, so axe-core can't be installed: apt-get install npm")
    return axe_source(Path.home() / ".cache" / "dr-bot")
