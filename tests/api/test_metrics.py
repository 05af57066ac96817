"""Figures for Prometheus, over the real server."""

from __future__ import annotations

import re

import pytest

from tests.api.readers import Reader

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_figures_are_the_callers_own_by_model_and_provider(reader: Reader) -> None:
    await reader.talk("Hello", "And?")
    headers = {"authorization": f"Bearer {reader.key}"}
    answer = await reader.stage.http.get("/metrics", headers=headers)
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'steno_model_requests_total{model="gpt-4o-mini"} 2' in answer.text
    assert 'steno_provider_requests_total{provider="default"} 2' in answer.text
    assert 'steno_upstream_unavailable{provider="default"} 0' in answer.text
    assert re.search(r"^steno_lost_exchanges_total 0$", answer.text, re.MULTILINE)


async def test_nobody_else_may_look(reader: Reader) -> None:
    answer = await reader.stage.http.get("/metrics", headers={"x-forwarded-for": "192.0.2.1"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
