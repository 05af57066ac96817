"""The pages in Chromium, over a real proxy: what a person sees, and what hostile texts don't get to do."""

from __future__ import annotations

import json
from urllib.parse import quote
from uuid import uuid4

import pytest
from playwright.async_api import Browser, expect

from tests.dashboard.attacks import ALL, SCRIPTS
from tests.dashboard.browsers import visiting
from tests.e2e.stages import CHAT, Stage, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

PHONE = {"width": 360, "height": 740}
TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}]
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


async def told(stage: Stage, *messages: object, **options: object) -> str:
    """A conversation, recorded; the path of its page."""
    response = await stage.chat(f"sk-{uuid4()}", *messages, **options)  # type: ignore[arg-type]  # fields of the body
    return f"/sessions/{response.headers['x-session-id']}"


async def test_an_empty_store_shows_the_line_that_points_an_app_here(browser: Browser) -> None:
    async with staged() as fresh, visiting(browser, fresh.base_url) as visit:
        page = await visit.open("/")
        line = page.get_by_text(f"export OPENAI_BASE_URL={fresh.base_url}/v1", exact=True)
        for path in ("/totals", "/reflection", "/"):
            await visit.open(path)
            await expect(line).to_be_visible()
            assert await visit.violations() == []
        await told(fresh, "The first of all")
        await expect(page.get_by_role("link", name="The first of all")).to_be_visible(timeout=20_000)


async def test_a_new_session_appears_by_itself(stage: Stage, browser: Browser) -> None:
    await told(stage, "One that is there")
    async with visiting(browser, stage.base_url) as visit:
        page = await visit.open("/")
        await expect(page.get_by_role("link", name="One that is there")).to_be_visible()
        title = f"News {uuid4()}"
        await told(stage, title)
        await expect(page.get_by_role("link", name=title)).to_be_visible(timeout=20_000)
        assert visit.complaints == []


async def test_the_search_shows_passages_as_one_types(stage: Stage, browser: Browser) -> None:
    word = f"needle{uuid4().hex}"
    await told(stage, f"There is a {word} in the hay")
    async with visiting(browser, stage.base_url) as visit:
        page = await visit.open("/")
        await page.get_by_label("Search in all messages").press_sequentially(word)
        await expect(page.locator("mark").first).to_have_text(word)
        assert f"q={word}" in page.url
        await page.locator(".hits a").first.click()
        await expect(page.locator("article.turn:target")).to_contain_text(word)


async def test_filters_stand_in_the_address(stage: Stage, browser: Browser) -> None:
    await told(stage, "By another app", headers={"user-agent": "odd-app/1.2", "x-session-tags": "blue"})
    async with visiting(browser, stage.base_url) as visit:
        page = await visit.open("/")
        await page.get_by_role("link", name="odd-app", exact=True).first.click()
        assert page.url.endswith("/?app=odd-app")
        await expect(page.locator("table.list tbody tr")).to_have_count(1)
        await visit.open("/?tag=blue")
        await expect(page.locator("table.list tbody tr")).to_have_count(1)


async def test_markdown_is_rendered_and_code_is_coloured(stage: Stage, browser: Browser) -> None:
    path = await told(stage, "Some **bold** words\n\n```python\ndef f(): pass\n```")
    async with visiting(browser, stage.base_url) as visit:
        page = await visit.open(path)
        await expect(page.locator("article.user strong")).to_have_text("bold")
        await expect(page.locator("article.user code.code .k").first).to_have_text("def")
        assert visit.complaints == []


async def test_tool_calls_are_folded_with_arguments_and_result(stage: Stage, browser: Browser) -> None:
    key = f"sk-{uuid4()}"
    question = {"role": "user", "content": "How is the weather in Lisbon?"}
    first = await stage.chat(key, question, tools=TOOLS)
    answer = first.json()["choices"][0]["message"]
    result = {"role": "tool", "tool_call_id": answer["tool_calls"][0]["id"], "content": "clear skies"}
    await stage.chat(key, question, answer, result, tools=TOOLS)
    async with visiting(browser, stage.base_url) as visit:
        page = await visit.open(f"/sessions/{first.headers['x-session-id']}")
        use = page.locator("details.use")
        await expect(use).to_have_count(1)
        await expect(use.get_by_text("clear skies")).to_be_hidden()
        await use.locator("summary").focus()
        await page.keyboard.press("Enter")
        await expect(use.get_by_text("clear skies")).to_be_visible()
        await expect(use.locator("summary")).to_contain_text("ok")


async def test_an_image_is_shown_and_one_elsewhere_only_named(stage: Stage, browser: Browser) -> None:
    parts = [
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
        {"type": "image_url", "image_url": {"url": "https://evil.example/x.png"}},
        {"type": "image_url", "image_url": {"url": "data:image/svg+xml;base64,PHN2Zz48L3N2Zz4="}},
    ]
    path = await told(stage, {"role": "user", "content": parts})
    async with visiting(browser, stage.base_url) as visit:
        page = await visit.open(path)
        await expect(page.locator(".picture img").first).to_have_js_property("naturalWidth", 1)
        await expect(page.get_by_text("image at https://evil.example/x.png (not loaded)")).to_be_visible()
        assert visit.strangers == []


