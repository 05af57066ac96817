"""A cassette served from a file."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from proxy.errors import BadRequest, NotFound
from proxy.replay.cassette import playing


def test_anything_that_can_be_imported_can_be_played(tmp_path: Path) -> None:
    file = tmp_path / "talk.json"
    file.write_text('[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]')
    with playing(file) as cassette:
        body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
        reply = httpx.post(f"{cassette.base_url}/chat/completions", json=body, trust_env=False)
    assert reply.json()["choices"][0]["message"]["content"] == "Hello!"
    assert cassette.sessions[0] in cassette.base_url


def test_a_file_that_is_nothing_is_told_where_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "nothing.txt").write_text("words")
    with pytest.raises(BadRequest, match="holds nothing that can be imported"), playing(tmp_path / "nothing.txt"):
        pass


def test_an_export_without_a_session_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text('{"type": "steno", "version": 1}\n')
    with pytest.raises(NotFound, match="no session"), playing(tmp_path / "empty.jsonl"):
        pass
