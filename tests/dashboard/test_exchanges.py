"""One request with its reply, on its page and as files."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from tests.cli.rows import id_of
from tests.dashboard.visitors import desk_over, stored, visitor
from tests.e2e.stages import staged


async def test_an_exchange_shows_what_is_known_of_it(tmp_path: Path) -> None:
    async with stored(tmp_path) as store, visitor(desk_over(store)) as client:
        page = await client.get(f"/exchanges/{UUID(bytes=id_of(102))}")
        body = await client.get(f"/exchanges/{UUID(bytes=id_of(102))}/sent")
        strange = await client.get(f"/exchanges/{UUID(bytes=id_of(102))}/close")
    assert "Slow down." in page.text
    assert "rate_limit" in page.text
    assert (body.status_code, strange.status_code) == (404, 404)


async def test_what_the_model_was_given_is_saved_as_it_went(tmp_path: Path) -> None:
    async with staged(context__mode="on", context__token_threshold=200) as stage:
        talk = [{"role": ("user", "assistant")[turn % 2], "content": f"{turn} oranges " * 9} for turn in range(41)]
        response = await stage.chat("sk-1", *talk)
        given, address = stage.heard.kept, f"/exchanges/{response.headers['x-exchange-id']}"
        page = await stage.http.get(address)
        file = await stage.http.get(f"{address}/forwarded")
        sent = await stage.http.get(f"{address}/sent")
        reply = await stage.http.get(f"{address}/reply")
    assert file.content == given
    assert (sent.json()["messages"], reply.content) == (talk, response.content)
    assert "What the client sent</th>" in page.text


async def test_nothing_that_was_not_kept_is_compared(tmp_path: Path) -> None:
    address = f"/exchanges/{UUID(bytes=id_of(102))}"
    async with stored(tmp_path) as store, visitor(desk_over(store)) as client:
        page = await client.get(address)
        cache = await client.get(f"{address}/cache")
        missing = await client.get(f"{address}/forwarded")
        unknown = await client.get("/exchanges/none")
    assert "What the client sent was not kept" in page.text
    assert "The provider did not say what it had cached." in cache.text
    assert (missing.status_code, unknown.status_code) == (404, 404)
