"""The login, its end, and a session deleted."""

from __future__ import annotations

import re
from functools import reduce
from pathlib import Path
from uuid import UUID

import httpx
import msgspec
import pytest

from proxy.dashboard.changing import local
from proxy.dashboard.patience import WRONG
from proxy.dashboard.routes import PAGES
from proxy.identity import owner_of_key
from storage.records import NewSession
from tests.cli.recordings import FORKED, link, opened
from tests.cli.rows import id_of
from tests.dashboard.visitors import SECRET, desk_over, stored, visitor


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
        assert "That opens nothing here" in answer.text
        assert (await client.get("/")).status_code == 401


async def test_who_is_wrong_too_often_has_to_wait_even_with_the_right_token(tmp_path: Path) -> None:
    async with stored(tmp_path) as store, visitor(desk_over(store, "letmein")) as client:
        mark = mark_in(await client.get("/"))
        tries = [await client.post("/login", data={"token": "open", "mark": mark}) for _ in range(WRONG)]
        late = await client.post("/login", data={"token": "letmein", "mark": mark})
    assert {answer.status_code for answer in tries} == {401}
    assert late.status_code == 429
    assert "Try again in 60 seconds." in late.text


async def test_a_key_opens_only_what_was_recorded_under_it(tmp_path: Path) -> None:
    mine = owner_of_key("sk-mine", SECRET, "key")
    async with stored(tmp_path) as store:
        await store.write(
            [
                msgspec.structs.replace(
                    opened(300, 3, [link("user", "A song of mine")], new=NewSession(title="A song of mine")), owner=mine
                )
            ]
        )
        desk = desk_over(store, "letmein")
        async with visitor(desk) as client:
            mark = mark_in(await client.get("/"))
            nobody = await client.post("/login", data={"token": "sk-nobody", "mark": mark})
            answer = await client.post("/login", data={"token": "sk-mine", "mark": mark})
            assert (nobody.status_code, answer.status_code) == (401, 303)
            assert "sk-mine" not in answer.headers["set-cookie"]
            seen = {path: await client.get(path) for path in ("/", "/?q=song", "/totals?span=all", "/reflection")}
            paths = [path for path in PAGES if "{" in path]
            names = {"{session}": FORKED, "{exchange}": str(UUID(bytes=id_of(100))), "{message:int}": "2"}
            names |= {"{format}": "jsonl", "{which}": "sent", "{number:int}": "0"}
            others = [
                await client.get(reduce(lambda path, name: path.replace(*name), names.items(), path)) for path in paths
            ]
            health = await client.get("/health")
    assert {answer.status_code for answer in seen.values()} == {200}
    assert "A song of mine" in seen["/"].text
    assert all("whales" not in answer.text and FORKED not in answer.text for answer in seen.values())
    assert [answer.status_code for answer in others] == [404] * len(paths)
    assert health.status_code == 403


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
