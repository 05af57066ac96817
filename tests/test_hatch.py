"""What programs ask for, over a real server."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from proxy.config import load_settings
from proxy.server import running


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/metrics", 200, "steno_"),
        ("/api/sessions", 200, '"data"'),
        ("/api/search?q=x", 200, '"data"'),
        ("/api/export", 200, ""),
        ("/replay/none/v1/models", 404, "error"),
        ("/api/nothing", 404, "unknown_path"),
    ],
)
async def test_each_desk_answers(tmp_path: Path, path: str, status: int, says: str) -> None:
    settings = load_settings(None, {"server.port": 0, "store.url": f"sqlite:///{tmp_path}/steno.db"}, {})
    async with running(settings) as base_url, httpx.AsyncClient(trust_env=False, timeout=60) as http:
        reply = await http.get(f"{base_url}{path}")
    assert reply.status_code == status
    assert says in reply.text
