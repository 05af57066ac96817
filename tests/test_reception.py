"""The pages, over a real server."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from proxy.config import load_settings
from proxy.server import running


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/", 200, "OPENAI_BASE_URL"),
        ("/totals", 200, "<html"),
        ("/reflection", 200, "<html"),
        ("/sessions/none", 404, "no such session"),
    ],
)
async def test_each_page_answers(tmp_path: Path, path: str, status: int, says: str) -> None:
    settings = load_settings(None, {"server.port": 0, "store.url": f"sqlite:///{tmp_path}/steno.db"}, {})
    async with running(settings) as base_url, httpx.AsyncClient(trust_env=False, timeout=60) as http:
        reply = await http.get(f"{base_url}{path}")
    assert reply.status_code == status
    assert says in reply.text
