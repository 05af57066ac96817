"""A real browser for tests: Debian's Chromium, without a window."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Request, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "a browser is missing here; on Debian: apt-get install chromium"
AXE = (Path(__file__).parent / "vendored" / "axe.min.js").read_text(encoding="utf-8")
SERIOUS = frozenset({"serious", "critical"})
CHECK = "axe.run(document).then(found => found.violations.map(one => [one.impact, one.id, one.nodes[0].html]))"


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Chromium from the path; a test without one is left out, and says what is missing."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(MISSING)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            await browser.close()


@dataclass(slots=True)
class Visit:
    """A page that is looked at, with everything that it complained of or asked for elsewhere."""

    page: Page
    base_url: str
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    async def open(self, path: str) -> Page:
        """Go to a path of the proxy's."""
        await self.page.goto(self.base_url + path)
        return self.page

    async def violations(self) -> list[Any]:
        """What axe-core finds serious."""
        found: list[Any] = await self.page.evaluate(f"{AXE};{CHECK}")
        return [one for one in found if one[0] in SERIOUS]

    def asked(self, request: Request) -> None:
        """Note a request to anybody else."""
        if not request.url.startswith((self.base_url, "data:")):
            self.strangers.append(request.url)


@asynccontextmanager
async def visiting(browser: Browser, base_url: str, **options: Any) -> AsyncIterator[Visit]:
    """A fresh visitor."""
    context = await browser.new_context(**options)
    page = await context.new_page()
    visit = Visit(page, base_url)
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    page.on("console", lambda said: visit.complaints.append(said.text) if said.type == "error" else None)
    page.on("dialog", lambda dialog: visit.complaints.append(dialog.message))
    page.on("request", lambda request: visit.asked(request))  # noqa: PLW0108 (Playwright marks a bound method)
    try:
        yield visit
    finally:
        await context.close()
