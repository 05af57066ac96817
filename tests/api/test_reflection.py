"""The reflection, asked over HTTP."""

from __future__ import annotations

from proxy.api.reflection import ENDPOINTS
from storage.records import Record
from tests.api.reading import reader
from tests.storage.samples import closed, link, opened

RECORDS: list[Record] = [
    *(opened(at, (link("user", f"Rate limiter {at}?"),)) for at in (1, 2)),
    *(closed(at, error_code="rate_limit", error_message="Slow down.") for at in (1, 2)),
]


async def test_the_latest_entries_are_reflected_on() -> None:
    async with reader(ENDPOINTS, RECORDS) as client:
        told = (await client.get("/api/reflection")).json()
        assert told["entries"] == 2
        assert [(each["kind"], each["count"]) for each in told["errors"]] == [("rate_limit", 2)]
        assert told["topics"][0]["phrase"] == "rate limiter"
        assert told["insights"][0]["about"] == "errors"
        assert (await client.get("/api/reflection?limit=1")).json()["entries"] == 1
        assert (await client.get("/api/reflection?since=1970-01-02")).json()["entries"] == 0


async def test_it_is_told_in_markdown_too() -> None:
    async with reader(ENDPOINTS, RECORDS) as client:
        answer = await client.get("/api/reflection?format=markdown")
    assert answer.headers["content-type"].startswith("text/markdown")
    assert answer.text.startswith("# Reflection")


async def test_a_bad_parameter_is_refused() -> None:
    async with reader(ENDPOINTS, []) as client:
        for asked in ("format=pdf", "limit=0", "until=soon", "n=3"):
            assert (await client.get(f"/api/reflection?{asked}")).status_code == 400
