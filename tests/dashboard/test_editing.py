"""Sessions put together and cut in two, from their pages."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.cli.recordings import CALLED, FORKED
from tests.dashboard.test_changing import mark_in
from tests.dashboard.visitors import desk_over, stored, visitor

MERGE, SPLIT = f"/sessions/{FORKED}/merge", f"/sessions/{FORKED}/split"


async def posted(client: httpx.AsyncClient, path: str, page: httpx.Response, **fields: str) -> httpx.Response:
    return await client.post(path, data={"mark": mark_in(page), **fields})


async def test_a_session_is_put_into_another_one_once_that_is_confirmed(tmp_path: Path) -> None:
    async with stored(tmp_path) as store:
        async with visitor(desk_over(store)) as client:
            assert MERGE in (await client.get(f"/sessions/{FORKED}")).text
            offered = await client.get(MERGE)
            assert f"{MERGE}?with={CALLED}" in offered.text
            asked = await client.get(MERGE, params={"with": CALLED})
            assert await store.session(CALLED) is not None
            answer = await posted(client, MERGE, asked, **{"with": CALLED})
        assert (answer.status_code, answer.headers["location"]) == (303, f"/sessions/{FORKED}")
        merged = await store.session(FORKED)
        assert await store.session(CALLED) is None
        assert merged is not None
        assert merged.messages == 5 + 4


async def test_a_session_is_cut_in_two_once_that_is_confirmed(tmp_path: Path) -> None:
    async with stored(tmp_path) as store:
        async with visitor(desk_over(store)) as client:
            assert f"{SPLIT}?at=3" in (await client.get(f"/sessions/{FORKED}?branch=1")).text
            asked = await client.get(f"{SPLIT}?at=3")
            assert "Why?" in asked.text
            answer = await posted(client, SPLIT, asked, at="3")
            new = await client.get(answer.headers["location"])
        assert "For love." in new.text
        left = await store.session(FORKED)
        assert left is not None
        assert left.messages == 3


async def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    async with stored(tmp_path) as store, visitor(desk_over(store)) as client:
        page = await client.get(MERGE, params={"with": CALLED})
        itself = await posted(client, MERGE, page, **{"with": FORKED})
        nobody = await posted(client, MERGE, page, **{"with": "nope"})
        whole = await posted(client, SPLIT, page, at="1")
        strange = await posted(client, SPLIT, page, at="99")
        odd = await client.get(f"{SPLIT}?at=x")
        bare = [await client.post(path, data={"with": CALLED, "at": "3"}) for path in (MERGE, SPLIT)]
    assert [one.status_code for one in (itself, whole)] == [409, 409]
    assert [one.status_code for one in (nobody, strange, odd)] == [404, 404, 404]
    assert [one.status_code for one in bare] == [403, 403]
