"""Looks at the workspace's page in Chromium, and takes pictures of it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from shutil import which
from types import TracebackType
from typing import Self

from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

CHROMIUM = which("chromium-headless-shell") or which("chromium")  # the first draws the same for two thirds of the work
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SETTLE = 500.0  # milliseconds until everything is drawn
COLOURS = 255
FRAME = 2200  # milliseconds of one picture of the film


class Photographer:
    """One page for each pair of eyes, by a name. To be used from one thread: Playwright's own."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url, self._folder = url, folder
        self._pages: dict[str, Page] = {}
        self._frames: list[Image.Image] = []
        self._playwright: Playwright = sync_playwright().start()
        self._browser: Browser = self._playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))

    def page(self, name: str) -> Page:
        return self._pages[name]

    def open(
        self, name: str, person: str, place: str, size: tuple[int, int], *, scale: float = 2, dark: bool = False
    ) -> Page:
        """A page of this person at this place (a channel's id), in pixels of the page."""
        width, height = size
        context = self._browser.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=scale,
            color_scheme="dark" if dark else "light",
            timezone_id="UTC",
            locale="en-GB",
        )
        page = self._pages[name] = context.new_page()
        page.goto(f"{self._url}/?as={person}#{place}")
        page.locator("#channels [aria-current=page]").wait_for(state="attached")
        page.wait_for_timeout(SETTLE)
        return page

    def go(self, name: str, place: str) -> Page:
        page = self._pages[name]
        page.evaluate("place => { location.hash = place; }", place)
        page.wait_for_timeout(SETTLE)
        return page

    def shoot(self, name: str, file: str) -> None:
        """What a page shows now, as a small PNG."""
        reduced(self._picture(name)).save(self._folder / file, optimize=True)

    def frame(self, name: str, repeated: int = 1) -> None:
        """One more picture of the film."""
        self._frames += [reduced(self._picture(name))] * repeated

    def film(self, file: str) -> None:
        first, *others = self._frames
        first.save(self._folder / file, save_all=True, append_images=others, duration=FRAME, loop=0, optimize=True)

    def _picture(self, name: str) -> Image.Image:
        page = self._pages[name]
        page.wait_for_timeout(SETTLE)
        return Image.open(BytesIO(page.screenshot(animations="disabled")))

    def close(self) -> None:
        self._browser.close()
        self._playwright.stop()


class Studio:
    """A photographer in a thread of their own, since Playwright minds who calls it."""

    def __init__(self, url: str, folder: Path) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="photographer")
        self.photographer = self._thread.submit(Photographer, url, folder).result()

    def do(self, work: Callable[[], None]) -> None:
        """Something with the photographer, and wait for it."""
        self._thread.submit(work).result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.submit(self.photographer.close).result()
        self._thread.shutdown()


def reduced(picture: Image.Image) -> Image.Image:
    return picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
