"""What the pages show of a conversation that was made shorter, in Chromium, over a proxy that does so."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import msgspec
import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from storage.records import Closed, Opened, Record
from tests.cli.recordings import called, forked, record
from tests.dashboard.attacks import ALL
from tests.dashboard.browsers import visiting
from tests.e2e.stages import RAW_CHAT, Stage, staged
from tests.test_forensics import reply

pytestmark = pytest.mark.asyncio(loop_scope="module")

DAY = 86_400_000_000
PHONE = {"width": 360, "height": 740}
TURNS = 30


def shifted(records: Sequence[Record], micros: int) -> list[Record]:
    """The same at another time."""
    return [msgspec.structs.replace(one, at=one.at + micros) for one in records if isinstance(one, Opened | Closed)]


@dataclass(frozen=True, slots=True)
class Told:
    """A long conversation; the ids of its session and of its last exchange."""

    stage: Stage
    session: str
    exchange: str


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told() -> AsyncIterator[Told]:
    async with staged(context__mode="on", context__token_threshold=700) as stage:
        key, listed = f"sk-{uuid4()}", list[Any]([{"role": "system", "content": "You are a guide."}])
        for turn in range(TURNS):
            listed.append({"role": "user", "content": f"On day {turn} I bought {turn} oranges at stall {turn * 37}."})
            if turn == TURNS - 1:
                listed[-1] = {"role": "user", "content": "What did I buy on day 12?"}
            response = await stage.chat(key, *listed, wish=f"text={quote(f'Day {turn} is noted.')}")
            listed.append(response.json()["choices"][0]["message"])
        yield Told(stage, response.headers["x-session-id"], response.headers["x-exchange-id"])


async def test_closed_messages_are_folded_and_open_beside_what_stands_in_their_place(
    told: Told, browser: Browser
) -> None:
    async with visiting(browser, told.stage.base_url) as visit:
        page = await visit.open(f"/sessions/{told.session}?from=0")
        first = page.locator("details.segment").first
        original = first.locator("article.user").first
        await expect(original).to_be_hidden()
        await first.locator("> summary").focus()
        await page.keyboard.press("Enter")
        await expect(original).to_contain_text("On day 0 I bought 0 oranges")
        await expect(first.locator(".gist")).to_be_visible()
        beside = await first.locator(".gist").bounding_box(), await first.locator(".originals").bounding_box()
        assert all(beside)
        assert beside[0]["x"] + beside[0]["width"] <= beside[1]["x"]  # type: ignore[index]  # both are there
        assert visit.complaints == []


async def test_a_message_that_is_sought_is_shown_though_it_is_closed(told: Told, browser: Browser) -> None:
    async with visiting(browser, told.stage.base_url, java_script_enabled=False) as visit:
        page = await visit.open("/?q=oranges+111")
        await page.locator(".hits a").last.click()
        await expect(page.locator("details.segment[open] article.turn:target")).to_contain_text("stall 111")


async def test_what_the_client_sent_stands_beside_what_the_model_was_given(told: Told, browser: Browser) -> None:
    async with visiting(browser, told.stage.base_url, java_script_enabled=False) as visit:
        page = await visit.open(f"/exchanges/{told.exchange}")
        left, right = page.locator(".sides td:first-child"), page.locator(".sides td:nth-child(2)")
        await expect(left.locator("del").first).to_contain_text("On day 0 I bought 0 oranges")
        await expect(right.locator("ins").first).to_contain_text("conversation_record")
        await expect(page.get_by_text("the same on both sides").first).to_be_visible()
        last = page.locator(".sides tr.changed").last
        await expect(last.locator("td").first).to_have_text("user What did I buy on day 12?")
        await expect(last.locator("ins")).to_contain_text("On day 12 I bought 12 oranges")
        assert await last.locator("del").count() == 0


async def test_a_cache_that_broke_says_where_and_why(told: Told, browser: Browser) -> None:
    told.stage.raw.answers("/chat/completions", *map(reply, range(3)))
    for clock in ("noon", "noon", "one"):
        listed = [{"role": "system", "content": f"It is {clock}."}, {"role": "user", "content": "Where?"}]
        sent = json.dumps({"model": "gpt-4o", "messages": listed}).encode()
        answer = await told.stage.post(RAW_CHAT, "sk-broken", sent, {"x-session-id": "broken"})
    async with visiting(browser, told.stage.base_url) as visit:
        page = await visit.open(f"/exchanges/{answer.headers['x-exchange-id']}")
        await expect(page.get_by_text("It broke: message 1 (system) changed.")).to_be_visible(timeout=20_000)
        await expect(page.get_by_label("It was", exact=True)).to_have_text("It is noon.")
        await expect(page.get_by_label("It is now", exact=True)).to_have_text("It is one.")
        assert await visit.violations() == []
        assert visit.complaints == []


async def test_the_totals_tell_what_was_saved_and_lost(told: Told, browser: Browser) -> None:
    async with visiting(browser, told.stage.base_url, viewport=PHONE) as visit:
        page = await visit.open("/totals")
        saved = page.locator(".sheet dd").first
        await expect(saved).to_contain_text(" tokens in ")
        assert await visit.violations() == []
        assert visit.complaints == []


async def test_a_day_is_read_off_the_charts_by_hovering(browser: Browser) -> None:
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory())
        url = await record(Path(folder), [*forked(), *shifted(called(), -3 * DAY)])
        stage = await stack.enter_async_context(staged(store__url=url))
        visit = await stack.enter_async_context(visiting(browser, stage.base_url))
        page = await visit.open("/totals?span=all")
        charts = page.locator(".chart")
        await expect(charts).to_have_count(5)
        legend = charts.first.locator(".u-legend")
        await expect(legend).to_contain_text("2026-06-22")
        over = charts.first.locator(".u-over")
        await over.scroll_into_view_if_needed()
        await over.hover(position={"x": 2, "y": 40})
        await expect(legend).to_contain_text("2026-06-19")
        await expect(charts.last.locator(".u-legend")).to_contain_text("2026-06-19")
        styles = (
            "[...document.querySelectorAll('.u-legend .u-marker')].map(one => getComputedStyle(one).borderBottomStyle)"
        )
        assert set(await page.evaluate(styles)) >= {"solid", "dashed", "dotted"}
        assert visit.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_two_sides_are_in_nobodys_way(told: Told, browser: Browser, scheme: str) -> None:
    async with visiting(browser, told.stage.base_url, color_scheme=scheme, viewport=PHONE) as visit:
        page = await visit.open(f"/exchanges/{told.exchange}")
        await page.locator(".sides summary").first.click()
        assert await visit.violations() == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_closed_messages_are_in_nobodys_way(told: Told, browser: Browser, scheme: str) -> None:
    async with visiting(browser, told.stage.base_url, color_scheme=scheme, viewport=PHONE) as visit:
        page = await visit.open(f"/sessions/{told.session}?from=0")
        await page.locator("details.segment > summary").first.click()
        await expect(page.locator("details.segment[open]")).to_have_count(1)
        assert await visit.violations() == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_hostile_texts_do_nothing_where_they_are_summed_up_and_compared(told: Told, browser: Browser) -> None:
    said = [{"role": ("user", "assistant")[at % 2], "content": text} for at, text in enumerate([*ALL, *ALL, *ALL])]
    last = {"role": "user", "content": f"What was that about {ALL[0]}?"}
    answer = await told.stage.chat(f"sk-{uuid4()}", *said, last, wish="text=Nothing.")
    async with visiting(browser, told.stage.base_url) as visit:
        for where in (
            f"/sessions/{answer.headers['x-session-id']}?from=0",
            f"/exchanges/{answer.headers['x-exchange-id']}",
        ):
            page = await visit.open(where)
            await page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")
            assert await page.evaluate("window.owned") is None
            assert await page.locator("main script, main iframe, main [onerror], main [onload], main base").count() == 0
        await expect(page.locator(".sides ins").first).to_be_visible()
        assert (visit.strangers, visit.complaints) == ([], [])
