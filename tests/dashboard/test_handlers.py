"""What the pages show of what was recorded."""

from __future__ import annotations

from pathlib import Path

from tests.cli.recordings import CALLED, FORKED
from tests.dashboard.visitors import desk_over, stored, visitor


async def test_the_list_holds_all_sessions_and_filters_them(tmp_path: Path) -> None:
    async with stored(tmp_path) as store, visitor(desk_over(store)) as client:
        every = await client.get("/")
        failed = await client.get("/?errors=1")
        none = await client.get("/?model=other")
    assert FORKED in every.text
    assert CALLED in every.text
    assert FORKED in failed.text
    assert CALLED not in failed.text
    assert "No session is like that" in none.text


async def test_a_search_shows_passages_that_lead_to_their_message(tmp_path: Path) -> None:
    async with stored(tmp_path) as store, visitor(desk_over(store)) as client:
        found = await client.get("/?q=songs")
        missing = await client.get("/?q=nothing-like-it")
    assert "<mark>songs</mark>" in found.text
    assert f"/sessions/{FORKED}?at=2#m-2" in found.text
    assert "0 messages" in missing.text


async def test_a_session_shows_the_latest_branch_and_the_way_to_the_others(tmp_path: Path) -> None:
    async with stored(tmp_path) as store, visitor(desk_over(store)) as client:
        latest = (await client.get(f"/sessions/{FORKED}")).text
        other = (await client.get(f"/sessions/{FORKED}?branch=1")).text
    assert "How long?" in latest
    assert "For love." not in latest
    assert "Slow down." in latest
    assert "?branch=1&amp;at=3#m-3" in latest
    assert "For love." in other
    assert "Be brief." in latest


async def test_a_message_leads_to_the_branch_that_holds_it(tmp_path: Path) -> None:
    async with stored(tmp_path) as store, visitor(desk_over(store)) as client:
        shown = (await client.get(f"/sessions/{FORKED}?at=4")).text
    assert "For love." in shown


async def test_the_tail_holds_what_came_after_a_message(tmp_path: Path) -> None:
    async with stored(tmp_path) as store, visitor(desk_over(store)) as client:
        new = (await client.get(f"/sessions/{FORKED}/tail?branch=1&after=3")).text
        none = (await client.get(f"/sessions/{FORKED}/tail?branch=1&after=4")).text
    assert "For love." in new
    assert "Why?" not in new
    assert 'id="tail"' in none
    assert "<article" not in none


async def test_one_message_is_rendered_or_saved_by_itself(tmp_path: Path) -> None:
    async with stored(tmp_path) as store, visitor(desk_over(store)) as client:
        html = await client.get(f"/sessions/{FORKED}/messages/2")
        file = await client.get(f"/sessions/{FORKED}/messages/2/verbatim")
        strange = await client.get(f"/sessions/{CALLED}/messages/2")
        image = await client.get(f"/sessions/{FORKED}/messages/2/images/0")
    assert html.text == '<div class="prose"><p>Long songs.</p>\n</div>'
    assert file.json() == {"role": "assistant", "content": "Long songs."}
    assert file.headers["content-disposition"].startswith("attachment")
    assert (strange.status_code, image.status_code) == (404, 404)


async def test_a_session_is_saved_as_a_file(tmp_path: Path) -> None:
    async with stored(tmp_path) as store, visitor(desk_over(store)) as client:
        page = await client.get(f"/sessions/{FORKED}")
        text = await client.get(f"/sessions/{FORKED}/export/markdown")
        lines = await client.get(f"/sessions/{FORKED}/export/jsonl")
        strange = await client.get(f"/sessions/{FORKED}/export/odd")
    assert f"/sessions/{FORKED}/export/markdown" in page.text
    assert "Long songs." in text.text
    assert text.headers["content-disposition"].startswith("attachment")
    assert lines.text.startswith("{")
    assert strange.status_code == 404