async def test_a_fork_is_a_switch_where_the_ways_part(stage: Stage, browser: Browser) -> None:
    key = f"sk-{uuid4()}"
    first = await stage.chat(key, "Hello, my name is Ada.")
    opening = [{"role": "user", "content": "Hello, my name is Ada."}, first.json()["choices"][0]["message"]]
    await stage.chat(key, *opening, "The one way")
    await stage.chat(key, *opening, "The other way")
    async with visiting(browser, stage.base_url) as visit:
        page = await visit.open(f"/sessions/{first.headers['x-session-id']}")
        await expect(page.locator("article.user").last).to_contain_text("The other way")
        await page.locator(".fork a").click()
        await expect(page.locator("article.user").last).to_contain_text("The one way")


async def test_errors_stand_where_they_happened(stage: Stage, browser: Browser) -> None:
    path = await told(stage, "This fails", wish="status=429")
    async with visiting(browser, stage.base_url) as visit:
        page = await visit.open(path)
        await expect(page.locator("article.user + .failure")).to_contain_text("429")
        await page.locator(".failure a").click()
        await expect(page.get_by_role("heading", name="POST /chat/completions")).to_be_visible()


async def test_a_child_session_is_linked_both_ways(stage: Stage, browser: Browser) -> None:
    name = f"parent-{uuid4().hex}"
    key = f"sk-{uuid4()}"
    parent = await stage.chat(key, "The parent", headers={"x-session-id": name})
    await stage.chat(key, "The child", headers={"x-session-parent": name})
    async with visiting(browser, stage.base_url) as visit:
        page = await visit.open(f"/sessions/{parent.headers['x-session-id']}")
        await page.get_by_role("link", name="The child").click()
        await expect(page.get_by_role("link", name="The parent")).to_be_visible()


async def test_a_session_is_cut_in_two_and_put_together_again(stage: Stage, browser: Browser) -> None:
    key = f"sk-{uuid4()}"
    first = await stage.chat(key, "Before the cut")
    await stage.chat(key, "Before the cut", first.json()["choices"][0]["message"], "Behind the cut")
    async with visiting(browser, stage.base_url, viewport=PHONE) as visit:
        page = await visit.open(f"/sessions/{first.headers['x-session-id']}")
        await page.get_by_role("link", name="Split off from here…").focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Split this session here?")).to_be_visible()
        assert await visit.violations() == []
        await page.get_by_role("button", name="Split it").click()
        await expect(page.locator("article.user").last).to_contain_text("Behind the cut")
        assert first.headers["x-session-id"] not in page.url
        page = await visit.open(f"/sessions/{first.headers['x-session-id']}")
        await expect(page.get_by_text("Behind the cut")).to_have_count(0)
        await page.locator("details.more summary").click()
        await page.get_by_role("link", name="Merge…").click()
        assert await visit.violations() == []
        await page.locator(".choices a").first.click()
        assert await visit.violations() == []
        await page.get_by_role("button", name="Merge them").click()
        await expect(page.locator("article.user").last).to_contain_text("Behind the cut")
        assert visit.complaints == []


async def test_a_running_stream_grows_as_it_arrives(stage: Stage, browser: Browser) -> None:
    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "Count to 9"}]}
    headers = {"authorization": f"Bearer sk-{uuid4()}", "x-standin": "pause=4"}
    async with stage.http.stream("POST", CHAT, json=body, headers=headers) as response:
        chunks = response.aiter_raw()
        await anext(chunks)
        async with visiting(browser, stage.base_url) as visit:
            page = await visit.open(f"/sessions/{response.headers['x-session-id']}")
            await expect(page.locator("article.running")).to_contain_text("1", timeout=20_000)
            stage.standin.gate.release()
            async for _ in chunks:
                pass
            await expect(page.locator("article.running")).to_have_count(0, timeout=20_000)
            await expect(page.locator("article.assistant")).to_contain_text("9")
            assert visit.complaints == []


async def test_an_exchange_shows_its_times_and_its_bytes(stage: Stage, browser: Browser) -> None:
    response = await stage.chat(f"sk-{uuid4()}", "What is sent")
    async with visiting(browser, stage.base_url) as visit:
        page = await visit.open(f"/exchanges/{response.headers['x-exchange-id']}")
        await expect(page.locator("svg.waterfall rect.bar.wait")).to_have_count(1)
        await expect(page.get_by_label("Request", exact=True)).to_contain_text("What is sent")
        await expect(page.get_by_text("Every byte that the client sent went to the model as it came.")).to_be_visible()
        assert visit.complaints == []


