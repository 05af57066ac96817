"""What programs ask for, over a real server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.callers import answer_at


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
    reply = await answer_at(path, tmp_path)
    assert reply.status_code == status
    assert says in reply.text
