"""The statistics, asked over HTTP."""

from __future__ import annotations

from proxy.api.statistics import ENDPOINTS
from storage.records import Record
from tests.api.reading import reader
from tests.storage.samples import closed, opened

RECORDS: list[Record] = [opened(1), closed(1), opened(2, owner=b"other".ljust(16, b".")), closed(2)]


async def test_totals_and_series_are_told_of_the_callers_own() -> None:
    async with reader(ENDPOINTS, RECORDS) as client:
        told = (await client.get("/api/stats")).json()
    assert told["totals"]["requests"] == 1
    assert told["totals"]["estimated_cost"] == 1e-6
    assert told["totals"]["latency_ms"]["p50"] > 400
    assert told["totals"]["first_byte_ms"]["p50"] is None
    assert set(told["series"]) == {"day", "model", "provider", "owner", "app"}
    assert told["series"]["day"][0]["day"] == "1970-01-01"
    assert told["series"]["model"][0]["model"] == "gpt-4o"


async def test_a_span_narrows_them_and_a_bad_one_is_refused() -> None:
    async with reader(ENDPOINTS, RECORDS, "admin") as client:
        assert (await client.get("/api/stats")).json()["totals"]["requests"] == 2
        assert (await client.get("/api/stats?since=1970-01-02")).json()["totals"]["requests"] == 0
        assert (await client.get("/api/stats?since=soon")).status_code == 400
        assert (await client.get("/api/stats?by=day")).status_code == 400