@pytest.mark.parametrize("path", ["/", "/?q=hello", "/totals", "/reflection", "/health", "/sessions/none"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_serious_is_in_the_way_of_anybody(stage: Stage, browser: Browser, path: str, scheme: str) -> None:
    await told(stage, "hello")
    async with visiting(browser, stage.base_url, color_scheme=scheme, viewport=PHONE) as visit:
        page = await visit.open(path)
        assert await visit.violations() == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_serious_is_in_the_way_in_a_conversation(stage: Stage, browser: Browser, scheme: str) -> None:
    prose = (
        "# Title\n\n```python\nclass A: x = 'y' # z\n```\n\n| a |\n|---|\n| b |\n\n[link](https://a.example) ![i](x)"
    )
    path = await told(stage, {"role": "system", "content": "Be brief."}, prose, headers={"x-session-tags": "one"})
    async with visiting(browser, stage.base_url, color_scheme=scheme, viewport=PHONE) as visit:
        page = await visit.open(path)
        await expect(page.locator("article.user h4")).to_have_text("Title")
        assert await visit.violations() == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_what_asks_before_it_changes_is_in_nobodys_way(stage: Stage, browser: Browser, scheme: str) -> None:
    path = await told(stage, "To be asked about")
    async with visiting(browser, stage.base_url, color_scheme=scheme, viewport=PHONE) as visit:
        page = await visit.open(path)
        number = await page.locator("article.assistant").get_attribute("id")
        assert number is not None
        for where in ("/delete", "/merge", f"/split?at={number.removeprefix('m-')}"):
            await visit.open(path + where)
            assert await visit.violations() == []
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert visit.complaints == []


async def test_the_focus_can_be_seen_wherever_it_goes(stage: Stage, browser: Browser) -> None:
    path = await told(stage, "Before the focus", "Behind the focus")
    ring = "one => one.boxShadow !== 'none' || one.outlineStyle !== 'none' && one.outlineWidth !== '0px'"
    async with visiting(browser, stage.base_url) as visit:
        page = await visit.open(path)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "main"
        for _ in range(12):
            await page.keyboard.press("Tab")
            if await page.evaluate("document.activeElement === document.body"):
                break
            assert await page.evaluate(f"({ring})(getComputedStyle(document.activeElement))")


async def test_all_can_be_read_without_javascript(stage: Stage, browser: Browser) -> None:
    path = await told(stage, "Read me without it")
    async with visiting(browser, stage.base_url, java_script_enabled=False) as visit:
        page = await visit.open("/?q=without")
        await page.locator(".hits a").first.click()
        assert path in page.url
        await expect(page.locator("article.user")).to_contain_text("Read me without it")


async def test_the_keyboard_alone_leads_to_a_conversation(stage: Stage, browser: Browser) -> None:
    await told(stage, "Reached by keys")
    async with visiting(browser, stage.base_url) as visit:
        page = await visit.open("/")
        await page.keyboard.press("Tab")
        await expect(page.get_by_text("Skip to the content")).to_be_focused()
        await page.get_by_role("link", name="Reached by keys").focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Reached by keys")).to_be_visible()


@pytest.mark.parametrize("attack", ALL)
async def test_a_hostile_text_does_nothing(stage: Stage, browser: Browser, attack: str) -> None:
    path = await told(stage, attack, wish=f"text={quote(attack)}")
    async with visiting(browser, stage.base_url) as visit:
        for where in ("/", path, "/?q=owned", "/reflection"):
            page = await visit.open(where)
            assert await page.evaluate("window.owned") is None
            assert await page.locator("main script, main iframe, main [onerror], main [onload], main base").count() == 0
        assert visit.strangers == []
        assert [one for one in visit.complaints if "404" not in one] == []


@pytest.mark.parametrize("attack", SCRIPTS[:6])
async def test_a_hostile_name_does_nothing(stage: Stage, browser: Browser, attack: str) -> None:
    ascii_attack = attack.encode("ascii", "ignore").decode()
    call = {"id": "call_1", "type": "function", "function": {"name": attack, "arguments": json.dumps({"x": attack})}}
    messages = [
        {"role": attack, "content": "a role", "name": attack},
        {"role": "user", "content": "a user", "name": attack},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": attack},
        {"role": "user", "content": "and on"},
    ]
    headers = {
        "user-agent": ascii_attack,
        "x-session-title": ascii_attack,
        "x-session-tags": "a<b>c",
        "x-session-meta-what": ascii_attack,
        "x-session-id": f"{uuid4().hex}",
    }
    path = await told(stage, *messages, headers=headers, model=attack)
    async with visiting(browser, stage.base_url) as visit:
        for where in ("/", path, "/totals"):
            page = await visit.open(where)
            assert await page.evaluate("window.owned") is None
            assert await page.locator("main script, main iframe, main [onerror], main [onload]").count() == 0
        assert (visit.strangers, visit.complaints) == ([], [])
