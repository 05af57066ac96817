"""The tools as the official client sees them: over HTTP through the proxy, and over standard input and output."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from proxy.config import load_settings
from proxy.server import running
from tests.cli.recordings import called, forked, record

pytest.importorskip("mcp", reason="the extra mcp isn't installed")

import httpx2
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

TOOLS = {"session_history", "session_summary", "self_reflect", "expand"}


async def asked(client: Any, tool: str, **arguments: object) -> Any:
    result = await client.call_tool(tool, arguments)
    return result.content[0].text if result.is_error else result.structured_content


async def test_an_agent_finds_its_past_over_http(tmp_path: Path) -> None:
    url = await record(tmp_path, [*forked(), *called()])
    settings = load_settings(None, {"server.port": 0, "store.url": url}, {})
    async with running(settings) as base_url, Client(f"{base_url}/mcp") as client:
        assert {tool.name for tool in (await client.list_tools()).tools} == TOOLS
        found = await asked(client, "session_history", query="whales")
        assert [message["text"] for message in found["messages"]] == ["What do whales sing?"]
        summary = await asked(client, "session_summary", session="whales")
        assert (summary["title"], summary["errors"]) == ("What do whales sing?", 1)
        reflected = await asked(client, "self_reflect")
        assert (reflected["entries"], [each["kind"] for each in reflected["errors"]]) == (5, ["rate_limit"])
        assert len((await asked(client, "expand", segment="whales"))["messages"]) == 5
        assert "There is no session 'sharks'" in await asked(client, "session_summary", session="sharks")


async def test_a_key_sees_nothing_of_others(tmp_path: Path) -> None:
    url = await record(tmp_path, forked())
    settings = load_settings(None, {"server.port": 0, "store.url": url}, {})
    headers = {"authorization": "Bearer sk-stranger"}
    async with (
        running(settings) as base_url,
        httpx2.AsyncClient(headers=headers, trust_env=False) as http,
        Client(streamable_http_client(f"{base_url}/mcp", http_client=http)) as client,
    ):
        assert await asked(client, "session_history") == {"sessions": []}
        assert await asked(client, "session_history", query="whales") == {"messages": []}


async def test_who_may_not_ask_is_refused(tmp_path: Path) -> None:
    settings = load_settings(None, {"server.port": 0, "store.url": f"sqlite:///{tmp_path}/steno.db"}, {})
    async with running(settings) as base_url, httpx2.AsyncClient(trust_env=False) as http:
        refused = await http.post(f"{base_url}/mcp", json={}, headers={"origin": "https://evil.example"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")


async def test_an_agent_finds_its_past_over_standard_input(tmp_path: Path) -> None:
    url = await record(tmp_path, forked())
    measured = {name: value for name, value in os.environ.items() if name.startswith(("COVERAGE_", "PYTHON"))}
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "proxy.cli", "mcp", "--store", url], env={"LANG": "C.UTF-8", **measured}
    )
    async with Client(command) as client:
        assert {tool.name for tool in (await client.list_tools()).tools} == TOOLS
        found = await asked(client, "session_history", query="whales", role="user")
        assert [message["role"] for message in found["messages"]] == ["user"]
        assert (await asked(client, "self_reflect", limit=2))["entries"] == 2
