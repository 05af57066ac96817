"""The login, its end, and a session deleted."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from proxy.dashboard.changing import local
from tests.cli.recordings import FORKED
from tests.dashboard.visitors import desk_over, stored, visitor


def mark_in(answer: httpx.Response) -> str:
    found = re.search(r'name="mark" value="([0-9a-f]+)"', answer.text)
    assert found
    return found[1]


async def test_the_token_opens_the_pages_until_one_logs_out(tmp_path: Path) -> None:
    async with stored(tmp_path) as store, visitor(desk_over(store, "letmein")) as client:
        mark = mark_in(await client.get("/totals?span=7"))
        given = {"token": "letmein", "mark": mark, "next": "/totals?span=7"}
        answer = await client.post("/login", data=given)
        assert (answer.status_code, answer.headers["location"]) == (303, "/totals?span=7")
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "letmein" not in cookie
        page = await client.get("/totals")
        assert page.status_code == 200
        await client.post("/logout", data={"mark": mark_in(page)})
        assert (await client.get("/")).status_code == 401


async def test_a_wrong_token_opens_nothing(tmp_path: Path) -> None:
    async with stored(tmp_path) as store, visitor(desk_over(store, "letmein")) as client:
        mark = mark_in(await client.get("/"))
        answer = await client.post("/login", data={"token": "open", "mark": mark, "next": "/"})
        assert answer.status_code == 401
        assert "not the admin token" in answer.text
        assert (await client.get("/")).status_code == 401


async def test_a_form_of_another_site_is_refused(tmp_path: Path) -> None:
    async with stored(tmp_path) as store:
        async with visitor(desk_over(store)) as client:
            mark = mark_in(await client.get(f"/sessions/{FORKED}/delete"))
            path = f"/sessions/{FORKED}/delete"
            assert (await client.post(path)).status_code == 403
            assert (await client.post(path, data={"mark": "0" * 64})).status_code == 403
            origin = {"origin": "https://evil.example"}
            assert (await client.post(path, data={"mark": mark}, headers=origin)).status_code == 403
            client.cookies.clear()
            assert (await client.post(path, data={"mark": mark})).status_code == 403
        assert await store.session(FORKED) is not None


async def test_a_session_is_deleted_once_that_is_confirmed(tmp_path: Path) -> None:
    async with stored(tmp_path) as store:
        async with visitor(desk_over(store)) as client:
            page = await client.get(f"/sessions/{FORKED}")
            assert f"/sessions/{FORKED}/delete" in page.text
            asked = await client.get(f"/sessions/{FORKED}/delete")
            assert await store.session(FORKED) is not None
            answer = await client.post(f"/sessions/{FORKED}/delete", data={"mark": mark_in(asked)})
        assert answer.status_code == 303
        assert await store.session(FORKED) is None


@pytest.mark.parametrize("way", ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a\nb"])
def test_a_login_leads_nowhere_else(way: str) -> None:
    assert local(way) == "/"
