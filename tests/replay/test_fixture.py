"""The fixture as a test suite uses it: an export on disk, and an agent that needs no network."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import openai
import pytest

from proxy.exports.writing import Format, exported
from proxy.replay.cassette import Cassette
from tests.played import played

pytest_plugins = ["proxy.replay.fixture"]

ROOT = Path(__file__).resolve().parents[2]
SUITE = """
import openai

def test_an_agent_hears_what_it_heard(steno_replay):
    cassette = steno_replay("session.jsonl")
    with openai.OpenAI(base_url=cassette.base_url, api_key="none", max_retries=0) as client:
        asked = [{"role": "user", "content": "What do whales sing?"}]
        reply = client.chat.completions.create(model="m", messages=asked)
    assert reply.choices[0].message.content
    assert cassette.missed == []
"""


@pytest.fixture
async def session(tmp_path: Path) -> Path:
    """A session's export."""
    file = tmp_path / "session.jsonl"
    async with played() as play, play.stage.reading() as store:
        row = await store.session(play.talk)
        file.write_bytes(b"".join([piece async for piece in exported(store, Format.JSONL, row)]))
    return file


async def test_a_suite_replays_a_session_with_nothing_but_the_fixture(session: Path) -> None:
    (session.parent / "test_agent.py").write_text(SUITE)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "proxy.replay.fixture",
        "-p",
        "no:cacheprovider",
        "test_agent.py",
    ]
    ran = subprocess.run(  # noqa: ASYNC221 (nothing else is to be done meanwhile)
        command, cwd=session.parent, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(ROOT)}
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout


async def test_what_is_not_on_the_cassette_is_told(session: Path, steno_replay: Callable[[Path], Cassette]) -> None:
    cassette = steno_replay(session)
    async with openai.AsyncOpenAI(base_url=cassette.base_url, api_key="none", max_retries=0) as client:
        with pytest.raises(openai.NotFoundError, match="first that differs"):
            await client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Something else"}])
    assert len(cassette.missed) == 1
