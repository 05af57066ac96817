"""An export over HTTP: streamed, in the format that is asked for, of nobody else's sessions."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.played import KEY, OTHER, Played, played, said

pytestmark = pytest.mark.asyncio(loop_scope="module")
AWAY = {"x-forwarded-for": "192.0.2.1"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def play() -> AsyncIterator[Played]:
    async with played() as play:
        yield play


async def got(play: Played, query: str = "", **headers: str) -> httpx.Response:
    return await play.stage.http.get(f"/api/export{query}", headers=headers)


async def test_all_sessions_are_exported_as_a_file(play: Played) -> None:
    response = await got(play)
    assert response.headers["content-disposition"] == 'attachment; filename="steno-export.jsonl"'
    lines = [said(line) for line in response.content.splitlines()]
    assert lines[0] == {"type": "steno", "version": 1}
    assert len([line for line in lines if line["type"] == "owners"]) == 3


async def test_one_session_is_exported_in_another_format(play: Played) -> None:
    response = await got(play, f"?format=markdown&session={play.talk}")
    assert response.text.startswith("# What do whales sing?")
    assert response.headers["content-type"].startswith("text/markdown")


async def test_from_elsewhere_a_key_gets_what_it_sent(play: Played) -> None:
    for key, owners in ((KEY, 1), (OTHER, 1), ("sk-unknown", 0)):
        response = await got(play, authorization=f"Bearer {key}", **AWAY)
        assert response.content.count(b'{"type":"owners"') == owners
    own = await got(play, f"?session={play.talk}", authorization=f"Bearer {KEY}", **AWAY)
    others = await got(play, f"?session={play.talk}", authorization=f"Bearer {OTHER}", **AWAY)
    assert (own.status_code, others.status_code) == (200, 404)


async def test_what_can_not_be_exported_is_told(play: Played) -> None:
    assert (await got(play, **AWAY)).json()["error"]["code"] == "forbidden"
    assert (await got(play, "?format=pdf")).json()["error"]["param"] == "format"
    assert (await got(play, "?session=nobody")).status_code == 404
