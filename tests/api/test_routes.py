"""The whole of ``/api``: its description is what it does."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.api.readers import Reader
from tests.e2e.stages import staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

SETTINGS = Path(__file__).with_name("schemathesis.toml")


async def test_the_description_is_open_to_all(reader: Reader) -> None:
    document = await reader.stage.http.get("/api/openapi.json")
    manual = await reader.stage.http.get("/api/docs")
    assert document.json()["info"]["title"] == "Steno"
    assert manual.headers["content-type"] == "text/html; charset=utf-8"
    assert "script" not in manual.headers["content-security-policy"]


async def test_a_call_that_is_not_there_is_a_404_in_the_usual_shape(reader: Reader) -> None:
    for path in ("/nothing", "/", "/sessions/a/b/c"):
        answer = await reader.call("POST", path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_path")


async def test_the_server_does_what_its_description_says() -> None:
    """Schemathesis makes up calls, good and bad ones, and holds the answers against the document."""
    async with staged() as stage:
        await Reader(stage, "sk-x").talk("Hello", "And?")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(SETTINGS), "run"),
            *(f"{stage.base_url}/api/openapi.json", "--max-examples", "5", "--seed", "1", "--no-color"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=Path(stage.store_url.removeprefix("sqlite:///")).parent,
        )
        told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()


async def test_searches_sums_and_reflections_are_the_callers_own(reader: Reader) -> None:
    await reader.talk("What do whales sing?")
    assert len((await reader.get("/search", q="whales", role="user"))["data"]) == 1
    stranger = Reader(reader.stage, "sk-nobody")
    assert (await stranger.get("/search", q="whales"))["data"] == []
    for path in ("/stats", "/reflection"):
        assert (await reader.call("GET", path)).status_code == 200
        answer = await reader.stage.http.get(f"/api{path}", headers={"host": "evil.example"})
        assert answer.status_code == 403
