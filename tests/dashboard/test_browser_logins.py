"""Logins in Chromium, over a real proxy: the admin's, and those of the owners of what was recorded."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from proxy.dashboard.gate import PASS
from proxy.dashboard.patience import WRONG
from tests.dashboard.browsers import Visit, visiting
from tests.e2e.stages import Stage, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

TOKEN = "letmein"
MINE, THEIRS = f"sk-{uuid4()}", f"sk-{uuid4()}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def locked() -> AsyncIterator[Stage]:
    """A proxy with an admin token, on which two owners spoke."""
    async with staged(access__admin_token=TOKEN) as stage:
        await stage.chat(MINE, "What is mine")
        await stage.chat(THEIRS, "What is theirs")
        yield stage


async def log_in(page: Page, key: str) -> None:
    await page.get_by_label("Admin token or API key").fill(key)
    await page.get_by_role("button", name="Log in").click()


async def check_cookie(visit: Visit, key: str) -> None:
    """The pass is for Steno alone, and tells nothing of the key."""
    (shown,) = [cookie for cookie in await visit.page.context.cookies() if cookie.get("name") == PASS]
    assert (shown.get("httpOnly"), shown.get("sameSite")) == (True, "Strict")
    assert key not in str(shown.get("value"))
    assert PASS not in await visit.page.evaluate("document.cookie")


async def test_the_admin_logs_in_to_all_and_out_again(locked: Stage, browser: Browser) -> None:
    async with visiting(browser, locked.base_url) as visit:
        page = await visit.open("/totals?span=7")
        assert await visit.violations() == []
        await log_in(page, TOKEN)
        assert page.url.endswith("/totals?span=7")
        await check_cookie(visit, TOKEN)
        await visit.open("/")
        for title in ("What is mine", "What is theirs"):
            await expect(page.get_by_role("link", name=title)).to_be_visible()
        await expect(page.get_by_role("link", name="Health")).to_be_visible()
        await page.get_by_role("button", name="Log out").click()
        await expect(page.get_by_role("heading", name="Log in")).to_be_visible()


async def test_an_owner_logs_in_with_their_key_and_sees_only_what_is_theirs(locked: Stage, browser: Browser) -> None:
    other = await locked.chat(THEIRS, "Theirs again")
    async with visiting(browser, locked.base_url, java_script_enabled=False) as visit:
        page = await visit.open("/")
        await log_in(page, MINE)
        await expect(page.get_by_role("link", name="What is mine")).to_be_visible()
        await expect(page.get_by_text("theirs", exact=False)).to_have_count(0)
        await expect(page.get_by_role("link", name="Health")).to_have_count(0)
        for path in (f"/sessions/{other.headers['x-session-id']}", f"/exchanges/{other.headers['x-exchange-id']}"):
            await visit.open(path)
            await expect(page.get_by_role("alert")).to_contain_text("There is no such")
        await visit.open("/?q=theirs")
        await expect(page.get_by_text("0 messages")).to_be_visible()
        await page.get_by_role("button", name="Log out").click()
        await expect(page.get_by_role("heading", name="Log in")).to_be_visible()


async def test_the_pass_of_an_owner_tells_nothing_of_the_key(locked: Stage, browser: Browser) -> None:
    async with visiting(browser, locked.base_url) as visit:
        await log_in(await visit.open("/"), MINE)
        await expect(visit.page.get_by_role("link", name="What is mine")).to_be_visible()
        await check_cookie(visit, MINE)
        await locked.chat(MINE, "Mine, a moment later")
        await expect(visit.page.get_by_role("link", name="Mine, a moment later")).to_be_visible(timeout=20_000)


async def test_wrong_keys_open_nothing_and_too_many_must_wait(browser: Browser) -> None:
    async with staged(access__admin_token=TOKEN) as stage, visiting(browser, stage.base_url) as visit:
        page = await visit.open("/")
        for _ in range(WRONG):
            await log_in(page, "sk-wrong")
            await expect(page.get_by_role("alert")).to_contain_text("That opens nothing here")
        await log_in(page, TOKEN)
        await expect(page.get_by_role("alert")).to_contain_text("Too many wrong keys")
