"""The pages, over a real server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.callers import answer_at


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
    reply = await answer_at(path, tmp_path)
    assert reply.status_code == status
    assert says in reply.text
