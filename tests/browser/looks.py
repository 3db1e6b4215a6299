"""The ways a page can look to a reader, and what must hold for a page in each of them."""

from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # no types
from playwright.sync_api import Browser, BrowserContext, Page

from tests.waiting import PATIENCE_SECONDS

RULES: dict[str, Any] = {"rules": {"target-size": {"enabled": True}}}
"""All of axe's rules for WCAG 2.2 A and AA and its best practices; the size of targets is extra."""


@dataclass(frozen=True)
class Look:
    """A width in CSS pixels, a language and a theme."""

    width: int
    language: str
    theme: str

    def __str__(self) -> str:
        """Name the look, as part of a test's and a picture's name."""
        return f"{self.width}-{self.language}-{self.theme}"

    def open(self, chromium: Browser, site: str, /) -> BrowserContext:
        """Give a browser that looks so, with nobody logged in."""
        context = chromium.new_context(
            base_url=site,
            viewport={"width": self.width, "height": 900},
            locale=self.language,
            color_scheme="dark" if self.theme == "dark" else "light",
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        return context


LOOKS = [Look(*look) for look in product((390, 1440), ("en", "fr"), ("light", "dark"))]
EXTREMES = (Look(390, "fr", "dark"), Look(1440, "en", "light"))
"""What differs most: each width, language and theme once."""

EVERY_LOOK = [
    pytest.param(look, marks=[] if look in EXTREMES else [pytest.mark.slow], id=str(look))
    for look in LOOKS
]
"""Every look for a test, those beside EXTREMES marked slow."""


def watch(page: Page, /) -> list[str]:
    """Give the list to which the browser adds what it complains of: errors, refused resources."""
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


def barriers(page: Page, /) -> list[str]:
    """List what keeps people out: axe's violations, and a page that is wider than its window."""
    found = Axe().run(page, options=RULES).response["violations"]
    listed = [
        f"{page.url}: {one['id']}: {one['help']}: {node['html'][:160]}"
        for one in found
        for node in one["nodes"]
    ]
    width = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return listed + ([f"{page.url}: {width} pixels too wide"] if width > 0 else [])


@dataclass(frozen=True)
class Pictures:
    """Where screenshots go: one of each step, named by what it shows and the look."""

    folder: Path
    look: Look

    def take(self, page: Page, name: str, /, *, whole: bool = False) -> None:
        """Keep what the window shows now, or the whole page."""
        page.screenshot(path=self.folder / f"{name}-{self.look}.png", full_page=whole)
